package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// root of the repository, from here.
const root = "../.."

// listed is what go list tells of a package.
type listed struct {
	Dir, ImportPath, Export string
	GoFiles                 []string
}

// TestMutants_apply: every mutant finds its text once, and what comes of it
// compiles: it passes the type checker with the rest of its package.
func TestMutants_apply(t *testing.T) {
	all, err := load(root, regexp.MustCompile(""))
	if err != nil {
		t.Fatal(err)
	}
	if none := breaksNone(all); len(none) > 0 {
		t.Errorf("no mutant breaks %v", none)
	}
	c := newChecker(t)
	for _, m := range all {
		t.Run(m.name, func(t *testing.T) {
			files, err := m.mutate(root)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if err := c.check(filepath.Dir(name), files); err != nil {
					t.Errorf("does not compile: %v", err)
				}
			}
			for _, trial := range m.runs {
				tests, err := filepath.Glob(filepath.Join(root, trial.pkg, "*_test.go"))
				if err != nil || len(tests) == 0 {
					t.Errorf("run %s: no tests there: %v", trial, err)
				}
			}
		})
	}
}

// checker type-checks packages of Argus against what is built of those that they
// import.
type checker struct {
	pkgs     map[string]listed // by import path
	fset     *token.FileSet
	importer types.Importer
}

// newChecker has all packages built that are not yet.
func newChecker(t *testing.T) *checker {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-export", "-json=Dir,ImportPath,Export,GoFiles", "./internal/...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		exit := new(exec.ExitError)
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	c := &checker{pkgs: map[string]listed{}, fset: token.NewFileSet()}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var l listed
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		c.pkgs[l.ImportPath] = l
	}
	c.importer = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(c.pkgs[path].Export)
	})
	return c
}

// check type-checks one package with some of its files replaced.
func (c *checker) check(folder string, replaced map[string]string) error {
	pkg, ok := c.pkgs["github.com/argus-k8s/argus/"+filepath.ToSlash(folder)]
	if !ok {
		return fmt.Errorf("%s is no package of Argus", folder)
	}
	var files []*ast.File
	for _, name := range pkg.GoFiles {
		var text any
		if mutated, ok := replaced[filepath.Join(folder, name)]; ok {
			text = mutated
		}
		f, err := parser.ParseFile(c.fset, filepath.Join(root, folder, name), text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	config := types.Config{Importer: c.importer}
	_, err := config.Check(pkg.ImportPath, c.fset, files, nil)
	return err
}
