// Package plan decides. Given what is known of one Kubernetes object and of what
// the account holds for it, it says the one thing to do next and why: look closer,
// change the account, wait, or nothing. It is the only place where that is
// decided: run acts on it, plan prints it, explain tells its reasons.
//
// Deciding is a function of values. There is no I/O, no clock and no goroutine
// here, so that every order of events, every fault and every crash can be tried
// in memory.
package plan

import (
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Op is a kind of change to the account. It prints as people draw it.
type Op rune

// The changes.
const (
	None   Op = ' '
	Create Op = '+'
	Update Op = '~'
	Delete Op = '-'
)

func (o Op) String() string {
	switch o {
	case Create:
		return "create"
	case Update:
		return "update"
	case Delete:
		return "delete"
	case None:
	}
	return "none"
}

// Field is one difference between the account and what it should hold.
type Field struct {
	Name string
	Have string
	Want string
	From string // where in the object the wanted value came from
}

// Change is one change of one resource of the account.
type Change struct {
	Op     Op
	Key    resource.Key
	ID     resource.ID        // of the resource to update or delete
	Want   *resource.Resource // what to create, or to update to
	Reason string

	// Of an update: what is to be written and what removed. A zero Name stays.
	Name        string
	DisplayName string
	Set         []resource.Property
	Remove      []string // names of properties
	Fields      []Field  // the same for a person, in order of name
	// Retires says that the update marks the resource deleted: its alerting is
	// switched off with it, and it is no key's afterwards.
	Retires bool
	// Configured says that it removes the resource of an object that exists, because
	// the configuration keeps it out of the account. A Budget counts such removals.
	Configured bool
}

// Removes says whether the resource is no key's any more after the change.
func (c Change) Removes() bool { return c.Op == Delete || c.Retires }

// Do is what a Step asks for.
type Do uint8

// What a Step may ask for. The first three are reads.
const (
	Rest         Do = iota // nothing is due
	ReadObject             // read the object from the apiserver
	ReadResource           // read the resource ID from the account
	FindName               // find resources of the account by display name
	Act                    // carry out Change
	Wait                   // try again soon, with back-off
	Park                   // nothing helps until the object or the account changes
	Withhold               // a removal is due, and the budget has no room for it
	Linger                 // a removal is due, and the object may come back under its name
)

// Step is the next thing to do for a key: at most one request.
type Step struct {
	Do     Do
	ID     resource.ID // of ReadResource
	Name   string      // of FindName
	Change Change      // of Act
	Reason string      // for a person
}

// Policy is the part of the configuration that decisions depend on.
type Policy struct {
	Ownership resource.Ownership
	// Reuse keeps the resource of an object that was deleted and created again
	// under the same name, with its history; otherwise it is replaced.
	Reuse func(kind resource.Kind) bool
	// ReuseWithin is how long a resource that may be reused outlives its object.
	ReuseWithin time.Duration
	// DisplayName is the display name that the resource of an object has by
	// default. Nil holds every name for right.
	DisplayName func(key resource.Key) string
	// LeaveDeleted leaves a resource deleted that somebody deleted although its
	// object exists; otherwise it is created again.
	LeaveDeleted bool
	// Retention says what becomes of resources whose objects are gone.
	Retention Retention
}

func (p Policy) reuses(kind resource.Kind) bool { return p.Reuse != nil && p.Reuse(kind) }

// Misnamed says whether a resource has another display name than its object gives
// it, or the mark of a conflict of names.
func (p Policy) Misnamed(o *resource.Observed) bool {
	return p.DisplayName != nil && o.DisplayName != p.DisplayName(o.Key) || len(p.Ownership.Conflicts(o.Categories)) > 0
}
