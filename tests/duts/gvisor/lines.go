// lines.go: a line of the agent's protocol as a request: the tag, the call, and
// pairs name=value.

package main

import (
	"fmt"
	"strconv"
	"strings"
)

const maxPairs = 16

// mistake is what follows ERR: the name of the error, and a sentence for people.
type mistake struct {
	name, text string
}

type pair struct {
	name, value string
	used        bool
}

type request struct {
	tag, call string
	pairs     []pair
}

func isTag(s string) bool {
	for _, c := range s {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 16
}

// parseRequest is nil, nil for an empty line; where there is a mistake, the
// request has the tag, when that could be read.
func parseRequest(line []byte) (*request, *mistake) {
	for _, c := range line {
		if c < 0x20 || c > 0x7e {
			return nil, &mistake{"EPROTO", "an octet that is not printable ASCII"}
		}
	}
	fields := strings.Fields(string(line))
	if len(fields) == 0 {
		return nil, nil
	}
	if !isTag(fields[0]) {
		return nil, &mistake{"EPROTO", "a tag is 1 to 16 letters or digits"}
	}
	r := &request{tag: fields[0]}
	if len(fields) == 1 {
		return r, &mistake{"EPROTO", "no call"}
	}
	r.call = fields[1]
	for _, field := range fields[2:] {
		is := strings.IndexByte(field, '=')
		if is <= 0 || len(r.pairs) == maxPairs {
			return r, &mistake{"EPROTO", "behind the call stand at most 16 pairs name=value"}
		}
		r.pairs = append(r.pairs, pair{name: field[:is], value: field[is+1:]})
	}
	return r, nil
}

func (r *request) pair(name string) *pair {
	for i := range r.pairs {
		if r.pairs[i].name == name {
			r.pairs[i].used = true
			return &r.pairs[i]
		}
	}
	return nil
}

// text is the value of a pair, or "".
func (r *request) text(name string) string {
	if p := r.pair(name); p != nil {
		return p.value
	}
	return ""
}

// need is a number that must be there.
func (r *request) need(name string, min, max int64) (int64, *mistake) {
	p := r.pair(name)
	if p == nil {
		return 0, &mistake{"EINVAL", r.call + " needs " + name + "="}
	}
	n, err := strconv.ParseInt(p.value, 10, 64)
	if err != nil || n < min || n > max {
		return 0, &mistake{"EINVAL", fmt.Sprintf("%s= is a number from %d to %d", name, min, max)}
	}
	return n, nil
}

// may is a number that may be left out.  The first mistake stands.
func (r *request) may(name string, min, max, otherwise int64, wrong **mistake) int64 {
	if r.pair(name) == nil {
		return otherwise
	}
	n, w := r.need(name, min, max)
	if w != nil && *wrong == nil {
		*wrong = w
	}
	return n
}

// presets are the options of an OPEN.
func (r *request) presets(wrong **mistake) []preset {
	var presets []preset
	for _, o := range options {
		if r.pair(o.name) == nil {
			continue
		}
		presets = append(presets, preset{o, r.may(o.name, o.min, o.max, 0, wrong)})
	}
	if len(presets) > maxPreset && *wrong == nil {
		*wrong = &mistake{"EINVAL", "too many options"}
	}
	return presets
}

// noMore is to be asked when every known pair has been looked at.
func (r *request) noMore() *mistake {
	for _, p := range r.pairs {
		if !p.used {
			return &mistake{"EINVAL", fmt.Sprintf("%s does not know %.40s=, or it is there twice", r.call, p.name)}
		}
	}
	return nil
}
