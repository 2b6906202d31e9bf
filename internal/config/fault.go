package config

import (
	"strconv"
	"strings"
)

// A Fault is one thing that is wrong, where it is, and how to mend it. It never
// holds a secret.
type Fault struct {
	// File is the file's name, empty when there is only one.
	File string
	// Line counts from 1; 0 when the fault is something missing.
	Line int
	// Path is the key with the keys above it ("log.level"), or the name of an
	// environment variable. Empty when the file as a whole is meant.
	Path string
	// Problem says what is wrong, and Mend what to do.
	Problem, Mend string
}

// Error is the fault in one line: place, key, problem; mend.
func (f Fault) Error() string {
	text := place(f.File, f.Line)
	if f.Path != "" {
		text += f.Path + ": "
	}
	text += f.Problem
	if f.Mend != "" {
		text += "; " + f.Mend
	}
	return text
}

// place is "config.yaml:12: ", "line 12: ", "config.yaml: " or nothing.
func place(file string, line int) string {
	switch {
	case file == "" && line == 0:
		return ""
	case file == "":
		return "line " + strconv.Itoa(line) + ": "
	case line == 0:
		return file + ": "
	}
	return file + ":" + strconv.Itoa(line) + ": "
}

// Faults is everything that is wrong, as one error.
type Faults []Fault

// Error is one fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

// err is nil when nothing is wrong.
func (f Faults) err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// A Notice is something a person should know about a configuration that works.
type Notice struct {
	File string
	Line int
	Path string
	Text string
}

// String is the notice in one line.
func (n Notice) String() string {
	text := place(n.File, n.Line)
	if n.Path != "" {
		text += n.Path + ": "
	}
	return text + n.Text
}
