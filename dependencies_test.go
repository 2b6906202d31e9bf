package argus_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDependencies: docs/dependencies.md has a row for each module that go.mod names
// directly, with its version and whether the program itself imports it.
func TestDependencies(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)$`).FindAllStringSubmatch(string(text), -1) {
		want[m[1]] = m[2] + " in tests"
	}
	if len(want) < 10 {
		t.Fatalf("go.mod names %d modules directly; it is read wrong", len(want))
	}
	for _, root := range []string{"internal", "cmd/argus"} {
		for _, s := range sources(t, root) {
			if s.isTest() || within(s.folder, "internal/lmsim") {
				continue // the simulator is no part of the program
			}
			for _, name := range s.imports() {
				for module, place := range want {
					if within(name, module) {
						want[module] = strings.Replace(place, " in tests", " in program", 1)
					}
				}
			}
		}
	}
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\S+)` \\| (v\\S+) \\| (\\w+) \\|( [^|]+ \\|){5}$").FindAllStringSubmatch(string(page), -1) {
		got[m[1]] = m[2] + " in " + m[3]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/dependencies.md (-go.mod and imports +page):\n%s", diff)
	}
}
