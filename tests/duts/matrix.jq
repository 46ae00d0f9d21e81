# matrix.jq: the evidence of several stacks as one Markdown table.  Input: an array
# of what `tests/duts/run --all` keeps (result.json with stack, version, date, command).

# What a case says of its stack; what is expected by a baseline counts as what it is.
def kind:
	if .verdict == "skip" then "skip"
	elif .outcome == "unstable" or .verdict == "inconclusive" or .verdict == "error" then "unclear"
	elif .verdict == "pass" then "pass"
	elif .level == "MUST" then "must"
	elif .level == "implied" then "differs"
	else "should" end;

def count: reduce .[] as $c ({}; .[$c | kind] += 1);

def n(k): .[k] // 0;
def failed: n("must") + n("differs") + n("should");

# "38", or "38 / 2 / 1 / 0": passed, failed, skipped, unclear.
def cell:
	if length == 0 then ""
	elif failed + n("skip") + n("unclear") == 0 then "\(n("pass"))"
	else "\(n("pass")) / \(failed) / \(n("skip")) / \(n("unclear"))" end;

# So that 3.10 comes after 3.9.
def order: split("[/.]"; "") | map(tonumber? // .);

def row: "| " + join(" | ") + " |";

def musts:
	[.cases[] | select(kind == "must") | {address: (.address | sub("/ip[46]$"; "")), ids: .failing.requirements}]
	| group_by(.address) | map("`\(.[0].address)` (\(.[0].ids | join(" ")))");

. as $all
| ([$all[].cases[].section] | unique | sort_by(order)) as $sections
| ([$all[] | {stack, c: (.cases | count)}]) as $sums
| [
	"# Real stacks against the requirements",
	"",
	"Written by `tests/duts/run --all`; not by hand. Every case counts once for each IP version that the stack has. What",
	"fails is told, with what was sent and what came, in [findings](findings/); why a stack's cases are skipped stands in",
	"`tests/duts/NAME/README.md`.",
	"",
	(["stack", "version", "clock", "passed", "fails a MUST", "differs from 3.10", "fails a SHOULD", "skipped", "unclear", "seconds", "date", "command"] | row),
	([range(12) | "---"] | row),
	($all[] | . as $s | (.cases | count) as $c
	 | [$s.stack, $s.dut_version, (if $s.virtual then "virtual" else "real" end),
	    ($c | n("pass"), n("must"), n("differs"), n("should"), n("skip"), n("unclear") | tostring),
	    ($s.seconds | tostring), $s.date, "`\($s.command)`"] | row),
	"",
	"## By section",
	"",
	"A number alone: so many cases passed. `38 / 2 / 3 / 1`: passed, failed, skipped, unclear (inconclusive or unstable).",
	"",
	(["RFC and section"] + [$all[].stack] | row),
	([range(1 + ($all | length)) | "---"] | row),
	($sections[] as $section
	 | [$section] + [$all[] | [.cases[] | select(.section == $section)] | if length == 0 then "" else count | cell end] | row),
	"",
	"## The MUSTs that fail",
	"",
	($all[] | musts as $m | "* **\(.stack)**: " + (if $m == [] then "none." else ($m | join(", ")) + "." end))
  ]
| .[]
