package lm_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every rule of docs/logicmonitor-api.md has a mark and names tests that exist.
func TestDocs_everyRuleIsHeldByATest(t *testing.T) {
	text, err := os.ReadFile("../../docs/logicmonitor-api.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsBelow(t, "..")
	mark, name := regexp.MustCompile(`^(C|I|I2|U|)$`), regexp.MustCompile("^`((?:Test|Fuzz)[A-Za-z0-9_]+)`$")
	rules, column := 0, ""
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `\|`, ""), "|")
		if len(cells) != 6 {
			continue
		}
		if column = strings.TrimSpace(cells[4]); column == "held by" || strings.HasPrefix(column, "---") {
			continue
		}
		rules++
		rule := strings.TrimSpace(cells[1])
		if !mark.MatchString(strings.TrimSpace(cells[2])) {
			t.Errorf("%s: mark %q", rule, cells[2])
		}
		for held := range strings.SplitSeq(column, ", ") {
			found := name.FindStringSubmatch(held)
			if found == nil || !tests[found[1]] {
				t.Errorf("%s: there is no test %s", rule, held)
			}
		}
	}
	if rules < 60 {
		t.Errorf("found %d rules, want the whole table", rules)
	}
}

func testsBelow(t *testing.T, root string) map[string]bool {
	t.Helper()
	tests := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "lmsim/") {
			return err // the simulator's own tests show nothing of Argus
		}
		source, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		for _, match := range declared.FindAllStringSubmatch(string(source), -1) {
			tests[match[1]] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests
}
