// Package resourcegroup keeps the tree of resource groups: Wanted says what it
// should be, Diff what is missing, and a Manager carries that out, parents first.
// Groups are found by their name under their parent, as customers' accounts have
// them; groups a person made among ours are left alone. Deciding is pure; the
// account and the cluster are the interfaces below.
package resourcegroup

import (
	"context"
	"strings"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Names of groups, and of their properties, that customers rely on.
const (
	clusterPrefix = "Kubernetes Cluster: "
	nameNodes     = "Nodes"
	nameAll       = "All"
	nameDeleted   = "_deleted"
	nameScoped    = "ClusterScoped"
	nameSpaces    = "Namespaces"

	// PropCreatedBy says which program made a group.
	PropCreatedBy = "createdBy"
	// PropClusterUID of the cluster group tells two clusters of one name apart.
	PropClusterUID = "argus.cluster-uid"
	// PropResync and PropRename of the cluster group, set to "true" by a person,
	// ask for a comparison of everything, and for display names to be set back.
	PropResync = "resync.cache"
	PropRename = "resync.conflicting_resources"
	// suffixHistory ends the name of the property that holds the former values
	// of another.
	suffixHistory = ".history"
	historyLength = 10
)

// ClusterGroup is the name of the group that holds a cluster's tree.
func ClusterGroup(cluster string) string { return clusterPrefix + cluster }

// Property is a property of a group. One that does not override is written only
// if the group has none of that name.
type Property struct {
	Name, Value string
	Override    bool
}

// Group is a group as it should be.
type Group struct {
	Name            string
	AppliesTo       string
	DisableAlerting bool
	Properties      []Property
	// Facts are properties whose former values are kept beside them.
	Facts []resource.Property
	// Repair keeps the group as it is here; otherwise it is only created, and
	// its switches are people's afterwards.
	Repair bool
	// Prune takes away groups below this one that are ours and not wanted any
	// more. Nil keeps all.
	Prune *Prune
	// Children are the groups below.
	Children []*Group
	// Former are groups below that are not wanted any more and are left, except
	// that they are pruned.
	Former []*Group
}

// Prune says which groups below a group may be taken away.
type Prune struct {
	// Like is what the group named name would be if it were wanted: only a
	// group exactly like it is taken for ours.
	Like func(name string) *Group
	// Key is the object that must be gone before the group goes; a zero Key
	// asks for no such proof.
	Key func(name string) resource.Key
}

// Observed is a group as the account has it.
type Observed struct {
	ID, Parent      resource.ID
	Name            string
	FullPath        string // names from the root of the account, with slashes
	AppliesTo       string
	DisableAlerting bool
	Properties      []resource.Property
	Hosts           int // resources in it and below
	Groups          int // groups directly below
}

// Property returns the value of a property, comparing names without case.
func (o *Observed) Property(name string) (string, bool) {
	for _, p := range o.Properties {
		if strings.EqualFold(p.Name, name) {
			return p.Value, true
		}
	}
	return "", false
}

// ours says whether this program, or the one before it, made the group.
func (o *Observed) ours() bool {
	by, _ := o.Property(PropCreatedBy)
	return strings.HasPrefix(by, strings.TrimSpace(resource.CreatedBy))
}

// Patch is what to write of a group; what is nil stays.
type Patch struct {
	Name            *string
	Parent          *resource.ID
	AppliesTo       *string
	DisableAlerting *bool
	Set             []resource.Property
}

// Reader is what the Manager reads of the account's groups.
type Reader interface {
	// Group reads one group; nil without an error when there is none.
	Group(ctx context.Context, id resource.ID) (*Observed, error)
	// Tree returns the groups below a group, at any depth, or an error:
	// an incomplete listing is one.
	Tree(ctx context.Context, root Observed) ([]Observed, error)
	// Named returns the groups with exactly this name, wherever they are.
	Named(ctx context.Context, name string) ([]Observed, error)
	// Marked returns the groups that have a property with exactly this value.
	Marked(ctx context.Context, p resource.Property) ([]Observed, error)
}

// Writer is all that Argus does to groups. Nothing is ever deleted together with
// what is below it.
type Writer interface {
	// Create makes a group below parent. If there is one of that name already
	// it is returned as it is.
	Create(ctx context.Context, parent resource.ID, g *Group) (Observed, error)
	Update(ctx context.Context, id resource.ID, p Patch) (Observed, error)
	// RemoveProperty removes a property; one that is gone already is no error.
	RemoveProperty(ctx context.Context, id resource.ID, name string) error
	// Delete deletes an empty group; one that is gone already is no error.
	Delete(ctx context.Context, id resource.ID) error
}

// Cluster is what the Manager asks of Kubernetes.
type Cluster interface {
	// Names are the objects of a cluster-scoped kind, sorted; not ok while they
	// have never been listed completely.
	Names(kind resource.Kind) (names []string, ok bool)
	// Groups are the names that objects of a kind make groups of.
	Groups(kind resource.Kind) (names []string, ok bool)
	// Read reads one object afresh.
	Read(ctx context.Context, key resource.Key) plan.Object
}
