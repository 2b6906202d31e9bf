package mirror

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcecache"
)

// still is a cluster and an account at one moment, and what is done to them.
type still struct {
	object  plan.Object
	held    []resource.Observed
	broken  error // of a listing
	carried []plan.Op
}

func (s *still) Hint(resource.Key) plan.Hint {
	return plan.Hint{Sight: s.object.Sight, UID: s.object.UID}
}
func (s *still) Keys(resource.Kind) []resource.Key                             { return nil }
func (s *still) Read(context.Context, resource.Key) plan.Object                { return s.object }
func (s *still) Frozen(resource.Kind) string                                   { return "" }
func (s *still) Cancel()                                                       {}
func (s *still) Reserve(context.Context, plan.Op) (Turn, error)                { return s, nil }
func (s *still) FindName(context.Context, string) ([]resource.Observed, error) { return nil, nil }

func (s *still) Resource(_ context.Context, id resource.ID) (*resource.Observed, error) {
	for i := range s.held {
		if s.held[i].ID == id {
			return &s.held[i], nil
		}
	}
	return nil, nil
}

func (s *still) List(_ context.Context, yield func(*resource.Observed)) error {
	for i := range s.held {
		yield(&s.held[i])
	}
	return s.broken
}

func (s *still) Carry(_ context.Context, _ Turn, change plan.Change) plan.Result {
	s.carried = append(s.carried, change.Op)
	return plan.Result{Outcome: plan.Done}
}

func managerOf(s *still) *Manager {
	return New(Config{
		Cluster: s, Account: s, Actions: s, Cache: resourcecache.New(plan.Policy{}),
		Kinds: []*kind.Kind{kind.Pod}, Log: slog.New(slog.DiscardHandler),
	})
}

// TestManager_OneTurnOneChange: a turn is for one request of its kind, or limits
// would not hold.
func TestManager_OneTurnOneChange(t *testing.T) {
	key := keyOf("a")
	for name, op := range map[string]plan.Op{"a turn of its kind": plan.Delete, "a turn of another kind": plan.Create} {
		t.Run(name, func(t *testing.T) {
			s := &still{object: plan.Object{Sight: plan.Absent}, held: []resource.Observed{{ID: 1, Key: key}, {ID: 2, Key: key}}}
			m := managerOf(s)
			defer m.queue.Close()
			if err := m.Audit(t.Context()); err != nil {
				t.Fatal(err)
			}
			var want []plan.Op
			if op == plan.Delete {
				want = []plan.Op{plan.Delete}
			}
			end, next := m.reconcile(t.Context(), key, op, s)
			if diff := cmp.Diff(want, s.carried); diff != "" || end != Moved || next != plan.Delete {
				t.Errorf("got end %v in lane %s, want it to move to the lane of deletes; carried (-want +got):\n%s", end, next, diff)
			}
		})
	}
}

// TestManager_BrokenListing: a listing that ends with an error is none.
func TestManager_BrokenListing(t *testing.T) {
	s := &still{held: []resource.Observed{{ID: 1, Key: keyOf("a")}}, broken: errors.New("page 2 failed")}
	m := managerOf(s)
	defer m.queue.Close()
	if err := m.Audit(t.Context()); !errors.Is(err, s.broken) {
		t.Errorf("Audit: got %v, want %v", err, s.broken)
	}
	if m.Cache.Loaded() || len(m.Cache.Keys("")) != 0 {
		t.Errorf("cache: got loaded %v with %d keys, want nothing", m.Cache.Loaded(), len(m.Cache.Keys("")))
	}
}
