package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// verdict is how a run of tests ended.
type verdict uint8

const (
	passed   verdict = iota
	failed           // a test noticed something
	timedOut         // a test did not end
	unbuilt          // it does not compile: no test has said anything
	absent           // there was no test to run
)

// event is a line of go test -json.
type event struct{ Action, Test, Output string }

// outcome is what a run of tests said.
type outcome struct {
	verdict verdict
	by      string // the test that failed; empty if it was none of them
	log     string // the end of what was printed
}

// maxLog is how much of what tests print is kept, in bytes.
const maxLog = 16 << 10

// reading is the state of reading the output of go test -json.
type reading struct {
	outcome
	open     []string // tests that have begun and not ended
	failures []string // in the order in which they were told
	ran      bool
	ended    bool
	hung     bool
}

// read takes in the output of go test -json for one package.
func read(from io.Reader) (outcome, error) {
	var r reading
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			// What go says itself, such as that there is no such package.
			e = event{Action: "output", Output: lines.Text() + "\n"}
		}
		r.take(e)
	}
	switch {
	case lines.Err() != nil:
		return r.outcome, lines.Err()
	case !r.ended:
		return r.outcome, fmt.Errorf("go test came to no end:\n%s", r.log)
	case r.verdict == unbuilt:
		return r.outcome, nil
	case r.hung:
		r.verdict = timedOut
	case !r.ran:
		r.verdict = absent
	}
	r.by = r.culprit()
	return r.outcome, nil
}

func (r *reading) take(e event) {
	switch e.Action {
	case "output", "build-output":
		if r.log += e.Output; len(r.log) > maxLog {
			r.log = r.log[len(r.log)-maxLog:]
		}
		r.hung = r.hung || strings.HasPrefix(e.Output, "panic: test timed out")
	case "run":
		r.ran, r.open = true, append(r.open, e.Test)
	case "build-fail":
		r.verdict = unbuilt
	case "pass", "skip", "fail":
		if e.Test != "" {
			r.open = slices.DeleteFunc(r.open, func(name string) bool { return name == e.Test })
		}
		switch {
		case e.Test != "" && e.Action == "fail":
			r.failures = append(r.failures, e.Test)
		case e.Test == "":
			r.ended = true
			if e.Action == "fail" && r.verdict == passed {
				r.verdict = failed
			}
		}
	}
}

// culprit is the first test that failed, with the subtest that made it fail; of a
// program that ended in the midst of a test, that test.
func (r *reading) culprit() string {
	if len(r.failures) == 0 {
		if r.verdict == passed || len(r.open) == 0 {
			return ""
		}
		return r.open[len(r.open)-1]
	}
	deepest := r.failures[0]
	root, _, _ := strings.Cut(deepest, "/")
	for _, name := range r.failures {
		if strings.HasPrefix(name, root+"/") && strings.Count(name, "/") > strings.Count(deepest, "/") {
			deepest = name
		}
	}
	return deepest
}
