package takeover

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// findings are what a plan finds: each key that is not in step with what is due
// and why, each group with what of it changes.
type findings struct {
	resources map[resource.Key]string
	groups    []string
}

// plan decides on everything as run would, with what package cli gives a plan: a
// snapshot of the account, and nothing that could write.
func (s *scene) plan(t *testing.T) findings {
	t.Helper()
	p := s.assemble(t)
	defer p.client.Close()
	snapshot, err := p.account.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := mirror.New(mirror.Config{
		Cluster: s.cluster, Account: snapshot, Cache: resourcecache.New(p.policy), Kinds: p.kinds, Policy: p.policy, Log: slog.New(slog.DiscardHandler),
	})
	if err := m.Audit(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := findings{resources: map[resource.Key]string{}}
	for _, key := range m.Keys() {
		step, err := m.Plan(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		switch step.Do {
		case plan.Act:
			found.resources[key] = fmt.Sprintf("%s resource %d: %s", step.Change.Op, step.Change.ID, step.Change.Reason)
		case plan.Wait, plan.Park, plan.Withhold, plan.Linger:
			found.resources[key] = "wait: " + step.Reason
		case plan.Rest, plan.ReadObject, plan.ReadResource, plan.FindName:
		}
	}
	expired, err := m.Expired(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range expired {
		found.resources[change.Key] = change.Reason
	}
	config := s.groupConfig(p)
	config.Writer = nil
	changes, err := resourcegroup.New(config).Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		found.groups = append(found.groups, fmt.Sprintf("%s %s: %s", c.Op, c.Path, c.Reason))
	}
	return found
}

// check holds a plan of taking over against what is expected beside the mark of
// the cluster group and what the first Argus missed.
func (f findings) check(t *testing.T, s *scene, want map[resource.Key]string) {
	t.Helper()
	for key, text := range want {
		if got := f.resources[key]; !strings.HasPrefix(got, text) {
			t.Errorf("%s: got %q, want %q", key, got, text)
		}
		delete(f.resources, key)
	}
	if len(s.missed()) > 0 {
		if got, want := f.resources[addressless], "create resource 0: the object has no resource"; got != want {
			t.Errorf("%s: got %q, want %q", addressless, got, want)
		}
		delete(f.resources, addressless)
	}
	if len(f.resources) > 0 {
		t.Errorf("resources: got %v, want no more", f.resources)
	}
	if group := "update " + clusterGroup + ": property argus.cluster-uid differs"; len(f.groups) != 1 || !strings.HasPrefix(f.groups[0], group) {
		t.Errorf("groups: got %q, want one that begins with %q", f.groups, group)
	}
}

// TestPlan: a plan shows beforehand that taking over creates, changes and deletes
// nothing, and writes to one group.
func TestPlan(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		before := s.sim.Journal(account.JournalQuery{})
		s.plan(t).check(t, s, nil)
		if got := len(s.sim.Journal(account.JournalQuery{})) - len(before); got != 0 {
			t.Errorf("changes by a plan: got %d, want none", got)
		}
		for _, c := range s.sim.Counts() {
			if c.Method != "GET" {
				t.Errorf("a plan called %s %s", c.Method, c.Template)
			}
		}
	})
}
