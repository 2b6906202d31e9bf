package argus_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/argus-k8s/argus"

// layers is the architecture: what each package under internal may import from
// internal. A package may always import what is below its own folder, which is
// its alone; what is below it imports nothing of ours, unless it has a line here.
func layers() map[string]string {
	return map[string]string{
		"resource":  "",
		"kind":      "resource",
		"filter":    "resource kind",
		"plan":      "resource",
		"telemetry": "",
		"health":    "telemetry",
		"config":    "filter resource kind",
		// The command that writes docs/config.md.
		"config/gen": "config resource",

		"watch":         "resource kind plan telemetry",
		"resourcecache": "resource plan",
		"resourcegroup": "resource plan kind",
		"mirror":        "resource kind filter plan resourcecache resourcegroup watch telemetry",

		"leader": "telemetry",

		"lm":      "", // the client knows LogicMonitor and nothing of ours
		"lmsim":   "", // shares no type with lm, or one wrong name would be right on both sides
		"account": "lm resource plan kind resourcegroup resourcecache mirror telemetry",

		"cli": "*",
		// The command that writes docs/metrics.md.
		"cli/gen": "cli",
	}
}

// pure packages decide; what follows belongs to those that act.
func pure() []string { return []string{"resource", "kind", "filter", "plan"} }

// impure imports, each with all below it, and impure functions of time.
func impure() (imports, clock []string) {
	return []string{"net/http", "os", "log", "math/rand", "k8s.io/client-go", "sigs.k8s.io/controller-runtime"},
		[]string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
}

// A source is one parsed file, with its path from the root.
type source struct {
	file, folder string
	*ast.File
}

// sources of all Go files below a folder; a folder that does not exist has none.
func sources(t *testing.T, root string) []source {
	t.Helper()
	var all []source
	err := fs.WalkDir(os.DirFS("."), root, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
		all = append(all, source{file, path.Dir(file), parsed})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (s source) isTest() bool { return strings.HasSuffix(s.file, "_test.go") }

// imports of a file.
func (s source) imports() []string {
	var all []string
	for _, spec := range s.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		all = append(all, name)
	}
	return all
}

// within says whether a path is a folder or below it.
func within(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

func TestArchitecture_layers(t *testing.T) {
	table := layers()
	for _, s := range sources(t, "internal") {
		if s.isTest() {
			continue
		}
		pkg := strings.TrimPrefix(s.folder, "internal/")
		top, _, _ := strings.Cut(pkg, "/")
		if _, known := table[top]; !known {
			t.Errorf("%s: give internal/%s a line in layers", s.file, top)
		}
		allowed := strings.Fields(table[pkg])
		for _, name := range s.imports() {
			dep, ours := strings.CutPrefix(name, module+"/internal/")
			switch {
			case within(name, module+"/test"):
				t.Errorf("%s imports %s, which is for tests", s.file, name)
			case !ours || within(dep, top) && dep != top || slices.Contains(allowed, dep) || slices.Contains(allowed, "*"):
			default:
				t.Errorf("%s imports internal/%s; layers allows internal/%s only %q", s.file, dep, pkg, table[pkg])
			}
		}
	}
}

func TestArchitecture_pure(t *testing.T) {
	imports, clock := impure()
	for _, pkg := range pure() {
		for _, s := range sources(t, "internal") {
			if s.isTest() || !within(s.folder, "internal/"+pkg) {
				continue
			}
			for _, name := range s.imports() {
				if slices.ContainsFunc(imports, func(bad string) bool { return within(name, bad) }) {
					t.Errorf("%s imports %s, but internal/%s is pure", s.file, name, pkg)
				}
			}
			ast.Inspect(s.File, func(n ast.Node) bool {
				if call, ok := n.(*ast.SelectorExpr); ok && isIdent(call.X, "time") && slices.Contains(clock, call.Sel.Name) {
					t.Errorf("%s calls time.%s, but internal/%s is pure", s.file, call.Sel.Name, pkg)
				}
				return true
			})
		}
	}
}

func isIdent(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}

// TestArchitecture_oneComment: each package says once why it exists, in the file
// of its name; a command in main.go.
func TestArchitecture_oneComment(t *testing.T) {
	comments := map[string][]string{}
	for _, root := range []string{"internal", "cmd", "deploy", "test"} {
		for _, s := range sources(t, root) {
			if s.isTest() {
				continue
			}
			comments[s.folder] = append(comments[s.folder], "")
			if s.Doc != nil {
				comments[s.folder] = append(comments[s.folder], path.Base(s.file))
			}
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(comments)) {
		files := slices.DeleteFunc(comments[folder], func(file string) bool { return file == "" })
		want := path.Base(folder) + ".go"
		if within(folder, "cmd") || path.Base(folder) == "gen" || strings.Contains(folder, "/cmd/") {
			want = "main.go"
		}
		if len(files) != 1 || within(folder, "internal") && files[0] != want {
			t.Errorf("%s: package comments in %v, want exactly one, in %s", folder, files, want)
		}
	}
}

// TestArchitecture_table: a line for a package that was renamed would allow
// anything to a later one of that name.
func TestArchitecture_table(t *testing.T) {
	known := slices.Collect(maps.Keys(layers()))
	for pkg, allowed := range layers() {
		for _, dep := range strings.Fields(allowed) {
			if dep != "*" && !slices.Contains(known, dep) {
				t.Errorf("layers: internal/%s may import internal/%s, which has no line", pkg, dep)
			}
		}
	}
}
