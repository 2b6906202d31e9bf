package resource_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/argus-k8s/argus/internal/resource"
)

// Anybody may write system.categories of a resource. What is read of it is what
// stands between its commas, and what is written back reads the same.
func FuzzSplitCategories(f *testing.F) {
	for _, value := range []string{"", "KubernetesPod", "KubernetesPod,snmp", " a , ,b,, c ", ",", "KubernetesPodDeleted\n,x", "\u00a0,\xff"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := resource.SplitCategories(value)
		var want []string
		for _, segment := range strings.Split(value, ",") {
			if segment = strings.TrimFunc(segment, unicode.IsSpace); segment != "" {
				want = append(want, segment)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("SplitCategories(%q) = %q, want %q", value, got, want)
		}
		if again := resource.SplitCategories(resource.JoinCategories(got)); !slices.Equal(again, got) {
			t.Errorf("%q was read as %q, and as %q when written back", value, got, again)
		}
	})
}
