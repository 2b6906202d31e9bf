package filter

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Place is where a rule stands.
type Place struct {
	// Path is the rule's key in the configuration, such as "filters[2]",
	// "filters.pod[0]" or "exclude[1].cel".
	Path string
	// File and Line are where the configuration has it; Line counts from 1.
	// Both may be unknown.
	File string
	Line int
}

// String is "filters-config.yaml:3: filters[2]" as far as it is known.
func (p Place) String() string {
	switch {
	case p.File != "" && p.Line > 0:
		return p.File + ":" + strconv.Itoa(p.Line) + ": " + p.Path
	case p.Line > 0:
		return "line " + strconv.Itoa(p.Line) + ": " + p.Path
	case p.File != "":
		return p.File + ": " + p.Path
	}
	return p.Path
}

// A Fault is one thing that is wrong with one rule, and how to mend it.
type Fault struct {
	Place
	// Text is the rule, and Offset the byte in it that the fault is about.
	Text   string
	Offset int
	// Problem says what is wrong, and Mend what to do.
	Problem, Mend string
}

// Error is the fault and, under it, the rule with a caret at the place.
func (f Fault) Error() string {
	text := f.Place.String() + ": " + f.Problem
	if f.Mend != "" {
		text += "; " + f.Mend
	}
	if f.Text == "" {
		return text
	}
	line, column := f.line()
	return text + "\n    " + line + "\n    " + strings.Repeat(" ", column) + "^"
}

// line is the one line of the rule that holds the offset, cut to what can be
// read, and the column of the offset in it, in characters.
func (f Fault) line() (string, int) {
	const before, after = 60, 40
	offset := min(max(f.Offset, 0), len(f.Text))
	start := strings.LastIndexByte(f.Text[:offset], '\n') + 1
	end := len(f.Text)
	if i := strings.IndexByte(f.Text[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	head, tail := []rune(f.Text[start:offset]), []rune(f.Text[offset:end])
	if len(head) > before {
		head = append([]rune("..."), head[len(head)-before:]...)
	}
	if len(tail) > after {
		tail = append(tail[:after:after], []rune("...")...)
	}
	show := func(r rune) rune {
		if r == utf8.RuneError || r < ' ' {
			return ' '
		}
		return r
	}
	return strings.Map(show, string(head)+string(tail)), len(head)
}

// Faults is everything that is wrong, as one error.
type Faults []Fault

// Error is all faults, in the order of the rules.
func (f Faults) Error() string {
	texts := make([]string, len(f))
	for i, fault := range f {
		texts[i] = fault.Error()
	}
	return strings.Join(texts, "\n")
}

// err is nil when nothing is wrong.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// A Notice is something a person should know about a rule that works.
type Notice struct {
	Place
	// Rule is the rule's text, and Text what there is to say about it.
	Rule, Text string
}

// String is the notice in one line.
func (n Notice) String() string {
	return fmt.Sprintf("%s: %s: %s", n.Place, n.Text, strings.Join(strings.Fields(n.Rule), " "))
}
