package resource_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/resource"
)

var web = resource.Key{Kind: "pods", Namespace: "shop", Name: "web-0"}

func builder() *resource.Builder { return resource.NewBuilder(web, "uid-1") }

func TestBuilder(t *testing.T) {
	b := builder()
	b.Name("web-0-pod-shop")
	b.Name("10.0.0.1")
	b.DisplayName("web-0-pod-shop-lab")
	b.Category("KubernetesPod")
	b.Category("KubernetesPod")
	b.Auto("name", "web-0", "metadata.name")
	b.Auto("nodename", "", "spec.nodeName")
	b.System("ips", "10.0.0.1", "status.podIP")
	b.Custom("kubernetes.pod.hostNetwork", "true", "spec.hostNetwork")
	b.Label("tier", "")
	b.Annotation("note", "")
	b.Group("worker")
	b.Group("control-plane")
	b.Group("worker")
	got := b.Build()
	want := resource.Resource{
		Key: web, UID: "uid-1", Name: "10.0.0.1", DisplayName: "web-0-pod-shop-lab",
		Categories: []string{"KubernetesPod"},
		Properties: []resource.Property{
			{Name: "auto.name", Value: "web-0", From: "metadata.name"},
			{Name: "kubernetes.annotation.note", Value: "null", From: "metadata.annotations"},
			{Name: "kubernetes.label.tier", Value: "null", From: "metadata.labels"},
			{Name: "kubernetes.pod.hostNetwork", Value: "true", From: "spec.hostNetwork"},
			{Name: "system.ips", Value: "10.0.0.1", From: "status.podIP"},
		},
		Groups: []string{"control-plane", "worker"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Build() (-want +got):\n%s", diff)
	}
	if v, ok := got.Property("KUBERNETES.POD.HOSTNETWORK"); v != "true" || !ok {
		t.Errorf(`Property in another case = %q, %t, want "true", true`, v, ok)
	}
	if v, ok := got.Property("auto.nodename"); ok {
		t.Errorf("Property(auto.nodename) = %q; an empty value must add nothing", v)
	}
}

func TestBuilder_Name(t *testing.T) {
	long := strings.Repeat("a", 253) + "-pod-shop"
	tests := map[string]struct{ give, wantName, wantDisplay string }{
		"address":                        {"10.0.0.1", "10.0.0.1", "10.0.0.1"},
		"IPv6 address":                   {"fd00::1", "fd00::1", "fd00::1"},
		"RBAC name with a colon":         {"system:node-role", "system:node-role", "system:node-role"},
		"255 bytes are kept":             {long[:255], long[:255], long[:255]},
		"256 bytes are cut":              {long[:256], long[:244] + "-1903036622", long[:244] + "-1903036622"},
		"a blank, in display names only": {"a b", "a_b-279181810", "a b"},
		"refused by both":                {"a*b", "a_b-680858928", "a_b-680858928"},
		"two number signs":               {"a##b", "a__b-437379048", "a__b-437379048"},
		"blanks around":                  {" a ", "_a_-2694237422", "a-2694237422"},
		"not ASCII":                      {"käse", "k_se-2528308797", "käse"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := builder()
			b.Name(test.give)
			b.DisplayName(test.give)
			got := b.Build()
			if got.Name != test.wantName || got.DisplayName != test.wantDisplay {
				t.Errorf("Name, DisplayName of %q = %q, %q, want %q, %q", test.give, got.Name, got.DisplayName, test.wantName, test.wantDisplay)
			}
			changed := 0
			for _, s := range []string{got.Name, got.DisplayName} {
				if s != test.give {
					changed++
				}
			}
			if len(got.Notes) != changed {
				t.Errorf("Notes = %q, want %d: one for each name that was changed", got.Notes, changed)
			}
		})
	}
}

func TestBuilder_Property(t *testing.T) {
	longKey := strings.Repeat("d", 250) + "/key"
	tests := map[string]struct {
		tell func(*resource.Builder)
		want map[string]string
		note string
	}{
		"names that differ in case are one, the first wins": {
			func(b *resource.Builder) { b.Label("App", "1"); b.Label("app", "2") },
			map[string]string{"kubernetes.label.App": "1"}, "property kubernetes.label.app left out: LogicMonitor cannot tell it from kubernetes.label.App",
		},
		"said twice alike is no news": {
			func(b *resource.Builder) { b.Label("App", "1"); b.Label("app", "1") },
			map[string]string{"kubernetes.label.App": "1"}, "",
		},
		"three of one name": {
			func(b *resource.Builder) { b.Label("aPP", "1"); b.Label("aPp", "2"); b.Label("app", "1") },
			map[string]string{"kubernetes.label.aPP": "1"}, "property kubernetes.label.aPp left out: LogicMonitor cannot tell it from kubernetes.label.aPP",
		},
		"a name too long is left out": {
			func(b *resource.Builder) { b.Label(longKey, "1") },
			map[string]string{}, "property kubernetes.label." + longKey[:47] + "… left out: its name has 271 bytes, LogicMonitor takes 255",
		},
		"a value of 24,000 characters fits, whatever its bytes": {
			func(b *resource.Builder) { b.Annotation("x", strings.Repeat("é", 24000)) },
			map[string]string{"kubernetes.annotation.x": strings.Repeat("é", 24000)}, "",
		},
		"a longer value is cut": {
			func(b *resource.Builder) { b.Annotation("x", strings.Repeat("é", 24001)) },
			map[string]string{"kubernetes.annotation.x": strings.Repeat("é", 24000)}, "property kubernetes.annotation.x cut to 24000 characters",
		},
		"bytes that are no text become what JSON makes of them": {
			func(b *resource.Builder) { b.Annotation("x", "a\xffb") },
			map[string]string{"kubernetes.annotation.x": "a\ufffdb"}, "",
		},
		"a value is not touched otherwise": {
			func(b *resource.Builder) { b.Annotation("a/b", " {\"x\": [1]}\n") },
			map[string]string{"kubernetes.annotation.a/b": " {\"x\": [1]}\n"}, "",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := builder()
			test.tell(b)
			r := b.Build()
			got := map[string]string{}
			for _, p := range r.Properties {
				got[p.Name] = p.Value
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
			if notes := strings.Join(r.Notes, "\n"); notes != test.note {
				t.Errorf("Notes = %q, want %q", notes, test.note)
			}
		})
	}
}

