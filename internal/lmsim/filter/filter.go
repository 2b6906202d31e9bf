// Package filter parses and evaluates the filter parameter of LogicMonitor list calls
// (docs/logicmonitor-api.md §4.4).
//
// It reproduces the traps on purpose: unknown fields are ignored, unquoted strings match nothing,
// a dotted name and value need not meet in the same array element. It must stay pure and know
// nothing of devices or groups.
package filter

import (
	"fmt"
	"strings"
)

// A Pair is one element of an array of properties.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Subject is an item to be matched. Field returns string, int64, bool, []Pair, []string or nil,
// and whether the item has such a field at all. Names are as the API spells them.
type Subject interface {
	Field(name string) (value any, known bool)
}

// Options settle what LogicMonitor's own documents leave open.
type Options struct {
	// UnquotedMatches makes an unquoted string compare like a quoted one instead of matching nothing.
	UnquotedMatches bool
	// SameElement makes conditions on a.name and a.value meet in one element of the array.
	SameElement bool
	// Ignored names fields whose conditions are dropped although the field exists.
	Ignored []string
}

// A Filter is a parsed filter. It is immutable and safe for concurrent use.
type Filter struct {
	// any holds alternatives, each a list of conditions that must all hold.
	any  [][]Condition
	opts Options
}

// A Condition is one comparison of a filter.
type Condition struct {
	Field  string // as written, such as customProperties.name
	Op     string // one of : !: ~ !~ > < >: <: empty !empty !null
	Values []Literal
}

// A Literal is one value of a condition.
type Literal struct {
	Text   string   // without quotes and escapes
	Quoted bool     // was written in double quotes
	parts  []string // Text cut at unescaped stars
}

// Wildcard reports whether the literal holds an unescaped star.
func (l Literal) Wildcard() bool { return len(l.parts) > 1 }

// A SyntaxError says where a filter stops making sense.
type SyntaxError struct {
	Offset int // in bytes
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("filter syntax error at offset %d: %s", e.Offset, e.Reason)
}

// Fields returns the top-level field names the filter uses, in order of appearance.
func (f *Filter) Fields() []string {
	var out []string
	for _, and := range f.any {
		for _, c := range and {
			base, _, _ := strings.Cut(c.Field, ".")
			out = append(out, base)
		}
	}
	return out
}

// Conditions returns every condition of the filter.
func (f *Filter) Conditions() []Condition {
	var out []Condition
	for _, and := range f.any {
		out = append(out, and...)
	}
	return out
}

// Equal returns the text of a plain equality on field that every match must satisfy, so that an
// index can answer instead of a scan.
func (f *Filter) Equal(field string) (string, bool) {
	if len(f.any) != 1 {
		return "", false
	}
	for _, c := range f.any[0] {
		if text, ok := c.plain(); ok && c.Field == field && !f.ignored(field) {
			return text, true
		}
	}
	return "", false
}

func (f *Filter) ignored(base string) bool {
	for _, name := range f.opts.Ignored {
		if name == base {
			return true
		}
	}
	return false
}

// Match reports whether the subject passes. Conditions on fields the subject does not know are
// dropped; an alternative of which nothing is left matches everything.
func (f *Filter) Match(s Subject) bool {
	for _, and := range f.any {
		if f.all(and, s) {
			return true
		}
	}
	return len(f.any) == 0
}

func (f *Filter) all(and []Condition, s Subject) bool {
	last := "" // conditions on one field usually stand together: look it up once
	var v any
	var known bool
	for i, c := range and {
		base, _, _ := strings.Cut(c.Field, ".")
		if f.ignored(base) {
			continue
		}
		if base != last {
			v, known = s.Field(base)
			last = base
		}
		if !known && base != allFields {
			continue
		}
		if !f.one(and, i, v) {
			return false
		}
	}
	return true
}

// one evaluates condition i of a conjunction on the value of its field.
func (f *Filter) one(and []Condition, i int, v any) bool {
	base, sub, _ := strings.Cut(and[i].Field, ".")
	if f.opts.SameElement && sub != "" {
		if pairs, ok := v.([]Pair); ok {
			return f.sameElement(and, i, base, pairs)
		}
	}
	return f.holds(and[i], sub, v)
}

// sameElement reports whether one element satisfies every condition on the array named base. The
// first condition on that array answers for all of them.
func (f *Filter) sameElement(and []Condition, at int, base string, pairs []Pair) bool {
	for _, c := range and[:at] {
		if strings.HasPrefix(c.Field, base+".") {
			return true
		}
	}
	for _, p := range pairs {
		if f.elementHolds(and, base, p) {
			return true
		}
	}
	return false
}

func (f *Filter) elementHolds(and []Condition, base string, p Pair) bool {
	for _, c := range and {
		b, sub, _ := strings.Cut(c.Field, ".")
		if b == base && sub != "" && !f.text(c, member(p, sub)) {
			return false
		}
	}
	return true
}

func member(p Pair, sub string) string {
	if strings.EqualFold(sub, "name") {
		return p.Name
	}
	return p.Value
}
