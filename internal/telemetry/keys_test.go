package telemetry

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestKeys reads every source file of the module: a log line may use only the
// keys of keys.go.
func TestKeys(t *testing.T) {
	allowed := declaredKeys(t, "keys.go")
	for _, root := range []string{"internal", "cmd"} {
		err := fs.WalkDir(os.DirFS(filepath.Join("..", "..", root)), ".", func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			for _, use := range usedKeys(t, filepath.Join("..", "..", root, file), nil) {
				if !slices.Contains(allowed, use) {
					t.Errorf("%s/%s logs the key %q; use one of telemetry's keys or add it there", root, file, use)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUsedKeys(t *testing.T) {
	source := `package p
func f() {
	log.Info("message", "a", 1, telemetry.KeyKind, 2, slog.String("b", ""), "c", 3)
	log.With("d", 1).Error("message", KeyName, 2)
	log.WarnContext(ctx, "message", "e", 1)
	slog.LogAttrs(ctx, level, "message", slog.Any("f", 1))
	http.Error(w, "g", 1)
}`
	got := usedKeys(t, "source.go", source)
	slices.Sort(got)
	if want := []string{"a", "b", "c", "d", "e", "f"}; !slices.Equal(got, want) {
		t.Errorf("usedKeys = %v, want %v", got, want)
	}
}

// declaredKeys are the values of the constants of a file.
func declaredKeys(t *testing.T, file string) []string {
	t.Helper()
	var keys []string
	ast.Inspect(parse(t, file, nil), func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok {
			for _, value := range spec.Values {
				keys = append(keys, literal(value))
			}
		}
		return true
	})
	return keys
}

// usedKeys are the literal keys of all log lines of a file.
func usedKeys(t *testing.T, file string, source any) []string {
	t.Helper()
	found := map[string]bool{}
	ast.Inspect(parse(t, file, source), func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		for _, key := range keysOf(selector, call.Args) {
			found[key] = true
		}
		return true
	})
	return slices.Collect(maps.Keys(found))
}

// keysOf are the keys among the arguments of one call.
func keysOf(selector *ast.SelectorExpr, args []ast.Expr) []string {
	receiver, _ := selector.X.(*ast.Ident)
	isSlog := receiver != nil && receiver.Name == "slog"
	switch name := strings.TrimSuffix(selector.Sel.Name, "Context"); name {
	case "Debug", "Info", "Warn", "Error":
		skip := 1 + len(selector.Sel.Name) - len(name) // the message; and the context
		if skip > 1 {
			skip = 2
		}
		if len(args) < skip || literal(args[skip-1]) == "" {
			return nil // no log line: http.Error
		}
		return pairs(args[skip:])
	case "With":
		return pairs(args)
	case "String", "Int", "Int64", "Uint64", "Float64", "Bool", "Time", "Duration", "Any":
		if isSlog && len(args) == 2 {
			return pairs(args)
		}
	}
	return nil
}

// pairs are the keys of alternating keys and values; an Attr stands alone.
func pairs(args []ast.Expr) []string {
	var keys []string
	for i := 0; i < len(args); i++ {
		if _, attr := args[i].(*ast.CallExpr); attr {
			continue
		}
		if key := literal(args[i]); key != "" {
			keys = append(keys, key)
		}
		i++
	}
	return keys
}

func literal(e ast.Expr) string {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(basic.Value)
	return text
}

func parse(t *testing.T, file string, source any) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
