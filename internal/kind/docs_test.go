package kind_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const repository = "../.."

var (
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	testName = regexp.MustCompile(`^Test[A-Z]\w*$`)
	goName   = regexp.MustCompile(`^(resource\.)?[A-Za-z]\w*$`)
	filePath = regexp.MustCompile(`^(internal|docs|test|cmd|charts|deploy)(/[\w.-]+)+$`)
)

// TestDocs_areTrue checks that what the pages about kinds name is there: tests,
// files, and in the guide every Go name and every line of its examples.
func TestDocs_areTrue(t *testing.T) {
	tests := declaredTests(t)
	names := declaredNames(t, repository+"/internal/kind", repository+"/internal/resource")
	for _, page := range []string{"docs/parity.md", "docs/adding-a-kind.md"} {
		text := readText(t, page)
		guide := page == "docs/adding-a-kind.md"
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			switch word := m[1]; {
			case testName.MatchString(word):
				if !tests[word] {
					t.Errorf("%s names %s, which is no test", page, word)
				}
			case filePath.MatchString(word):
				if _, err := os.Stat(filepath.Join(repository, word)); err != nil {
					t.Errorf("%s names %s: %v", page, word, err)
				}
			case guide && goName.MatchString(word) && word != strings.ToLower(word):
				if name := strings.TrimPrefix(word, "resource."); !names[name] && !isCategory(name) {
					t.Errorf("%s names %s, which neither package declares", page, word)
				}
			}
		}
	}
}

func isCategory(name string) bool { return strings.HasPrefix(name, "Kubernetes") }

// TestDocs_examplesAreTheCode: every example of the guide is in a file of the
// package, line by line.
func TestDocs_examplesAreTheCode(t *testing.T) {
	var code strings.Builder
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code.WriteString(readText(t, "internal/kind/"+file))
	}
	blocks := strings.Split(readText(t, "docs/adding-a-kind.md"), "```")
	if len(blocks) < 5 {
		t.Fatalf("the guide has %d blocks, want two examples", len(blocks)/2)
	}
	for i := 1; i < len(blocks); i += 2 {
		if example := strings.TrimPrefix(blocks[i], "go\n"); !strings.Contains(code.String(), example) {
			t.Errorf("docs/adding-a-kind.md shows code that is not in internal/kind:\n%s", example)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// declaredTests are the names of all tests of the module.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	declared, pattern := map[string]bool{}, regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		data, err := os.ReadFile(path)
		for _, m := range pattern.FindAllStringSubmatch(string(data), -1) {
			declared[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return declared
}

// declaredNames are the names of everything declared in the packages, fields and
// methods too.
func declaredNames(t *testing.T, folders ...string) map[string]bool {
	t.Helper()
	declared := map[string]bool{}
	for _, folder := range folders {
		files, err := filepath.Glob(folder + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("files of %s = %q, %v", folder, files, err)
		}
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					declared[n.Name.Name] = true
				case *ast.TypeSpec:
					declared[n.Name.Name] = true
				case *ast.ValueSpec:
					for _, name := range n.Names {
						declared[name.Name] = true
					}
				case *ast.Field:
					for _, name := range n.Names {
						declared[name.Name] = true
					}
				}
				return true
			})
		}
	}
	return declared
}
