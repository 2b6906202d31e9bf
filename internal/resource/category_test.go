package resource_test

import (
	"slices"
	"strings"
	"testing"

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
		rest := value
		for _, c := range got {
			if c == "" || strings.Contains(c, ",") || strings.TrimSpace(c) != c {
				t.Errorf("SplitCategories(%q) holds %q", value, c)
			}
			_, after, found := strings.Cut(rest, c)
			if !found {
				t.Errorf("SplitCategories(%q) = %q: %q is not there, or not in this place", value, got, c)
			}
			rest = after
		}
		if strings.Trim(rest, ", \t\r\n\v\f\u0085\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u1680\u2028\u2029\u202f\u205f\u3000") != "" {
			t.Errorf("SplitCategories(%q) = %q: %q is left over", value, got, rest)
		}
		if again := resource.SplitCategories(resource.JoinCategories(got)); !slices.Equal(again, got) {
			t.Errorf("%q was read as %q, and as %q when written back", value, got, again)
		}
	})
}
