#!/bin/sh
# linux.sh [tcpconform options]: the cases against the kernel of this machine; short
# for tests/duts/run linux.
exec "$(dirname "$0")/../duts/run" linux --rerun tests/netns/linux.sh "$@"
