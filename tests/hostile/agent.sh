#!/bin/sh
# agent.sh: an agent that dies, lies or says nothing ends the run with one
# sentence, exit status 3 and no delay to speak of.
. "$(dirname "$0")/lib.sh"
enter_namespaces "$@"
make_wire

run_with()                      # AGENT-COMMAND
{
	run 90 "$tcpconform" run 10.9.0.2 -i t0 -s 10.9.0.77 --agent "$1" \
		--case '9293/3.5/*' --ip 4 --format tap --time-budget 10
}

good="nsenter -t $dut -n '$agent'"

for dead in 'true' 'exit 7' 'no-such-program-at-all' 'kill -9 $$'; do
	run_with "$dead"
	expect "an agent that is not there ($dead): status 3" ended_with 3
	expect "an agent that is not there ($dead): it is named" says agent
	expect "an agent that is not there ($dead): briefly" brief
	expect "an agent that is not there ($dead): Bail out!" reports '^Bail out!'
done

for babbler in 'yes' 'cat /dev/urandom' 'cat /dev/zero' 'while :; do echo; done' 'echo 1 OK'; do
	run_with "$babbler"
	expect "an agent that babbles ($babbler): status 3" ended_with 3
	expect "an agent that babbles ($babbler): it is named" says agent
	expect "an agent that babbles ($babbler): briefly" brief
done

run_with 'cat >/dev/null'
expect 'an agent that says nothing: status 3' ended_with 3
expect 'an agent that says nothing: it is named' says agent

# Dies after so many requests, in the middle of the run.
for requests in 1 3 10; do
	run_with "head -n $requests | $good"
	expect "an agent that dies after $requests requests: status 3" ended_with 3
	expect "an agent that dies after $requests requests: it is named" says agent
	expect "an agent that dies after $requests requests: Bail out!" reports '^Bail out!'
	expect "an agent that dies after $requests requests: the sanitizers are content" sane
done

# Answers, and lets garbage slip in between.
run_with "$good | sed 's/^/garbage\\
/'"
expect 'an agent whose answers stand between garbage: the run ends' ended_with 0 1 3 4
expect 'an agent whose answers stand between garbage: the sanitizers are content' sane

exit $failed