// storable is what the account takes for a name, told apart from the code.
func storable(name string, refused string) bool {
	return name != "" && len(name) <= 255 && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsAny(name, refused) && !strings.Contains(name, "##")
}

func TestBuilder_anyNameCanBeStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		anyName := rapid.OneOf(rapid.StringN(1, 400, 800), rapid.StringMatching(`[a-z#.:*<?,; -]{1,300}`))
		x, y := anyName.Draw(t, "x"), anyName.Draw(t, "y")
		fit := func(s string) resource.Resource {
			b := builder()
			b.Name(s)
			b.DisplayName(s)
			return b.Build()
		}
		rx, ry := fit(x), fit(y)
		if !storable(rx.Name, " *<?,;`\n/") || !storable(rx.DisplayName, "*<?,;`\n") {
			t.Fatalf("Name %q and DisplayName %q of %q: LogicMonitor refuses one", rx.Name, rx.DisplayName, x)
		}
		if x != y && (rx.Name == ry.Name || rx.DisplayName == ry.DisplayName) {
			t.Fatalf("%q and %q both became %q, %q", x, y, rx.Name, rx.DisplayName)
		}
		if again := fit(x); again.Name != rx.Name || again.DisplayName != rx.DisplayName {
			t.Fatalf("%q became %q and then %q", x, rx.Name, again.Name)
		}
	})
}

func TestBuilder_propertiesAreASortedSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringMatching(`[a-cA-C/.]{1,4}`)
		labels := rapid.SliceOf(rapid.Custom(func(t *rapid.T) [2]string {
			return [2]string{key.Draw(t, "key"), rapid.StringMatching(`[x-z]?`).Draw(t, "value")}
		})).Draw(t, "labels")
		b := builder()
		first := map[string]string{}
		for _, l := range labels {
			b.Label(l[0], l[1])
			value := l[1]
			if value == "" {
				value = "null"
			}
			if _, taken := first[strings.ToLower(l[0])]; !taken {
				first[strings.ToLower(l[0])] = value
			}
		}
		properties := b.Build().Properties
		var names []string
		for _, p := range properties {
			lower := strings.ToLower(p.Name)
			names = append(names, lower)
			if want := first[strings.TrimPrefix(lower, "kubernetes.label.")]; p.Value != want {
				t.Fatalf("%s = %q, want %q, the first value told", p.Name, p.Value, want)
			}
		}
		if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(first) || len(names) != len(first) {
			t.Fatalf("names = %q, want %d sorted and unique ones", names, len(first))
		}
	})
}

func TestCut(t *testing.T) {
	tests := map[string]struct {
		s    string
		n    int
		want string
	}{
		"shorter":            {"abc", 5, "abc"},
		"exact":              {"abc", 3, "abc"},
		"longer":             {"abcd", 3, "abc"},
		"inside a character": {"aé", 2, "a"},
		"before a character": {"aéb", 3, "aé"},
		"nothing fits":       {"é", 1, ""},
		"four bytes":         {"a😀b", 4, "a"},
		"nothing":            {"", 0, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := resource.Cut(test.s, test.n); got != test.want {
				t.Errorf("Cut(%q, %d) = %q, want %q", test.s, test.n, got, test.want)
			}
		})
	}
}

func FuzzBuilder(f *testing.F) {
	f.Add("web-0", "app.kubernetes.io/name", "web")
	f.Add("system:node##", "App", "\xff\x00")
	f.Add(strings.Repeat("ä", 200), strings.Repeat("k", 300), strings.Repeat("v", 25000))
	f.Fuzz(func(t *testing.T, name, key, value string) {
		b := builder()
		b.Name(name)
		b.DisplayName(name)
		b.Label(key, value)
		r := b.Build()
		if name != "" && !storable(r.DisplayName, "*<?,;`\n") {
			t.Errorf("DisplayName of %q = %q: LogicMonitor refuses it", name, r.DisplayName)
		}
		for _, p := range r.Properties {
			if len(p.Name) > 255 || p.Value == "" || !utf8.ValidString(p.Value) || utf8.RuneCountInString(p.Value) > 24000 {
				t.Errorf("property of %d bytes with a value of %d characters: LogicMonitor refuses it", len(p.Name), utf8.RuneCountInString(p.Value))
			}
		}
	})
}
