#!/bin/bash
# dut_file.sh: what a DUT file may say, and the sentence for each line that it may
# not.  That its lines are obeyed is shown over a wire, in netns/dut_file.sh.
. "$(dirname "$0")/lib.sh"

# line_refused WHAT WORDS LINE: the third line of a file.
line_refused()
{
	printf '# what stands before is right\nmsl = 30s  # as it says\n%s\n' "$3" >"$tmp/dut"
	refused "$1" "dut line 3: $2" run --dut "$tmp/dut" 192.0.2.1
}

line_refused 'a line without ='      'a line is "name = value"'       'connections 7'
line_refused 'a name without value'  'a line is "name = value"'       'connections ='
line_refused 'a value without name'  'a line is "name = value"'       '= 7'
line_refused 'an unknown name'       "'conections' is nothing.*did you mean 'connections'" 'conections = 7'
line_refused 'a name of nothing'     "'colour' is nothing that a target declares" 'colour = red'
line_refused 'a name twice'          'msl stands there twice'         'msl = 60s'
line_refused 'a wrong time'          'wait takes a time such as'      'wait = soon'
line_refused 'a time without end'    'throttle takes a time such as'  'throttle = none'
line_refused 'a time beyond a week'  'wait takes a time of at most a week'  'wait = 2400000h'
line_refused 'a wrong number'        'connections takes a number'     'connections = many'
line_refused 'no connections'        'connections takes a number'     'connections = 0'
line_refused 'what cannot be absent' 'absent is a list of timestamps' 'absent = sack, everything'
line_refused 'ports in disorder'     'ports takes a thousand'         'ports = 30000-20000'
line_refused 'too few ports'         'ports takes a thousand'         'ports = 20000-20100'
line_refused 'half a yes'            'translated is yes or no'        'translated = perhaps'
line_refused 'what nobody requires'  "known is a list of requirements, and 'MUST-1000'" 'known = MUST-10, MUST-1000'
line_refused 'an unknown service'    'service is discard, echo'       'service = telnet'
line_refused 'a line without end'    'is longer than'                 "target = $(printf '%01100d' 0)"
line_refused 'a long target'         'target is longer'               "target = $(printf '%0700d' 0)"
# A line that the command line overrules is to be right all the same.
printf 'connections = x\n' >"$tmp/dut"
refused 'a wrong line, overruled' 'dut line 1: connections takes' run --connections 3 --dut "$tmp/dut" 192.0.2.1

refused 'a file that is not there' 'cannot read the DUT file'  run --dut "$tmp/none" 192.0.2.1
refused 'a folder'                 'cannot read the DUT file'  run --dut "$tmp" 192.0.2.1
refused 'two files'                'is the second'             run --dut "$tmp/dut" --dut "$tmp/dut" 192.0.2.1
head -c 100000 /dev/urandom >"$tmp/dut"
refused 'noise'                    'dut line'                  run --dut "$tmp/dut" 192.0.2.1

: >"$tmp/dut"
refused 'a file without a target'  'against what'              run --dut "$tmp/dut"
echo 'target = 192.0.2.1:70000' >"$tmp/dut"
refused 'its target is read'       "'192.0.2.1:70000' is no HOST" run --dut "$tmp/dut"
refused 'and overruled'            "'192.0.2.9:0' is no HOST"  run --dut "$tmp/dut" 192.0.2.9:0

exit $failed
