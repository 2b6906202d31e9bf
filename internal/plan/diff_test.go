package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestDiff_Categories: the account does not merge elements, so that the whole text
// is written: ours exchanged, those of others in their place and spelling.
func TestDiff_Categories(t *testing.T) {
	want := wanted("uid-1", "a") // of the category KubernetesPod
	for name, tt := range map[string]struct {
		have  []string
		wrote string
	}{
		"none":                      {nil, "KubernetesPod"},
		"in step":                   {[]string{"Linux", "KubernetesPod", "snmp"}, ""},
		"others' only":              {[]string{"Linux", "snmp"}, "Linux,snmp,KubernetesPod"},
		"another of ours":           {[]string{"Linux", "KubernetesPodDeleted", "snmp"}, "Linux,snmp,KubernetesPod"},
		"others' that look similar": {[]string{"Kubernetes", "podKubernetesPod", "KubernetesPod"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			have := observed(7, want)
			have.Categories = tt.have
			own := resource.Ownership{Category: func(c string) bool { return strings.HasPrefix(c, "KubernetesPod") }}
			got := Diff(have, want, own)
			if diff := cmp.Diff(tt.wrote, wroteCategories(got)); diff != "" {
				t.Errorf("system.categories (-want +got):\n%s", diff)
			}
		})
	}
}

// wroteCategories is what a change writes of them, empty for nothing.
func wroteCategories(c Change) string {
	for _, p := range c.Set {
		if p.Name == resource.PropCategories {
			return p.Value
		}
	}
	return ""
}

// Whatever others put there stays, in its order; and what was written needs no
// second write.
func TestDiff_CategoriesOfOthers(t *testing.T) {
	own := resource.Ownership{Category: func(c string) bool { return strings.HasPrefix(c, "K") }}
	words := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "K1", "K2", "KubernetesPod"}), 0, 6, rapid.ID)
	rapid.Check(t, func(r *rapid.T) {
		want := wanted("uid-1", "a")
		have := observed(7, want)
		have.Categories = words.Draw(r, "have")
		others := func(all []string) []string {
			return slices.DeleteFunc(slices.Clone(all), func(c string) bool { return strings.HasPrefix(c, "K") })
		}
		after := slices.Clone(have.Categories)
		if wrote := wroteCategories(Diff(have, want, own)); wrote != "" {
			after = resource.SplitCategories(wrote)
		}
		if diff := cmp.Diff(fmt.Sprint(others(have.Categories)), fmt.Sprint(others(after))); diff != "" {
			r.Errorf("categories of others (-before +after):\n%s", diff)
		}
		have.Categories = after
		if again := Diff(have, want, own); again.Op != None {
			r.Errorf("after the write: got %+v, want none", again)
		}
	})
}

// TestDiff_Names: the account compares names of properties without case, and may
// spell them otherwise.
func TestDiff_Names(t *testing.T) {
	want := wanted("uid-1", "a")
	have := observed(7, want)
	have.Properties = slices.Clone(have.Properties)
	for i := range have.Properties {
		have.Properties[i].Name = strings.ToUpper(have.Properties[i].Name)
	}
	if got := Diff(have, want, resource.Ownership{}); got.Op != None {
		t.Errorf("names in upper case: got %+v, want no change", got)
	}
	have.Properties = append(have.Properties, resource.Property{Name: "Kubernetes.Label.Gone", Value: "x"})
	if diff := cmp.Diff([]string{"Kubernetes.Label.Gone"}, Diff(have, want, resource.Ownership{}).Remove); diff != "" {
		t.Errorf("a property to remove, as the account spells it (-want +got):\n%s", diff)
	}
}

// TestDiff_Masked: stars in place of a secret say nothing; in place of any other
// value they differ from it.
func TestDiff_Masked(t *testing.T) {
	r := wanted("uid-1", "a")
	have := observed(7, r)
	have.Properties = slices.Clone(have.Properties)
	want := *r
	want.Properties = append(slices.Clone(r.Properties), resource.Property{Name: "kubernetes.label.vault.key", Value: "secret"})
	have.Properties = append(have.Properties, resource.Property{Name: "kubernetes.label.vault.key", Value: resource.Masked})
	got := Diff(have, &want, resource.Ownership{})
	if got.Op != None {
		t.Errorf("masked: got %+v, want no change", got)
	}
	got.writeMasked(have, resource.Ownership{})
	if len(got.Set) != 1 || got.Set[0].Value != "secret" || got.Op != Update {
		t.Errorf("unmasked: got %+v, want the one value written", got)
	}
	for i := range have.Properties {
		if have.Properties[i].Name == "kubernetes.label.content" {
			have.Properties[i].Value = resource.Masked
		}
	}
	if got := Diff(have, &want, resource.Ownership{}); len(got.Set) != 1 || got.Set[0].Name != "kubernetes.label.content" {
		t.Errorf("stars in a value that is no secret: got %+v, want it written", got)
	}
}
