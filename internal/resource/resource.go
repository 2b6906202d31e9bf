// Package resource is the vocabulary of Argus: what a Kubernetes object is
// called (Key, UID), what it should look like in LogicMonitor (Resource), and
// what the account was last seen to hold (Observed). Every other package speaks
// these words; this one imports nothing of ours, does no I/O and knows no
// Kubernetes type and no LogicMonitor endpoint.
package resource

import (
	"fmt"
	"strings"
)

// Kind is the plural name of a kind of Kubernetes object as its REST path spells
// it ("pods"). The table of kinds is package kind.
type Kind string

// Key names one Kubernetes object within its cluster.
type Key struct {
	Kind      Kind
	Namespace string // empty for cluster-scoped objects
	Name      string
}

// String is the form people read and type: "pods/shop/web-0", "nodes/node-1".
func (k Key) String() string {
	if k.Namespace == "" {
		return string(k.Kind) + "/" + k.Name
	}
	return string(k.Kind) + "/" + k.Namespace + "/" + k.Name
}

// Compare orders keys by kind, namespace and name.
func (k Key) Compare(other Key) int {
	if c := strings.Compare(string(k.Kind), string(other.Kind)); c != 0 {
		return c
	}
	if c := strings.Compare(k.Namespace, other.Namespace); c != 0 {
		return c
	}
	return strings.Compare(k.Name, other.Name)
}

// UID is the identity Kubernetes gives an object for its whole life: an object
// deleted and created again under the same name has another one.
type UID string

// ID is the number LogicMonitor gives a resource or a group when it is created.
// Zero means none.
type ID int64

// Cluster is the identity of the cluster that is mirrored.
type Cluster struct {
	// Name is clusterName of the configuration. It is part of every display
	// name and is the value of auto.clustername.
	Name string
	// UID is the UID of the namespace kube-system: it tells two clusters with
	// the same Name apart.
	UID UID
}

// Property is one name and value of a resource or group.
type Property struct {
	Name  string
	Value string
	// From says where the value came from ("metadata.labels", "spec.nodeName").
	// It takes no part in comparisons.
	From string
}

// Resource is what a Kubernetes object should be in LogicMonitor. A Builder
// makes it; it is not changed afterwards.
type Resource struct {
	Key         Key
	UID         UID
	Name        string // what LogicMonitor calls name: an address where the kind has one
	DisplayName string // unique in the account
	// Categories are the elements of system.categories that Argus puts there.
	Categories []string
	// Properties are sorted by name and unique without regard to case;
	// system.categories is not among them.
	Properties []Property
	// Groups are names that make groups of their own beside the object's kind
	// and namespace: the roles of a node.
	Groups []string
	// Notes say what of the object could not be carried over as it is, for a
	// person: a value that had to be cut, a name LogicMonitor refuses.
	Notes []string
}

// Property returns the value of a property, comparing names as LogicMonitor
// does, without case.
func (r *Resource) Property(name string) (value string, ok bool) {
	return find(r.Properties, name)
}

// Life says how a resource stands in the account.
type Life uint8

// The lives of a resource.
const (
	Live    Life = iota
	Deleted      // marked deleted: renamed, alerting off, kept for a while
)

// Observed is what the account was seen to hold for one resource.
type Observed struct {
	ID          ID
	Key         Key
	UID         UID // empty when the account does not tell
	Life        Life
	Name        string
	DisplayName string
	Categories  []string   // all of them, in the order the account has them
	Properties  []Property // the custom properties, all of them
	IPs         []string   // system.ips
	CreatedOn   int64      // seconds since 1970: which of two is older
	// AlertingDisabled is the resource's own switch.
	AlertingDisabled bool
}

// Property returns the value of a property, comparing names without case.
func (o *Observed) Property(name string) (value string, ok bool) {
	return find(o.Properties, name)
}

func find(properties []Property, name string) (string, bool) {
	for _, p := range properties {
		if strings.EqualFold(p.Name, name) {
			return p.Value, true
		}
	}
	return "", false
}

// NotReady is a Mapper's answer for an object that cannot be mirrored yet but
// may be soon, such as a pod without an address. What the account holds for it
// stays as it is.
type NotReady struct{ Reason string }

func (e NotReady) Error() string { return "not ready: " + e.Reason }

// Excluded is a Mapper's or a filter's answer for an object that must not be in
// the account. What the account holds for it is removed.
type Excluded struct {
	// Configured says that the configuration keeps it out, and not what it is.
	Configured bool
	Rule       string // which rule decided, in words a person can find again
}

func (e Excluded) Error() string { return fmt.Sprintf("excluded by %s", e.Rule) }
