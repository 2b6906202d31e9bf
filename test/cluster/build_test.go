package cluster

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writeFiles writes files, named by their path, below a new folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBuildPutsProgramInPlace(t *testing.T) {
	module := writeFiles(t, map[string]string{
		"go.mod":             "module example.org/pinned\n\ngo 1.26\n",
		"cmd/server/main.go": "package main\n\nfunc main() { println(\"it runs\") }\n",
	})
	var progress bytes.Buffer
	b := builder{module: module, dir: t.TempDir(), progress: &progress}
	if err := b.build(t.Context(), 0, program{component: Etcd, path: "example.org/pinned/cmd/server"}, "v1"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"etcd"}, entries(t, b.dir)); diff != "" {
		t.Errorf("files in the cache folder (-want +got):\n%s", diff)
	}
	out, err := exec.Command(filepath.Join(b.dir, "etcd")).CombinedOutput()
	if err != nil || string(out) != "it runs\n" {
		t.Errorf("the program wrote %q and ended with %v", out, err)
	}
	for _, want := range []string{"building etcd (1 of 5)", "built etcd in "} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("progress is %q, want %q in it", progress.String(), want)
		}
	}
}

func TestBuildShowsTheCompilersWords(t *testing.T) {
	module := writeFiles(t, map[string]string{
		"go.mod":             "module example.org/pinned\n\ngo 1.26\n",
		"cmd/server/main.go": "package main\n\nfunc main() { nonsense() }\n",
	})
	b := builder{module: module, dir: t.TempDir(), progress: &bytes.Buffer{}}
	err := b.build(t.Context(), 0, program{component: Etcd, path: "example.org/pinned/cmd/server"}, "v1")
	if err == nil || !strings.Contains(err.Error(), "undefined: nonsense") {
		t.Errorf("got error %v, want the compiler's words", err)
	}
	if got := entries(t, b.dir); len(got) > 0 {
		t.Errorf("got %v in the cache folder, want nothing", got)
	}
}

func TestCacheFolderFollowsThePins(t *testing.T) {
	pins := func(sum string) string {
		return writeFiles(t, map[string]string{"go.mod": "module example.org/pinned\n", "go.sum": sum})
	}
	folder := func(module string) string {
		t.Helper()
		dir, err := cacheFolder(module)
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	root := t.TempDir()
	t.Setenv(CacheEnv, root)
	first := folder(pins("a"))
	if got := filepath.Dir(first); got != filepath.Join(root, "controlplane") {
		t.Errorf("got folder in %s, want it in the cache folder %s", got, root)
	}
	if again := folder(pins("a")); again != first {
		t.Errorf("the same pins: got %s, want %s", again, first)
	}
	if other := folder(pins("b")); other == first {
		t.Errorf("other pins: got the same folder %s", other)
	}
}

func TestPinnedModuleIsFoundFromBelowOnly(t *testing.T) {
	repository := writeFiles(t, map[string]string{
		"go.mod":                    "// comment\nmodule github.com/argus-k8s/argus\n",
		"test/controlplane/go.mod":  "module github.com/argus-k8s/argus/test/controlplane\n",
		"internal/some/where/x.txt": "",
	})
	// The working folder is reported without symbolic links.
	repository, err := filepath.EvalSymlinks(repository)
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(repository, "test", "controlplane")
	for _, from := range []string{".", "internal/some/where", "test/controlplane"} {
		t.Chdir(filepath.Join(repository, from))
		if got, err := pinnedModule(); got != want || err != nil {
			t.Errorf("from %s: got %s, %v, want %s", from, got, err, want)
		}
	}
	t.Chdir(t.TempDir())
	if got, err := pinnedModule(); err == nil || !strings.Contains(err.Error(), AssetsEnv) {
		t.Errorf("outside: got %s, %v, want an error that says what to do", got, err)
	}
}

func TestLockHoldsOthersOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(t.Context(), path, func() { t.Error("the first to come waits") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := lockFile(ctx, path, cancel); err == nil {
		t.Fatal("got a lock that is held")
	}
	if ctx.Err() == nil {
		t.Error("nobody was told that the lock is held")
	}
	unlock()
	unlock, err = lockFile(t.Context(), path, func() { t.Error("the lock is free, but somebody waits") })
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestDecode(t *testing.T) {
	cases := map[string]struct {
		manifests string
		want      []string // kind/name
		fails     bool
	}{
		"nothing":            {manifests: "# only a comment\n"},
		"several documents":  {manifests: object("A", "one") + "---\n# nothing\n---\n" + object("B", "two"), want: []string{"A/one", "B/two"}},
		"a list":             {manifests: `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"A","metadata":{"name":"one"}}]}`, want: []string{"A/one"}},
		"no kind":            {manifests: "apiVersion: v1\nmetadata: {name: one}\n", fails: true},
		"not YAML":           {manifests: "a: b: c\n", fails: true},
		"a document further": {manifests: object("A", "one") + "---\nkind: B\n", fails: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objects, err := decode([]byte(tc.manifests))
			if (err != nil) != tc.fails {
				t.Fatalf("got error %v, want one: %t", err, tc.fails)
			}
			var got []string
			for _, o := range objects {
				got = append(got, o.GetKind()+"/"+o.GetName())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func object(kind, name string) string {
	return "apiVersion: v1\nkind: " + kind + "\nmetadata:\n  name: " + name + "\n"
}
