// Package mirror is the loop of Argus: its Manager takes keys from a queue, has
// package plan decide on each, carries out what was decided and remembers the
// result. It knows neither client-go nor HTTP: the cluster and the account are the
// interfaces below.
package mirror

import (
	"context"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Cluster is what the Manager asks of Kubernetes.
type Cluster interface {
	// Hint says what the watch last said of an object.
	Hint(key resource.Key) plan.Hint
	// Keys are the objects of a kind the watch last said exist.
	Keys(kind resource.Kind) []resource.Key
	// Read reads one object afresh. It must be a consistent read.
	Read(ctx context.Context, key resource.Key) plan.Object
	// Frozen says why nothing of a kind may be changed, or is empty.
	Frozen(kind resource.Kind) string
}

// Account is what the Manager reads of LogicMonitor. Only resources that carry
// this cluster's identity are ever returned with a Key.
type Account interface {
	// Resource reads one resource; nil without an error when there is none.
	Resource(ctx context.Context, id resource.ID) (*resource.Observed, error)
	// FindName finds the resources with exactly this display name, whoever's.
	FindName(ctx context.Context, displayName string) ([]resource.Observed, error)
	// List hands every resource of this cluster to yield, exactly once, or
	// returns an error: an incomplete listing is one.
	List(ctx context.Context, yield func(*resource.Observed)) error
}

// Turn is the right to send one request of one Op.
type Turn interface {
	// Cancel gives back a turn that was not used. After use it does nothing.
	Cancel()
}

// Actions are all that Argus does to the resources of the account. A plan has
// none. Implementations are safe for concurrent use and never retry a request
// that may have happened.
type Actions interface {
	// Reserve waits until one request of op may be sent at once.
	Reserve(ctx context.Context, op plan.Op) (Turn, error)
	// Carry carries out a change, with the turn reserved for its Op.
	Carry(ctx context.Context, turn Turn, change plan.Change) plan.Result
}
