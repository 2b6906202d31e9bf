package cli

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
)

func compiled(t *testing.T, expressions ...string) *filter.Set {
	t.Helper()
	var config filter.Config
	for _, e := range expressions {
		config.Rules = append(config.Rules, filter.Rule{Expression: e})
	}
	set, _, err := filter.Compile(config)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func someObject(name string) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: types.UID("uid-" + name)}}
}

// TestCensus: each object counts once, however often it is seen and by whom, and
// nothing after the end; the answer is always that of the rules.
func TestCensus(t *testing.T) {
	c := newCensus(compiled(t, `name == "web-0"`, `name =~ "^web"`, `name == "nobody"`))
	var g sync.WaitGroup
	for range 3 {
		g.Go(func() {
			for i := range 5 {
				v := c.ask(kind.Deployment, someObject(fmt.Sprintf("web-%d", i)), filter.NamespaceInfo{})
				if want := fmt.Sprintf("filters[%d]", min(i, 1)); !v.Excluded || !strings.HasPrefix(v.Rule, want) {
					t.Errorf("web-%d: got %+v, want it excluded by %s", i, v, want)
				}
			}
		})
	}
	g.Wait()
	var got []string
	for _, n := range c.end() {
		got = append(got, n.String())
	}
	want := []string{
		`filters[1]: the rule matches all of 5 objects: name =~ "^web"`,
		`filters[2]: the rule matches none of 5 objects: name == "nobody"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("end: got %q, want %q", got, want)
	}
	if v := c.ask(kind.Deployment, someObject("nobody"), filter.NamespaceInfo{}); !v.Excluded {
		t.Errorf("after the end: got %+v, want it excluded", v)
	}
	if again := c.end(); len(again) > 0 {
		t.Errorf("end again: got %v, want nothing", again)
	}
}

// TestCensus_noRules counts nothing.
func TestCensus_noRules(t *testing.T) {
	c := newCensus(compiled(t))
	if v := c.ask(kind.Deployment, someObject("web"), filter.NamespaceInfo{}); v.Excluded || len(c.seen) > 0 || len(c.end()) > 0 {
		t.Errorf("got %+v and %d objects counted, want neither", v, len(c.seen))
	}
}
