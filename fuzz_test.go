package argus_test

import (
	"go/ast"
	"os"
	"path"
	"strings"
	"testing"
)

// TestFuzz_targets: each fuzz target begins with inputs that are worth something, of
// its own or kept in testdata, and is where make fuzz looks for it.
func TestFuzz_targets(t *testing.T) {
	found := 0
	for _, s := range sources(t, ".") {
		if !s.isTest() {
			continue
		}
		for _, d := range s.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !strings.HasPrefix(f.Name.Name, "Fuzz") {
				continue
			}
			found++
			if !within(s.folder, "internal") {
				t.Errorf("%s: %s is outside of internal, where make fuzz does not look", s.file, f.Name.Name)
			}
			kept, _ := os.ReadDir(path.Join(s.folder, "testdata", "fuzz", f.Name.Name)) // there may be none
			if !adds(f) && len(kept) == 0 {
				t.Errorf("%s: %s begins with nothing", s.file, f.Name.Name)
			}
		}
	}
	if found < 20 {
		t.Errorf("found %d fuzz targets, want more", found)
	}
}

// adds says whether a fuzz target calls Add.
func adds(f *ast.FuncDecl) (found bool) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.SelectorExpr); ok && isIdent(call.X, "f") && call.Sel.Name == "Add" {
			found = true
		}
		return !found
	})
	return found
}
