package mirror

import (
	"context"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Reconcile decides on one key and carries out at most one change, of op, in the
// calling goroutine and past the queue: what a lane does when a key has its turn.
// It says how that ended, and for Moved which op is due next. Run has its lanes
// do it; a simulation calls it so that nothing happens but what it asks for.
func (m *Manager) Reconcile(ctx context.Context, key resource.Key, op plan.Op, turn Turn) (End, plan.Op) {
	return m.reconcile(ctx, key, op, turn)
}
