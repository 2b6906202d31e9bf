// Package watch turns what the apiserver says into an Index: for each object its
// UID and the fingerprint of what it should be in the account, a couple of hundred
// bytes instead of the object. A Watcher follows one kind; a Reader reads one
// object afresh, which is proof where the Index is a hint. Nothing here decides
// what to change, and nothing here knows the account.
package watch

import (
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// A Sink is told where to look.
type Sink interface {
	// Touch says that what is known of an object has changed.
	Touch(key resource.Key)
	// Listed says that a kind has been listed completely, for the first time
	// or again after it could not be read: everything of it may have changed.
	Listed(kind resource.Kind)
}

// Phase is how a Watcher stands.
type Phase string

// The phases of a Watcher.
const (
	Starting  Phase = "starting"  // not asked for anything yet
	Listing   Phase = "listing"   // the first complete list is under way
	Watching  Phase = "watching"  // listed completely, and followed
	Retrying  Phase = "retrying"  // listed once; the watch is being set up again
	Forbidden Phase = "forbidden" // the ServiceAccount may not read the kind
	Unserved  Phase = "unserved"  // the cluster has no such kind
)

// State is how a Watcher stands, for people and for readiness.
type State struct {
	Kind  *kind.Kind
	Phase Phase
	// Detail says more of the phase: which verb is missing, the last error.
	Detail string
	// Objects are those in the index; NotReady among them cannot be mirrored yet.
	Objects, NotReady int
	// Listed says whether the kind has ever been listed completely.
	Listed bool
}

// Frozen says why nothing of the kind may be changed, or is empty: what cannot
// be read is left as it is.
func (s State) Frozen() string {
	switch s.Phase {
	case Forbidden:
		return "kind " + string(s.Kind.ID) + " is frozen: " + s.Detail
	case Unserved:
		return "kind " + string(s.Kind.ID) + " is skipped: " + s.Detail
	case Starting, Listing, Watching, Retrying:
	}
	return ""
}
