package argus_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// What a page may say that can be checked.
var (
	mdLink     = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	mdHeading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	mdFence    = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	mdQuoted   = regexp.MustCompile("`([^`\n]+)`")
	namedFile  = regexp.MustCompile(`^(internal|docs|test|cmd|deploy|tools|\.ci)(/[\w.*-]+)*/?$|^[\w.-]+_test\.go$`)
	namedTest  = regexp.MustCompile(`^((?:Test|Fuzz|Benchmark)[A-Z]\w*)(?:/(.+))?$`)
	namedIdent = regexp.MustCompile(`^([a-z]\w*)\.([A-Z]\w*)(?:\.([A-Z]\w*))?$`)
)

// page is one Markdown file; text is without blocks of code.
type page struct{ file, whole, text string }

func pages(t *testing.T) []page {
	t.Helper()
	var all []page
	walk(t, ".md", func(file string) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page{file, string(data), mdFence.ReplaceAllString(string(data), "")})
	})
	if len(all) < 5 {
		t.Fatalf("found %d pages, want the README and all of docs", len(all))
	}
	return all
}

// walk visits the files with an ending, without hidden folders and what is built.
func walk(t *testing.T, ending string, visit func(file string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || file == "bin"):
			return fs.SkipDir
		case !d.IsDir() && strings.HasSuffix(file, ending):
			visit(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDocs_linksLeadSomewhere: every relative link of a page is a file of the
// repository, and its fragment a heading there.
func TestDocs_linksLeadSomewhere(t *testing.T) {
	all := pages(t)
	headings := map[string]map[string]bool{}
	for _, p := range all {
		headings[p.file] = map[string]bool{}
		for _, m := range mdHeading.FindAllStringSubmatch(p.text, -1) {
			headings[p.file][anchor(m[1])] = true
		}
	}
	for _, p := range all {
		for _, m := range mdLink.FindAllStringSubmatch(p.text, -1) {
			target, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: link %q: %v", p.file, m[1], err)
				continue
			}
			if target.Scheme != "" {
				continue
			}
			file := p.file
			if target.Path != "" {
				file = path.Join(path.Dir(p.file), target.Path)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: link %q: %v", p.file, m[1], err)
				continue
			}
			if known, isPage := headings[file]; isPage && target.Fragment != "" && !known[target.Fragment] {
				t.Errorf("%s: link %q: %s has no such heading", p.file, m[1], file)
			}
		}
	}
}

// anchor is the fragment that leads to a heading.
func anchor(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case r == ' ':
			b.WriteByte('-')
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		}
	}
	return b.String()
}

// TestDocs_namesExist: a file, a test, a case of a test, or a name with its
// package that stands between backticks is there.
func TestDocs_namesExist(t *testing.T) {
	code := readCode(t)
	checked := 0
	for _, p := range pages(t) {
		for _, m := range mdQuoted.FindAllStringSubmatch(p.text, -1) {
			known, problem := code.check(m[1])
			if known {
				checked++
			}
			if problem != "" {
				t.Errorf("%s: `%s`: %s", p.file, m[1], problem)
			}
		}
	}
	if checked < 100 {
		t.Errorf("checked %d names, want far more: the patterns find too little", checked)
	}
}

// TestDocs_words: each word of the glossary is one exported type, in the file
// that the table names.
func TestDocs_words(t *testing.T) {
	const file = "docs/architecture.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	code := readCode(t)
	row := regexp.MustCompile("(?m)^\\| ([A-Z]\\w+) \\| `(\\w+)\\.(\\w+)` \\| `(internal/[\\w/.]+)` \\|")
	words := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		words[m[1]] = true
		if _, declared := code.types[m[4]+"#"+m[3]]; !declared || path.Base(path.Dir(m[4])) != m[2] {
			t.Errorf("%s: %s is said to be %s.%s in %s; no such type is declared there", file, m[1], m[2], m[3], m[4])
		}
	}
	for _, want := range []string{"Watcher", "Mapper", "Builder", "Manager", "Actions", "ResourceCache", "ResourceGroupManager", "Permission"} {
		if !words[want] {
			t.Errorf("%s: the glossary has no row for %s", file, want)
		}
	}
}

