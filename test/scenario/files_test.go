package scenario_test

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/argus-k8s/argus/internal/kind"
)

// All files run on one real cluster: no two may use the same namespace, or the
// same object that is in none.
func TestFiles_apart(t *testing.T) {
	owner := map[string]string{}
	eachObject(t, func(file string, obj *unstructured.Unstructured) {
		if obj.GetNamespace() != "" {
			return
		}
		what := obj.GetKind() + " " + obj.GetName()
		if other := owner[what]; other != "" && other != file {
			t.Errorf("%s and %s both use %s", other, file, what)
		}
		owner[what] = file
	})
}

// An object must be in a namespace that its own file makes.
func TestFiles_ownNamespaces(t *testing.T) {
	made, used := map[string]bool{}, map[string]bool{}
	eachObject(t, func(file string, obj *unstructured.Unstructured) {
		if obj.GetKind() == "Namespace" {
			made[file+": "+obj.GetName()] = true
		}
		if n := obj.GetNamespace(); n != "" {
			used[file+": "+n] = true
		}
	})
	for n := range used {
		if !made[n] {
			t.Errorf("%s: the namespace is used and not made", n)
		}
	}
}

// Every kind that Argus mirrors has an object in some file, so that a new one is
// not forgotten.
func TestFiles_everyKind(t *testing.T) {
	has := map[string]bool{}
	eachObject(t, func(_ string, obj *unstructured.Unstructured) { has[obj.GetKind()] = true })
	for _, k := range kind.All {
		title := k.Title
		if k.ID == kind.Endpoints.ID {
			title = "Endpoints" // the account calls it EndPoint
		}
		if k.Watched() && !has[title] {
			t.Errorf("no scenario has a %s: give it a file", title)
		}
	}
}

var fileName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+\.txtar$`)

// A file is named for what happens, and begins with a sentence that says more.
func TestFiles_tellAStory(t *testing.T) {
	for _, file := range files(t, func(string) bool { return true }) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !fileName.MatchString(filepath.Base(file)) || !bytes.HasPrefix(archive.Comment, []byte("# ")) {
			t.Errorf("%s: name it noun-what-happens.txtar and begin with a sentence", file)
		}
		for _, f := range archive.Files {
			if f.Name != "config.yaml" && !bytes.Contains(archive.Comment, []byte(" "+f.Name)) {
				t.Errorf("%s: %s is not used", file, f.Name)
			}
		}
	}
}

// eachObject hands on every Kubernetes object of every file.
func eachObject(tb testing.TB, use func(file string, obj *unstructured.Unstructured)) {
	tb.Helper()
	for _, file := range files(tb, func(string) bool { return true }) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		for _, f := range archive.Files {
			if !strings.HasSuffix(f.Name, ".yaml") {
				continue
			}
			for _, text := range strings.Split("\n"+string(f.Data), "\n---\n") {
				obj := &unstructured.Unstructured{}
				if yaml.Unmarshal([]byte(text), &obj.Object) == nil && obj.GetKind() != "" {
					use(filepath.Base(file), obj)
				}
			}
		}
	}
}
