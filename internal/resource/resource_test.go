package resource_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/resource"
)

func TestKey_String(t *testing.T) {
	tests := map[string]struct {
		key  resource.Key
		want string
	}{
		"namespaced":     {web, "pods/shop/web-0"},
		"cluster-scoped": {resource.Key{Kind: "nodes", Name: "node-1"}, "nodes/node-1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.key.String(); got != test.want {
				t.Errorf("String() = %q, want %q", got, test.want)
			}
		})
	}
}

func TestKey_Compare(t *testing.T) {
	sorted := []resource.Key{
		{Kind: "nodes", Name: "z"},
		{Kind: "pods", Namespace: "a", Name: "b"},
		{Kind: "pods", Namespace: "a", Name: "c"},
		{Kind: "pods", Namespace: "b", Name: "a"},
	}
	got := slices.Clone(sorted)
	slices.Reverse(got)
	slices.SortFunc(got, resource.Key.Compare)
	if diff := cmp.Diff(sorted, got); diff != "" {
		t.Errorf("sorted by Compare (-want +got):\n%s", diff)
	}
	if c := web.Compare(web); c != 0 {
		t.Errorf("Compare with itself = %d, want 0", c)
	}
}

func TestObserved_Property(t *testing.T) {
	o := resource.Observed{Properties: []resource.Property{{Name: "auto.createdby", Value: "x"}}}
	if v, ok := o.Property("auto.createdBy"); v != "x" || !ok {
		t.Errorf(`Property(auto.createdBy) = %q, %t, want "x", true: the account stores names in lower case`, v, ok)
	}
	if v, ok := o.Property("auto.name"); v != "" || ok {
		t.Errorf(`Property(auto.name) = %q, %t, want "", false`, v, ok)
	}
}

func TestAnswersAreErrorsThatCanBeToldApart(t *testing.T) {
	var notReady resource.NotReady
	if err := fmt.Errorf("map: %w", resource.NotReady{Reason: "no address"}); !errors.As(err, &notReady) || notReady.Error() != "not ready: no address" {
		t.Errorf("NotReady wrapped = %v, found as %q", err, notReady)
	}
	var excluded resource.Excluded
	if err := fmt.Errorf("map: %w", resource.Excluded{Rule: "filter 3"}); !errors.As(err, &excluded) || excluded.Error() != "excluded by filter 3" {
		t.Errorf("Excluded wrapped = %v, found as %q", err, excluded)
	}
}
