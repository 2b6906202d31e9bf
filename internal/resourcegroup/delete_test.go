package resourcegroup

import (
	"context"
	"log/slog"
	"testing"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// moment is an account and a cluster at the moment of a delete.
type moment struct {
	Reader
	Writer
	Cluster
	group   *Observed
	object  plan.Sight
	deleted []resource.ID
}

func (m *moment) Group(context.Context, resource.ID) (*Observed, error) { return m.group, nil }

func (m *moment) Read(context.Context, resource.Key) plan.Object {
	return plan.Object{Sight: m.object}
}

func (m *moment) Delete(_ context.Context, id resource.ID) error {
	m.deleted = append(m.deleted, id)
	return nil
}

// TestManager_DeletesOnlyWhatIsOfNoUse: between the reading of the tree and the
// delete people and clusters go on; what counts is how things stand at the delete.
func TestManager_DeletesOnlyWhatIsOfNoUse(t *testing.T) {
	ours := []resource.Property{{Name: PropCreatedBy, Value: resource.CreatedBy + "test"}}
	for name, tt := range map[string]struct {
		group   *Observed
		object  plan.Sight
		deletes bool
		waits   bool
	}{
		"of no use":                  {&Observed{ID: 7, Properties: ours}, plan.Absent, true, false},
		"gone already":               {nil, plan.Absent, false, false},
		"holds resources":            {&Observed{ID: 7, Properties: ours, Hosts: 1}, plan.Absent, false, true},
		"holds groups":               {&Observed{ID: 7, Properties: ours, Groups: 1}, plan.Absent, false, true},
		"a person's by now":          {&Observed{ID: 7}, plan.Absent, false, true},
		"its object is back":         {&Observed{ID: 7, Properties: ours}, plan.Present, false, true},
		"its object cannot be read":  {&Observed{ID: 7, Properties: ours}, plan.Unreadable, false, true},
		"its object is kept out":     {&Observed{ID: 7, Properties: ours}, plan.Excluded, false, true},
		"nothing is known of it yet": {&Observed{ID: 7, Properties: ours}, plan.Unseen, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			world := &moment{group: tt.group, object: tt.object}
			m := New(Config{Reader: world, Writer: world, Cluster: world, Log: slog.New(slog.DiscardHandler)})
			m.tree = NewTree(&Observed{ID: 2}, []Observed{{ID: 7, Parent: 2, Name: "old"}})
			waits, err := m.delete(t.Context(), Change{Op: plan.Delete, Path: "c/old", ID: 7, Gone: resource.Key{Kind: "namespaces", Name: "old"}})
			if err != nil || waits != tt.waits || (len(world.deleted) == 1) != tt.deletes {
				t.Errorf("got waits %v, deleted %v, %v, want %v and deleted %v", waits, world.deleted, err, tt.waits, tt.deletes)
			}
		})
	}
}
