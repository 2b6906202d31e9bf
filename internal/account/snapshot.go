package account

import (
	"context"
	"strings"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/resource"
)

// Snapshot is the account as one complete listing found it: what a plan reads
// instead of asking for each resource. It holds all of the cluster's resources in
// memory and is not changed, so it is safe for concurrent use.
type Snapshot struct {
	all  []resource.Observed
	byID map[resource.ID]*resource.Observed
}

var _ mirror.Account = (*Snapshot)(nil)

// Snapshot lists the account whole.
func (a *Account) Snapshot(ctx context.Context) (*Snapshot, error) {
	s := &Snapshot{byID: map[resource.ID]*resource.Observed{}}
	for d, err := range a.Client.ListDevices(ctx, lm.DeviceQuery{}) {
		if err != nil {
			return nil, err
		}
		s.all = append(s.all, a.observe(&d))
	}
	for i := range s.all {
		s.byID[s.all[i].ID] = &s.all[i]
	}
	return s, nil
}

// Resource returns one resource; nil when there is none.
func (s *Snapshot) Resource(_ context.Context, id resource.ID) (*resource.Observed, error) {
	return s.byID[id], nil
}

// FindName finds the resources that have this display name.
func (s *Snapshot) FindName(_ context.Context, displayName string) ([]resource.Observed, error) {
	var found []resource.Observed
	for i := range s.all {
		if strings.EqualFold(s.all[i].DisplayName, displayName) {
			found = append(found, s.all[i])
		}
	}
	return found, nil
}

// List hands every resource of the cluster to yield.
func (s *Snapshot) List(_ context.Context, yield func(*resource.Observed)) error {
	for i := range s.all {
		if s.all[i].Key != (resource.Key{}) {
			yield(&s.all[i])
		}
	}
	return nil
}
