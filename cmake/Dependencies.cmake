# The libraries that tcpconform stands on.  One that is missing is named together
# with the Debian package that has it; all missing ones are named at once.
set(MISSING "")

find_package(Threads REQUIRED)
find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
	message(FATAL_ERROR "pkg-config is missing. Run ./bootstrap.sh build, or install the Debian package pkg-config.")
endif()

# dependency(PREFIX MODULE PACKAGE): a pkg-config module as PkgConfig::PREFIX.
macro(dependency prefix module package)
	pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
	if(NOT ${prefix}_FOUND)
		list(APPEND MISSING ${package})
	endif()
endmacro()

dependency(LIBPCAP libpcap libpcap-dev)
dependency(JANSSON jansson libjansson-dev)
dependency(NLROUTE libnl-route-3.0 libnl-route-3-dev)

# libnet has no pkg-config file.
find_path(LIBNET_INCLUDE libnet.h)
find_library(LIBNET net)
if(NOT LIBNET_INCLUDE OR NOT LIBNET)
	list(APPEND MISSING libnet1-dev)
endif()

if(MISSING)
	string(REPLACE ";" " " MISSING "${MISSING}")
	message(FATAL_ERROR
		"Libraries are missing. Run ./bootstrap.sh build, which installs them, or install these Debian packages: ${MISSING}")
endif()

# cmocka is for the unit tests alone; without it they are left out, and said so.
pkg_check_modules(CMOCKA QUIET IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND)
	message(STATUS "cmocka (Debian package libcmocka-dev) is missing: no unit tests")
endif()
