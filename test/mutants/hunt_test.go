package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// moduleTable is a small module whose tests notice some of what is planted.
var moduleTable = map[string]string{
	"go.mod":     "module example.com/sum\n\ngo 1.26\n",
	"sum/sum.go": "package sum\n\nfunc Sum(a, b int) int {\n\treturn a + b\n}\n\nfunc Wait(c chan int) {\n\tclose(c)\n\t<-c\n}\n",
	"sum/sum_test.go": `package sum

import "testing"

func TestSum(t *testing.T) {
	t.Run("two", func(t *testing.T) {
		if Sum(1, 1) != 2 {
			t.Error("wrong")
		}
	})
}

func TestWait(t *testing.T) {
	Wait(make(chan int))
}
`,
	folder + "/caught.txtar":       "Subtracts.\nbreaks: I1\nrun: ./sum\n-- sum/sum.go --\n-\treturn a + b\n+\treturn a - b\n",
	folder + "/survives.txtar":     "Turns around.\nbreaks: I2\nrun: ./sum -run=TestSum\n-- sum/sum.go --\n-\treturn a + b\n+\treturn b + a\n",
	folder + "/stale.txtar":        "Is old.\nbreaks: I3\nrun: ./sum\n-- sum/sum.go --\n-\treturn 0\n+\treturn 1\n",
	folder + "/unbuilt.txtar":      "Is no program.\nbreaks: F4\nrun: ./sum\n-- sum/sum.go --\n-\treturn a + b\n+\treturn a + c\n",
	folder + "/untested.txtar":     "Nobody looks.\nbreaks: F5\nrun: ./sum -run=TestNothing\n-- sum/sum.go --\n-\treturn a + b\n+\treturn 3\n",
	folder + "/hangs.txtar":        "Waits for ever.\nbreaks: F6\nhangs: yes\nrun: ./sum -run=TestWait\n-- sum/sum.go --\n-\tclose(c)\n",
	folder + "/hangs-unsaid.txtar": "Waits for ever.\nbreaks: F6\nrun: ./sum -run=TestWait\n-- sum/sum.go --\n-\tclose(c)\n",
}

// TestHunt runs the command on that module: only a test that fails, or does not
// end where that was said, has caught a mutant.
func TestHunt(t *testing.T) {
	root := t.TempDir()
	for name, text := range moduleTable {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "off")
	var out bytes.Buffer
	err := run(t.Context(), []string{"-trust", "-timeout=5s", "-workers=4"}, &out)
	if want := "not caught: hangs-unsaid, stale, survives, unbuilt, untested"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	for _, want := range []string{
		"./sum TestSum/two\n", "./sum TestWait (did not end)\n", "SURVIVES\n", "caught 2 of 7", "survives survives: Turns around.\nIt breaks I2;",
		"stale: sum/sum.go: stale: this stands there 0 times", "unbuilt: it does not compile", "untested: ./sum -run=TestNothing: no test ran",
		"say hangs if that is how it shows",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, &out)
		}
	}
	out.Reset()
	if err := run(t.Context(), []string{"-run=^caught$"}, &out); err != nil || !strings.Contains(out.String(), "passes without a mutant") {
		t.Errorf("one that is caught: got %v, want none, and tests that pass without it:\n%s", err, &out)
	}
	out.Reset()
	if err := run(t.Context(), []string{"-list"}, &out); err != nil || !strings.Contains(out.String(), "7 mutants, which break all promises and let through all classes of faults but: [I4 ") {
		t.Errorf("list: got %v:\n%s", err, &out)
	}
	out.Reset()
	if err := run(t.Context(), []string{"-list", "-by=TestWait"}, &out); err != nil || !strings.Contains(out.String(), "2 mutants, ") {
		t.Errorf("list of what one test may notice: got %v:\n%s", err, &out)
	}
	for _, args := range [][]string{{"-by=TestNobody"}, {"-run=nothing"}, {"-run=("}, {"-by=("}, {"-what"}} {
		if err := run(t.Context(), args, &out); err == nil {
			t.Errorf("%v: got no error", args)
		}
	}
}
