package kind_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const repository = "../.."

var (
	quoted = regexp.MustCompile("`([^`\n]+)`")
	goName = regexp.MustCompile(`^[A-Za-z]\w*$`)
)

// TestDocs_guideNamesWhatIsThere checks the Go names of the guide that stand
// without their package. All else that pages name is checked at the root.
func TestDocs_guideNamesWhatIsThere(t *testing.T) {
	const page = "docs/adding-a-kind.md"
	names := declaredNames(t, repository+"/internal/kind", repository+"/internal/resource")
	for _, m := range quoted.FindAllStringSubmatch(readText(t, page), -1) {
		word := m[1]
		if strings.HasPrefix(word, "Test") || !goName.MatchString(word) || word == strings.ToLower(word) {
			continue
		}
		if !names[word] && !isCategory(word) {
			t.Errorf("%s names %s, which neither package declares", page, word)
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
