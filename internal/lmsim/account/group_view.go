package account

import (
	"encoding/json"
)

// groupTable is everything a device group shows (docs/logicmonitor-api.md §6.2).
var groupTable = newTable(append(groupData(),
	field[*node]{"parentId", func(_ *Account, n *node, _ View) any { return n.ParentID }},
	field[*node]{"disableAlerting", func(_ *Account, n *node, _ View) any { return n.DisableAlerting }},
	field[*node]{"effectiveAlertEnabled", func(_ *Account, n *node, _ View) any { return !n.DisableAlerting }},
	field[*node]{"enableNetflow", func(_ *Account, n *node, _ View) any { return n.EnableNetflow }},
	field[*node]{"hasNetflowEnabledDevices", func(*Account, *node, View) any { return false }},
	field[*node]{"customProperties", func(a *Account, n *node, v View) any { return a.mask(n.Custom, v) }},
	field[*node]{"defaultCollectorId", func(_ *Account, n *node, _ View) any { return n.DefaultCollectorID }},
	field[*node]{"defaultCollectorGroupId", zero[*node]},
	field[*node]{"defaultAutoBalancedCollectorGroupId", func(_ *Account, n *node, _ View) any { return n.DefaultBalancedID }},
	field[*node]{"createdOn", func(_ *Account, n *node, _ View) any { return n.CreatedOn }},
	field[*node]{"groupStatus", func(*Account, *node, View) any { return "normal" }},
	field[*node]{"numOfAWSDevices", zero[*node]},
	field[*node]{"numOfAzureDevices", zero[*node]},
	field[*node]{"numOfGcpDevices", zero[*node]},
	field[*node]{"numOfKubernetesDevices", zero[*node]},
	field[*node]{"extra", func(*Account, *node, View) any { return nil }},
	field[*node]{"rolePrivileges", func(*Account, *node, View) any { return []string{} }},
	field[*node]{"subGroups", func(a *Account, n *node, _ View) any { return a.subGroups(n) }},
)...)

// subGroupTable is what a group shows inside its parent.
var subGroupTable = newTable(groupData()...)

func groupData() []field[*node] {
	return []field[*node]{
		{"id", func(_ *Account, n *node, _ View) any { return n.ID }},
		{"name", func(_ *Account, n *node, _ View) any { return n.Name }},
		{"fullPath", func(_ *Account, n *node, _ View) any { return n.path }},
		{"appliesTo", func(_ *Account, n *node, _ View) any { return n.AppliesTo }},
		{"description", func(_ *Account, n *node, _ View) any { return n.Description }},
		{"groupType", func(_ *Account, n *node, _ View) any { return n.GroupType }},
		{"numOfHosts", func(_ *Account, n *node, _ View) any { return n.hosts }},
		{"numOfDirectDevices", func(_ *Account, n *node, _ View) any { return len(n.members) }},
		{"numOfDirectSubGroups", func(_ *Account, n *node, _ View) any { return len(n.children) }},
		{"userPermission", permission[*node]},
	}
}

func (a *Account) subGroups(n *node) json.RawMessage {
	b := []byte{'['}
	for i, id := range n.children {
		if i > 0 {
			b = append(b, ',')
		}
		b = subGroupTable.render(b, a, a.groups[id], View{})
	}
	return append(b, ']')
}
