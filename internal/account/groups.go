package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

var (
	_ resourcegroup.Reader = (*Account)(nil)
	_ resourcegroup.Writer = groupWriter{}
)

// Group reads one group; nil when there is none.
func (a *Account) Group(ctx context.Context, id resource.ID) (*resourcegroup.Observed, error) {
	g, err := a.Client.Group(ctx, lm.GroupID(id))
	if lm.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := observeGroup(&g)
	return &o, nil
}

// Named returns the groups with exactly this name.
func (a *Account) Named(ctx context.Context, name string) ([]resourcegroup.Observed, error) {
	return a.groups(ctx, lm.GroupsWithName(name))
}

// Marked returns the groups that have a property with exactly this value. It is
// asked for seldom, and lists all groups: a filter might hide what it looks for.
func (a *Account) Marked(ctx context.Context, p resource.Property) ([]resourcegroup.Observed, error) {
	all, err := a.groups(ctx, lm.Filter[lm.DeviceGroup]{})
	return slices.DeleteFunc(all, func(o resourcegroup.Observed) bool {
		value, ok := o.Property(p.Name)
		return !ok || value != p.Value
	}), err
}

// Tree returns the groups below a group. As with resources, a filtered answer
// that contradicts the account's own count is not believed.
func (a *Account) Tree(ctx context.Context, root resourcegroup.Observed) ([]resourcegroup.Observed, error) {
	top, err := a.Client.Group(ctx, lm.GroupID(root.ID))
	if err != nil {
		return nil, err
	}
	found, err := a.groups(ctx, lm.GroupsBelow(top.FullPath))
	if err != nil {
		return nil, err
	}
	if below := descendants(root.ID, found); whole(root.ID, int(top.NumOfDirectSubGroups), below) {
		return below, nil
	}
	if found, err = a.groups(ctx, lm.Filter[lm.DeviceGroup]{}); err != nil {
		return nil, err
	}
	return descendants(root.ID, found), nil
}

// descendants are those of the groups whose chain of parents leads to root.
func descendants(root resource.ID, groups []resourcegroup.Observed) []resourcegroup.Observed {
	children := map[resource.ID][]resourcegroup.Observed{}
	for _, g := range groups {
		children[g.Parent] = append(children[g.Parent], g)
	}
	var below []resourcegroup.Observed
	next := []resource.ID{root}
	for len(next) > 0 {
		id := next[0]
		next = next[1:]
		for _, g := range children[id] {
			below = append(below, g)
			next = append(next, g.ID)
		}
		delete(children, id)
	}
	return below
}

// whole says whether every group has as many children in the list as the account
// counts.
func whole(root resource.ID, directly int, below []resourcegroup.Observed) bool {
	have := map[resource.ID]int{}
	for _, g := range below {
		have[g.Parent]++
	}
	if have[root] < directly {
		return false
	}
	for _, g := range below {
		if have[g.ID] < g.Groups {
			return false
		}
	}
	return true
}

func (a *Account) groups(ctx context.Context, filter lm.Filter[lm.DeviceGroup]) ([]resourcegroup.Observed, error) {
	var found []resourcegroup.Observed
	for g, err := range a.Client.ListGroups(ctx, lm.DeviceGroupQuery{Filter: filter, Fields: lm.DeviceGroupFieldNames()}) {
		if err != nil {
			return nil, err
		}
		found = append(found, observeGroup(&g))
	}
	return found, nil
}

func observeGroup(g *lm.DeviceGroup) resourcegroup.Observed {
	o := resourcegroup.Observed{
		ID: resource.ID(g.ID), Parent: resource.ID(g.ParentID), Name: g.Name, FullPath: g.FullPath, AppliesTo: g.AppliesTo,
		DisableAlerting: g.DisableAlerting, Hosts: int(g.NumOfHosts), Groups: int(g.NumOfDirectSubGroups),
	}
	for _, p := range g.CustomProperties {
		o.Properties = append(o.Properties, resource.Property{Name: p.Name, Value: p.Value})
	}
	return o
}

// GroupWriter changes the account's groups. It is apart from the Account so that
// a plan can do without.
func (a *Account) GroupWriter() resourcegroup.Writer { return groupWriter{a} }

type groupWriter struct{ a *Account }

// Create makes a group, or finds the one there is: an account says of a name that
// is taken that the request is invalid, and a create whose answer was lost may
// have happened.
func (w groupWriter) Create(ctx context.Context, parent resource.ID, g *resourcegroup.Group) (resourcegroup.Observed, error) {
	fields := lm.DeviceGroupFields{ParentID: new(lm.GroupID(parent)), Name: &g.Name, DisableAlerting: &g.DisableAlerting}
	if g.AppliesTo != "" {
		fields.AppliesTo = &g.AppliesTo
	}
	fields.CustomProperties = properties(g.First())
	if faults := lm.CheckGroup(fields); len(faults) > 0 {
		return resourcegroup.Observed{}, fmt.Errorf("create group %q: %s", g.Name, sentence(faults))
	}
	made, err := w.a.Client.CreateGroup(ctx, fields)
	if err == nil {
		return observeGroup(&made), nil
	}
	switch lm.ClassOf(err) {
	case lm.ClassConflict, lm.ClassInvalid, lm.ClassAmbiguous:
	default:
		return resourcegroup.Observed{}, err
	}
	found, findErr := w.a.Named(ctx, g.Name)
	if findErr != nil {
		return resourcegroup.Observed{}, fmt.Errorf("%w; and looking for it: %w", err, findErr)
	}
	for _, o := range found {
		if o.Parent == parent {
			return o, nil
		}
	}
	return resourcegroup.Observed{}, err
}

// Update writes what a patch says.
func (w groupWriter) Update(ctx context.Context, id resource.ID, p resourcegroup.Patch) (resourcegroup.Observed, error) {
	fields := lm.DeviceGroupFields{Name: p.Name, AppliesTo: p.AppliesTo, DisableAlerting: p.DisableAlerting}
	if p.Parent != nil {
		fields.ParentID = new(lm.GroupID(*p.Parent))
	}
	if len(p.Set) > 0 {
		fields.CustomProperties = properties(p.Set)
	}
	if faults := lm.CheckGroup(fields); len(faults) > 0 {
		return resourcegroup.Observed{}, fmt.Errorf("update group %d: %s", id, sentence(faults))
	}
	g, err := w.a.Client.PatchGroup(ctx, lm.GroupID(id), fields)
	if err != nil {
		return resourcegroup.Observed{}, err
	}
	return observeGroup(&g), nil
}

// RemoveProperty removes a property.
func (w groupWriter) RemoveProperty(ctx context.Context, id resource.ID, name string) error {
	err := w.a.Client.DeleteGroupProperty(ctx, lm.GroupID(id), name)
	if lm.IsNotFound(err) {
		return nil
	}
	return err
}

// Delete deletes an empty group.
func (w groupWriter) Delete(ctx context.Context, id resource.ID) error {
	err := w.a.Client.DeleteGroup(ctx, lm.GroupID(id), lm.DeleteHard)
	if lm.IsNotFound(err) {
		return nil
	}
	return err
}
