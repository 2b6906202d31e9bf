package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const example = `Takes one for the other.
And says so.

breaks: I5 F8
origin: the first Argus
hangs: yes
run: ./internal/plan
run: ./test/simulation -run=TestSimulation -seeds=10
-- internal/plan/a.go --
 a

-b
+c
@@
-d
`

func TestParse(t *testing.T) {
	got, err := parse("one-for-the-other", []byte(example))
	if err != nil {
		t.Fatal(err)
	}
	want := mutant{
		name: "one-for-the-other", why: "Takes one for the other. And says so.", breaks: []string{"I5", "F8"}, origin: "the first Argus", hangs: true,
		runs:  []trial{{"./internal/plan", ""}, {"./test/simulation", "-run=TestSimulation -seeds=10"}},
		edits: []edit{{"internal/plan/a.go", []hunk{{"a\n\nb\n", "a\n\nc\n"}, {"d\n", ""}}}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(mutant{}, trial{}, edit{}, hunk{})); diff != "" {
		t.Errorf("mutant (-want +got):\n%s", diff)
	}
}

func TestParse_faults(t *testing.T) {
	tests := map[string]struct{ old, new, want string }{
		"nothing said":         {"Takes one for the other.\nAnd says so.\n", "", "say first what it does"},
		"no promise":           {"breaks: I5 F8\n", "", "no breaks"},
		"no such promise":      {"I5 F8", "five", `breaks "five"`},
		"nobody is to see it":  {"run: ", "run ", `what is "run ./internal/plan"`},
		"nothing changes":      {example[strings.Index(example, "-- "):], "", "it changes nothing"},
		"a hunk finds nothing": {"-d", "+d", "finds or changes nothing"},
		"a hunk does nothing":  {"+c", "+b", "finds or changes nothing"},
		"a line of no kind":    {"-b", "b", "begins with none of blank, - and +"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse("x", []byte(strings.ReplaceAll(example, tt.old, tt.new)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestApply(t *testing.T) {
	const text = "a\nb\nab\nc\n"
	tests := map[string]struct {
		hunks []hunk
		want  string // empty: stale
	}{
		"a line":                      {[]hunk{{"b\n", "x\n"}}, "a\nx\nab\nc\n"},
		"the first line":              {[]hunk{{"a\n", "x\n"}}, "x\nb\nab\nc\n"},
		"a line goes":                 {[]hunk{{"ab\n", ""}}, "a\nb\nc\n"},
		"two hunks":                   {[]hunk{{"a\n", ""}, {"c\n", "d\ne\n"}}, "b\nab\nd\ne\n"},
		"not there":                   {[]hunk{{"d\n", "x\n"}}, ""},
		"there twice after the first": {[]hunk{{"c\n", "a\n"}, {"a\n", "x\n"}}, ""},
		"only the end of a line":      {[]hunk{{"a\nc\n", "x\n"}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := apply(text, tt.hunks)
			if got != tt.want || (tt.want == "") != errors.Is(err, errStale) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "two"} {
		if err := os.WriteFile(filepath.Join(root, folder, name+".txtar"), []byte(example), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := load(root, regexp.MustCompile("tw"))
	if err != nil || len(all) != 1 || all[0].name != "two" {
		t.Errorf("got %v, %v, want two", all, err)
	}
	if _, err := load(root, regexp.MustCompile("three")); err == nil {
		t.Error("nothing matches: got no error")
	}
}

func TestRead(t *testing.T) {
	tests := map[string]struct {
		events string
		want   outcome
	}{
		"passes": {`
			{"Action":"run","Test":"TestA"}
			{"Action":"pass","Test":"TestA"}
			{"Action":"pass"}`, outcome{verdict: passed}},
		"a subtest fails": {`
			{"Action":"run","Test":"TestA"}
			{"Action":"run","Test":"TestA/x"}
			{"Action":"fail","Test":"TestA"}
			{"Action":"fail","Test":"TestA/x"}
			{"Action":"fail","Test":"TestB/x/y"}
			{"Action":"fail"}`, outcome{verdict: failed, by: "TestA/x"}},
		"a panic in the midst of a test": {`
			{"Action":"run","Test":"TestA"}
			{"Action":"fail"}`, outcome{verdict: failed, by: "TestA"}},
		"fails after its tests": {`
			{"Action":"run","Test":"TestA"}
			{"Action":"pass","Test":"TestA"}
			{"Action":"output","Output":"goleak: found unexpected goroutines\n"}
			{"Action":"fail"}`, outcome{verdict: failed, log: "goleak: found unexpected goroutines\n"}},
		"does not end": {`
			{"Action":"run","Test":"TestA"}
			{"Action":"output","Output":"panic: test timed out after 1m0s\n"}
			{"Action":"fail","Test":"TestA"}
			{"Action":"fail"}`, outcome{verdict: timedOut, by: "TestA", log: "panic: test timed out after 1m0s\n"}},
		"does not compile": {`
			{"Action":"build-output","Output":"x.go:1:1: no\n"}
			{"Action":"build-fail"}
			{"Action":"fail","FailedBuild":"x"}`, outcome{verdict: unbuilt, log: "x.go:1:1: no\n"}},
		"no test": {`
			{"Action":"pass"}`, outcome{verdict: absent}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := read(strings.NewReader(strings.TrimSpace(tt.events)))
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
	if _, err := read(strings.NewReader("no such package\n")); err == nil || !strings.Contains(err.Error(), "no such package") {
		t.Errorf("no end: got %v, want what go said", err)
	}
}
