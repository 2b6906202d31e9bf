package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

func webKey(name string) resource.Key {
	return resource.Key{Kind: "pods", Namespace: "shop", Name: name}
}

func act(c plan.Change) decision {
	return decision{c.Key, plan.Step{Do: plan.Act, Change: c, Reason: c.Reason}}
}

// everything is a plan with one of each.
func everything() *findings {
	return &findings{
		groups: []resourcegroup.Change{
			{Op: plan.Create, Path: "Kubernetes Cluster: lab/Namespaces/shop", Reason: "the group is missing"},
			{Op: plan.Update, Path: "Kubernetes Cluster: lab", Reason: "appliesTo differs"},
			{Op: plan.Delete, Path: "Kubernetes Cluster: lab/Namespaces/old", Reason: "nothing makes this group any more"},
		},
		resources: []decision{
			act(plan.Change{Op: plan.Create, Key: webKey("web-0"), Reason: "the object has no resource", Want: &resource.Resource{
				DisplayName: "web-0-pod-shop-lab", Notes: []string{"annotation note: cut after 24,000 characters"},
			}}),
			act(plan.Change{Op: plan.Update, Key: webKey("web-1"), ID: 7, Reason: "the object changed, or somebody changed its resource", Fields: []plan.Field{
				{Name: "kubernetes.label.gone", Have: "x"},
				{Name: "kubernetes.label.long", Have: "short", Want: strings.Repeat("long ", 40)},
				{Name: "kubernetes.label.new", Want: "y"},
				{Name: "name", Have: "10.0.0.1", Want: "10.0.0.2"},
			}}),
			act(plan.Change{Op: plan.Update, Key: webKey("web-2"), ID: 8, Retires: true, Reason: "the object no longer exists; it is kept, marked deleted, for 240h0m0s",
				Fields: []plan.Field{{Name: "name", Have: "10.0.0.3", Want: "web-2-pod-shop-123"}}}),
			act(plan.Change{Op: plan.Delete, Key: webKey("web-3"), ID: 9, Reason: "the object no longer exists"}),
			{webKey("web-4"), plan.Step{Do: plan.Park, Reason: `the display name "web-4-pod-shop-lab" is taken by resource 5 (/)`}},
			{webKey("web-5"), plan.Step{Do: plan.Wait, Reason: "read pods/shop/web-5: timeout"}},
		},
		rules:  []string{`argus.yaml:9: filters[0]: the rule matches none of 12 objects: name == "nobody"`},
		frozen: []string{"kind secrets is frozen: the ServiceAccount may not list secrets"},
		inStep: 12,
	}
}

// Names of roles and of properties may hold any character. None of them steers the
// terminal or looks like a line of the plan's own.
func TestFindings_Print_oddNames(t *testing.T) {
	odd := "x\x1b[2J\n0 to create\u202e"
	key := resource.Key{Kind: "roles", Namespace: "shop", Name: odd}
	f := &findings{
		resources: []decision{
			act(plan.Change{Op: plan.Update, Key: key, Reason: odd, Fields: []plan.Field{{Name: odd, Want: odd}}}),
			act(plan.Change{Op: plan.Create, Key: key, Reason: odd, Want: &resource.Resource{DisplayName: odd, Notes: []string{odd}}}),
			{key, plan.Step{Do: plan.Park, Reason: odd}},
		},
		frozen: []string{odd},
	}
	var out bytes.Buffer
	if err := f.print(&out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 7 || strings.ContainsAny(out.String(), "\x1b\u202e") {
		t.Errorf("got %d lines, want 7 without anything that steers:\n%q", n, out.String())
	}
}

func TestFindings_Print(t *testing.T) {
	for name, f := range map[string]*findings{"plan.golden": everything(), "plan-in-step.golden": {inStep: 3}} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := f.print(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, name, out.String())
		})
	}
}

// full is a disk that is full.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestFindings_PrintFails(t *testing.T) {
	if err := everything().print(full{}); !errors.Is(err, errFull) {
		t.Errorf("got %v, want %v", err, errFull)
	}
}

// TestExplain_Print: every sight, every life and every verdict in its words.
func TestExplain_Print(t *testing.T) {
	var out bytes.Buffer
	p := &printer{w: &out}
	for _, o := range []plan.Object{
		{Sight: plan.Present, UID: "uid-1", Want: &resource.Resource{
			Name: "10.0.0.1", DisplayName: "web-0-pod-shop-lab", Categories: []string{"KubernetesPod"},
			Properties: []resource.Property{{Name: "auto.name", Value: "web-0", From: "metadata.name"}}, Notes: []string{"something was cut"},
		}},
		{Sight: plan.Absent},
		{Sight: plan.Excluded, Reason: "filters[0]"},
		{Sight: plan.NotReady, Reason: "the pod has no IP address yet"},
		{Sight: plan.Unreadable, Reason: "timeout"},
	} {
		p.object(o)
	}
	p.held(nil)
	p.held([]resource.Observed{
		{ID: 7, Name: "10.0.0.1", DisplayName: "web-0-pod-shop-lab", UID: "uid-1"},
		{ID: 8, Name: "web-0-123", DisplayName: "web-0-pod-shop-lab-123", UID: "uid-0", Life: resource.Deleted},
	})
	for _, step := range []plan.Step{
		{Do: plan.Act, Reason: "the object changed", Change: plan.Change{Op: plan.Update, Fields: []plan.Field{{Name: "name", Have: "a", Want: "b"}}}},
		{Do: plan.Park, Reason: "the name is taken"},
		{Do: plan.Wait, Reason: "the apiserver does not answer"},
		{Do: plan.Rest, Reason: "in step"},
	} {
		p.verdict(step)
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
	golden(t, "explain.golden", out.String())
}