// TestDocs_rooms: the page's table of packages is the one that the architecture
// test enforces.
func TestDocs_rooms(t *testing.T) {
	const file = "docs/architecture.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	row := regexp.MustCompile("(?m)^\\| `internal/(\\w+)` \\| [^|]+ \\| ([\\w, ]+) \\|$")
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		got[m[1]] = inOrder(strings.ReplaceAll(m[2], ",", ""))
	}
	want := map[string]string{}
	for pkg, allowed := range layers() {
		if strings.Contains(pkg, "/") {
			continue // a generator, which stands with its package
		}
		switch allowed {
		case "":
			allowed = "nothing"
		case "*":
			allowed = "everything"
		}
		want[pkg] = inOrder(allowed)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: packages and what they may import (-arch_test.go +page):\n%s", file, diff)
	}
}

func inOrder(words string) string {
	return strings.Join(slices.Sorted(slices.Values(strings.Fields(words))), " ")
}

// code is what of the source can be named.
type code struct {
	packages map[string]bool              // names of packages
	names    map[string]map[string]bool   // package, name or type.member
	types    map[string]bool              // file#type
	tests    map[string][]map[string]bool // test, texts of the files that declare it
}

func readCode(t *testing.T) code {
	t.Helper()
	c := code{map[string]bool{}, map[string]map[string]bool{}, map[string]bool{}, map[string][]map[string]bool{}}
	walk(t, ".go", func(file string) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			c.readTests(parsed)
			return
		}
		c.readNames(file, parsed)
	})
	return c
}

func (c code) readTests(file *ast.File) {
	texts := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				texts[text] = true
			}
		}
		return true
	})
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && namedTest.MatchString(f.Name.Name) {
			c.tests[f.Name.Name] = append(c.tests[f.Name.Name], texts)
		}
	}
}

func (c code) readNames(file string, parsed *ast.File) {
	pkg := parsed.Name.Name
	c.packages[pkg] = true
	if c.names[pkg] == nil {
		c.names[pkg] = map[string]bool{}
	}
	add := func(parts ...string) { c.names[pkg][strings.Join(parts, ".")] = true }
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name.Name)
				continue
			}
			add(receiver(d.Recv.List[0].Type), d.Name.Name)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, n := range s.Names {
						add(n.Name)
					}
				case *ast.TypeSpec:
					add(s.Name.Name)
					c.types[file+"#"+s.Name.Name] = true
					for _, member := range members(s.Type) {
						add(s.Name.Name, member)
					}
				}
			}
		}
	}
}

// receiver is the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// members are the fields of a struct, or the methods of an interface.
func members(e ast.Expr) []string {
	var fields *ast.FieldList
	switch e := e.(type) {
	case *ast.StructType:
		fields = e.Fields
	case *ast.InterfaceType:
		fields = e.Methods
	default:
		return nil
	}
	var all []string
	for _, f := range fields.List {
		for _, n := range f.Names {
			all = append(all, n.Name)
		}
	}
	return all
}

// check says whether a quoted word is one that can be checked, and what is wrong
// with it, or "".
func (c code) check(word string) (known bool, problem string) {
	if namedFile.MatchString(word) {
		found, err := fs.Glob(os.DirFS("."), strings.TrimSuffix(word, "/"))
		if err != nil || len(found) == 0 {
			return true, "there is no such file"
		}
		return true, ""
	}
	if m := namedTest.FindStringSubmatch(word); m != nil {
		texts, declared := c.tests[m[1]]
		if !declared {
			return true, "there is no such test"
		}
		for _, t := range texts {
			if m[2] == "" || t[m[2]] {
				return true, ""
			}
		}
		return true, fmt.Sprintf("%s has no such case", m[1])
	}
	if m := namedIdent.FindStringSubmatch(word); m != nil && c.packages[m[1]] {
		name := m[2]
		if m[3] != "" {
			name += "." + m[3]
		}
		if !c.names[m[1]][name] {
			return true, fmt.Sprintf("package %s has no %s", m[1], name)
		}
		return true, ""
	}
	return false, ""
}
