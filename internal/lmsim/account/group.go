package account

import (
	"github.com/argus-k8s/argus/internal/lmsim/appliesto"
)

// A Group is the definition of one device group. Like a Device, a stored one never changes.
type Group struct {
	ID                 int32      `json:"id"`
	ParentID           int32      `json:"parentId"`
	Name               string     `json:"name"`
	AppliesTo          string     `json:"appliesTo"`
	Description        string     `json:"description,omitempty"`
	DisableAlerting    bool       `json:"disableAlerting,omitempty"`
	EnableNetflow      bool       `json:"enableNetflow,omitempty"`
	Custom             []Property `json:"customProperties"`
	DefaultCollectorID int32      `json:"defaultCollectorId,omitempty"`
	DefaultBalancedID  int32      `json:"defaultAutoBalancedCollectorGroupId,omitempty"`
	GroupType          string     `json:"groupType"`
	CreatedOn          int64      `json:"createdOn"`
}

// A GroupInput is the body of a create or update; nil means the field was not sent.
type GroupInput struct {
	Name               *string     `json:"name"`
	ParentID           *int32      `json:"parentId"`
	AppliesTo          *string     `json:"appliesTo"`
	Description        *string     `json:"description"`
	DisableAlerting    *bool       `json:"disableAlerting"`
	EnableNetflow      *bool       `json:"enableNetflow"`
	Custom             *[]Property `json:"customProperties"`
	DefaultCollectorID *int32      `json:"defaultCollectorId"`
	DefaultBalancedID  *int32      `json:"defaultAutoBalancedCollectorGroupId"`
	GroupType          *string     `json:"groupType"`
}

// A node is a group with its place in the tree and what follows from it.
type node struct {
	*Group
	path        string // names from the root, joined by /; empty for the root
	expr        *appliesto.Expr
	children    idSet
	members     idSet // devices directly in it, static and dynamic
	hosts       int   // devices in it or below, each once
	visibleGet  int64
	visibleList int64
}

// childKey is the scope in which the name of a group is unique.
type childKey struct {
	parent int32
	name   string
}

func (g *Group) childKey() childKey { return childKey{g.ParentID, fold(g.Name)} }

// Group returns a group by id, and whether it exists; lag rules do not apply.
func (a *Account) Group(id int32) (*Group, bool) {
	n, ok := a.groups[id]
	if !ok {
		return nil, false
	}
	return n.Group, true
}

// GroupPath returns the full path of a group, names joined by slashes.
func (a *Account) GroupPath(id int32) string {
	if n, ok := a.groups[id]; ok {
		return n.path
	}
	return ""
}

// GroupMembers returns the ids of the devices directly in a group, rising.
func (a *Account) GroupMembers(id int32) []int32 {
	if n, ok := a.groups[id]; ok {
		return append([]int32(nil), n.members...)
	}
	return nil
}

func (a *Account) insertGroup(g *Group) *node {
	n := &node{Group: g}
	a.groups[g.ID] = n
	a.groupOrder.add(g.ID)
	a.childNames[g.childKey()] = g.ID
	if parent, ok := a.groups[g.ParentID]; ok {
		parent.children.add(g.ID)
	}
	a.rename(n)
	return n
}

// rename recomputes the paths of a group and everything below it.
func (a *Account) rename(n *node) {
	n.path = n.Name
	if parent, ok := a.groups[n.ParentID]; ok && parent.path != "" {
		n.path = parent.path + "/" + n.Name
	}
	for _, c := range n.children {
		a.rename(a.groups[c])
	}
}

// below reports whether id is the group itself or somewhere under it.
func (a *Account) below(id, group int32) bool {
	for ; id != 0; id = a.groups[id].ParentID {
		if id == group {
			return true
		}
	}
	return false
}

// subtree returns a group and everything below it, parents first.
func (a *Account) subtree(id int32) []int32 {
	out := []int32{id}
	for i := 0; i < len(out); i++ {
		out = append(out, a.groups[out[i]].children...)
	}
	return out
}

// hostsBelow returns the ids of all devices in a group or below it, rising.
func (a *Account) hostsBelow(id int32) idSet {
	seen := map[int32]bool{}
	for _, g := range a.subtree(id) {
		for _, m := range a.groups[g].members {
			seen[m] = true
		}
	}
	var out idSet
	for _, m := range a.order {
		if seen[m] {
			out = append(out, m)
		}
	}
	return out
}
