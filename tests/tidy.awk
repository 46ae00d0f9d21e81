# tidy.awk: lays a C source open for tidy.sh.  For each line one record of two or
# more: "code <file>:<line>:" with comments removed and strings emptied, and
# "text <file>:<line>:" for each string literal.  It knows C's lexis and nothing
# of its meaning.
FNR == 1 { comment = 0 }
{
	rest = $0
	code = ""
	sub(/\r$/, "", rest)
	while (rest != "") {
		if (comment) {
			end = index(rest, "*/")
			if (!end)
				break
			rest = substr(rest, end + 2)
			comment = 0
			continue
		}
		if (!match(rest, /\/\*|\/\/|["']/)) {
			code = code rest
			break
		}
		code = code substr(rest, 1, RSTART - 1)
		what = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		if (what == "//")
			break
		if (what == "/*") {
			comment = 1
			code = code " "
			continue
		}
		# An #include keeps its name, since that is what it is about.
		if (what == "\"" && code ~ /^[ \t]*#[ \t]*include[ \t]*$/) {
			code = code "\"" rest
			break
		}
		text = ""
		while (rest != "" && substr(rest, 1, 1) != what) {
			n = substr(rest, 1, 1) == "\\" ? 2 : 1
			text = text substr(rest, 1, n)
			rest = substr(rest, n + 1)
		}
		rest = substr(rest, 2)
		code = code what what
		if (what == "\"" && text != "")
			print "text " FILENAME ":" FNR ":" text
	}
	if (code ~ /[^ \t]/)
		print "code " FILENAME ":" FNR ":" code
}
