package resourcegroup

import (
	"slices"
	"strings"

	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// Change is one change of one group.
type Change struct {
	Op     plan.Op
	Path   string      // names from the cluster group down, with slashes
	Parent resource.ID // of a group to create; zero while the parent does not exist
	ID     resource.ID // of a group to update or delete
	Want   *Group      // of a group to create
	Patch  Patch       // of a group to update
	// Gone is the object that must be proven gone before a group is deleted;
	// zero asks for no proof.
	Gone   resource.Key
	Reason string
}

// Tree is the account's groups of one cluster, from the cluster group down. It is
// not safe for concurrent use.
type Tree struct {
	Root     *Observed // nil when there is no cluster group
	children map[resource.ID][]*Observed
}

// NewTree arranges groups below their root.
func NewTree(root *Observed, below []Observed) *Tree {
	t := &Tree{Root: root, children: map[resource.ID][]*Observed{}}
	for i := range below {
		t.Put(below[i])
	}
	return t
}

// Put adds a group, or replaces what was known of it.
func (t *Tree) Put(o Observed) {
	if t.Root != nil && o.ID == t.Root.ID {
		t.Root = &o
		return
	}
	siblings := t.children[o.Parent]
	if at := slices.IndexFunc(siblings, func(s *Observed) bool { return s.ID == o.ID }); at >= 0 {
		siblings[at] = &o
		return
	}
	t.children[o.Parent] = append(siblings, &o)
}

// Drop forgets a group.
func (t *Tree) Drop(id resource.ID) {
	for parent, siblings := range t.children {
		t.children[parent] = slices.DeleteFunc(siblings, func(o *Observed) bool { return o.ID == id })
	}
}

// Len is the number of groups, the root among them.
func (t *Tree) Len() int {
	n := 0
	if t.Root != nil {
		n++
	}
	for _, siblings := range t.children {
		n += len(siblings)
	}
	return n
}

func (t *Tree) child(parent resource.ID, name string) *Observed {
	for _, o := range t.children[parent] {
		if strings.EqualFold(o.Name, name) {
			return o
		}
	}
	return nil
}

// Diff says what is to be changed so that the tree is as wanted: parents before
// children, and what is to go last, children before parents. Groups that nobody
// wants and that are not exactly like ours are left alone.
func Diff(want *Group, have *Tree) []Change {
	var changes, prunes []Change
	var walk func(g *Group, path string, found *Observed, parent resource.ID)
	walk = func(g *Group, path string, found *Observed, parent resource.ID) {
		if found == nil {
			changes = append(changes, Change{Op: plan.Create, Path: path, Parent: parent, Want: g, Reason: "the group is missing"})
			for _, child := range g.Children {
				walk(child, path+"/"+child.Name, nil, 0)
			}
			return
		}
		if p, reason := repair(g, found); reason != "" {
			changes = append(changes, Change{Op: plan.Update, Path: path, ID: found.ID, Patch: p, Reason: reason})
		}
		for _, child := range g.Children {
			walk(child, path+"/"+child.Name, have.child(found.ID, child.Name), found.ID)
		}
		prunes = append(prunes, prune(g, path, have, found.ID)...)
		for _, former := range g.Former {
			if o := have.child(found.ID, former.Name); o != nil {
				prunes = append(prunes, prune(former, path+"/"+former.Name, have, o.ID)...)
			}
		}
	}
	walk(want, want.Name, have.Root, 0)
	return append(changes, prunes...)
}

// repair says what of a group that is kept as wanted somebody changed.
func repair(g *Group, have *Observed) (p Patch, reason string) {
	var reasons []string
	if g.Repair {
		if have.Name != g.Name {
			p.Name = &g.Name
			reasons = append(reasons, "name differs")
		}
		if have.AppliesTo != g.AppliesTo {
			p.AppliesTo = &g.AppliesTo
			reasons = append(reasons, "appliesTo differs")
		}
		if have.DisableAlerting != g.DisableAlerting {
			p.DisableAlerting = &g.DisableAlerting
			reasons = append(reasons, "disableAlerting differs")
		}
	}
	p.Set = repairProperties(g, have)
	for _, set := range p.Set {
		reasons = append(reasons, "property "+set.Name+" differs")
	}
	return p, strings.Join(reasons, ", ")
}

// own are the properties that are written, beside facts: each name once, the first
// of two alike, so that what a user names cannot take the place of what Argus
// needs. A property without a value is not written: what an account does with one
// is not known.
func (g *Group) own() []Property {
	taken := map[string]bool{}
	for _, fact := range g.Facts {
		taken[strings.ToLower(fact.Name)], taken[strings.ToLower(fact.Name+suffixHistory)] = true, true
	}
	var list []Property
	for _, p := range g.Properties {
		if name := strings.ToLower(p.Name); p.Value != "" && !taken[name] {
			taken[name] = true
			list = append(list, p)
		}
	}
	return list
}

// First are the properties of a new group.
func (g *Group) First() []resource.Property {
	var first []resource.Property
	for _, p := range g.own() {
		first = append(first, resource.Property{Name: p.Name, Value: p.Value})
	}
	for _, fact := range g.Facts {
		first = append(first, fact, history(&Observed{}, fact)) // the beginning of its history
	}
	return first
}

// repairProperties are the properties to write. Who made the group is never
// rewritten.
func repairProperties(g *Group, have *Observed) []resource.Property {
	var set []resource.Property
	for _, want := range g.own() {
		value, has := have.Property(want.Name)
		differs := !has || want.Override && value != want.Value && value != resource.Masked
		if differs && want.Name != PropCreatedBy {
			set = append(set, resource.Property{Name: want.Name, Value: want.Value})
		}
	}
	for _, fact := range g.Facts {
		if value, _ := have.Property(fact.Name); value != fact.Value {
			set = append(set, fact, history(have, fact))
		}
	}
	return set
}

// history is the property that keeps the former values of a fact: the last ones,
// the newest at the end.
func history(have *Observed, fact resource.Property) resource.Property {
	const comma = ", "
	name := fact.Name + suffixHistory
	var values []string
	if old, _ := have.Property(name); old != "" {
		values = strings.Split(old, comma)
	}
	if len(values) == 0 || values[len(values)-1] != fact.Value {
		values = append(values, fact.Value)
	}
	values = values[max(0, len(values)-historyLength):]
	return resource.Property{Name: name, Value: strings.Join(values, comma)}
}

// prune says which groups below a group may go: those that are exactly as Argus
// would have made them, with nothing of anybody else's below.
func prune(g *Group, path string, have *Tree, parent resource.ID) []Change {
	if g.Prune == nil {
		return nil
	}
	var changes []Change
	for _, o := range have.children[parent] {
		if slices.ContainsFunc(g.Children, func(c *Group) bool { return strings.EqualFold(c.Name, o.Name) }) {
			continue
		}
		like := g.Prune.Like(o.Name)
		below, mine := removable(like, o, have)
		if !mine {
			continue
		}
		gone := g.Prune.Key(o.Name)
		for _, b := range below {
			changes = append(changes, Change{
				Op: plan.Delete, Path: path + "/" + o.Name + "/" + b.Name, ID: b.ID, Gone: gone, Reason: "its parent is to go",
			})
		}
		changes = append(changes, Change{Op: plan.Delete, Path: path + "/" + o.Name, ID: o.ID, Gone: gone, Reason: "nothing makes this group any more"})
	}
	return changes
}

// removable says whether a group is ours in every respect, and which groups below
// it go with it: only such as are ours as well.
func removable(like *Group, o *Observed, have *Tree) (below []*Observed, mine bool) {
	if !o.ours() || o.AppliesTo != like.AppliesTo {
		return nil, false
	}
	for _, b := range have.children[o.ID] {
		at := slices.IndexFunc(like.Children, func(c *Group) bool { return c.Name == b.Name })
		known := b.Name == nameDeleted || at >= 0
		if !known || !b.ours() || len(have.children[b.ID]) > 0 {
			return nil, false
		}
		below = append(below, b)
	}
	return below, true
}
