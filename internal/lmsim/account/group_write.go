package account

import (
	"strings"
	"unicode/utf8"

	"github.com/argus-k8s/argus/internal/lmsim/appliesto"
)

// CreateGroup adds a device group.
func (a *Account) CreateGroup(by By, in GroupInput) (int32, error) {
	g := &Group{ParentID: RootGroup, EnableNetflow: true, GroupType: "Normal", CreatedOn: by.At.Unix()}
	g, expr, err := a.groupFrom(g, in, Update{Whole: true})
	if err != nil {
		return 0, err
	}
	a.next.Group++
	g.ID = a.next.Group
	n := a.insertGroup(g)
	n.visibleGet = by.At.Add(seconds(a.Rules.GetLag)).UnixNano()
	n.visibleList = by.At.Add(seconds(a.Rules.ListLag)).UnixNano()
	a.commit(by, Created, "deviceGroup", itoa(g.ID), n.path, nil, g)
	if expr != nil {
		n.expr = expr
		a.enroll(n, by.At)
	}
	return g.ID, nil
}

// UpdateGroup changes a device group.
func (a *Account) UpdateGroup(by By, id int32, in GroupInput, u Update) error {
	n, err := a.readableGroup(id, by.At)
	if err != nil {
		return err
	}
	next := *n.Group
	if u.Whole {
		if in.Name == nil {
			return badRequest("name is required")
		}
		next = Group{ID: id, ParentID: RootGroup, EnableNetflow: true, GroupType: "Normal", CreatedOn: next.CreatedOn, Custom: next.Custom}
		if id == RootGroup {
			next.ParentID = 0
		}
		if in.Custom == nil && opTypeOr(u.OpType) == OpRefresh {
			next.Custom = nil
		}
	}
	if id == RootGroup {
		in.ParentID, in.Name, in.AppliesTo = nil, nil, nil
		next.Name, next.AppliesTo = "", ""
	}
	g, expr, err := a.groupFrom(&next, in, u)
	if err != nil {
		return err
	}
	a.replaceGroup(by, n, g, expr)
	return nil
}

// replaceGroup stores a new version of a group and lets tree, counts and members follow.
func (a *Account) replaceGroup(by By, n *node, g *Group, expr *appliesto.Expr) {
	old := n.Group
	requery := old.AppliesTo != g.AppliesTo
	if requery && n.expr != nil {
		a.withdraw(n)
		n.expr = nil
	}
	if requery && old.AppliesTo == "" {
		a.releaseStatic(n, by)
	}
	if old.ParentID != g.ParentID {
		a.move(n, g)
	} else {
		delete(a.childNames, old.childKey())
		n.Group = g
		a.childNames[g.childKey()] = g.ID
	}
	a.rename(n)
	a.commit(by, Updated, "deviceGroup", itoa(g.ID), n.path, old, g)
	if requery && expr != nil {
		n.expr = expr
		a.enroll(n, by.At)
	}
}

// move hangs a group under another parent; the hosts below it count there from now on.
func (a *Account) move(n *node, g *Group) {
	affected := a.hostsBelow(n.ID)
	for _, id := range affected {
		a.count(a.devices.at(id), -1)
	}
	delete(a.childNames, n.childKey())
	a.groups[n.ParentID].children.remove(n.ID)
	n.Group = g
	a.groups[g.ParentID].children.add(g.ID)
	a.childNames[g.childKey()] = g.ID
	for _, id := range affected {
		a.count(a.devices.at(id), +1)
	}
}

// releaseStatic takes the devices that were put into a group by hand out of it.
func (a *Account) releaseStatic(n *node, by By) {
	for _, id := range append(idSet(nil), n.members...) {
		h := a.devices.at(id)
		d := *h.Device
		static := idSet(append([]int32(nil), d.StaticGroups...))
		static.remove(n.ID)
		if len(static) == 0 {
			static = idSet{RootGroup}
		}
		d.StaticGroups = static
		a.replaceDevice(By{Who: "portal", At: by.At}, h, &d)
	}
}

// groupFrom applies a body to a base and checks the result.
func (a *Account) groupFrom(base *Group, in GroupInput, u Update) (*Group, *appliesto.Expr, error) {
	g := *base
	assign(&g.Name, in.Name)
	assign(&g.ParentID, in.ParentID)
	assign(&g.AppliesTo, in.AppliesTo)
	assign(&g.Description, in.Description)
	assign(&g.DisableAlerting, in.DisableAlerting)
	assign(&g.EnableNetflow, in.EnableNetflow)
	assign(&g.DefaultCollectorID, in.DefaultCollectorID)
	assign(&g.DefaultBalancedID, in.DefaultBalancedID)
	assign(&g.GroupType, in.GroupType)
	if strings.TrimSpace(g.AppliesTo) == "" {
		g.AppliesTo = "" // otherwise it stays as it was written
	}
	if err := a.checkGroup(&g); err != nil {
		return nil, nil, err
	}
	expr, err := a.parse(g.AppliesTo)
	if err != nil {
		return nil, nil, err
	}
	if in.Custom != nil {
		list, err := a.checkProperties(*in.Custom)
		if err != nil {
			return nil, nil, err
		}
		g.Custom = mergeProperties(g.Custom, list, opTypeOr(u.OpType))
	}
	if id, taken := a.childNames[g.childKey()]; taken && id != g.ID {
		return nil, nil, refuse(a.Rules.DuplicateGroup, codeOf(a.Rules.DuplicateGroup),
			"device group %s already exists under group %d", g.Name, g.ParentID)
	}
	return &g, expr, nil
}

func (a *Account) checkGroup(g *Group) error {
	if g.ID == RootGroup {
		return nil
	}
	if g.Name == "" {
		return badRequest("name is required")
	}
	if utf8.RuneCountInString(g.Name) > 255 || strings.Contains(g.Name, "/") {
		return badRequest("invalid device group name: %s", g.Name)
	}
	parent, ok := a.groups[g.ParentID]
	if !ok {
		return badRequest("no such parent group: %d", g.ParentID)
	}
	if g.ID != 0 && a.below(parent.ID, g.ID) {
		return badRequest("a group cannot be moved below itself")
	}
	return nil
}

// parse reads an appliesTo expression; nil for a static group.
func (a *Account) parse(text string) (*appliesto.Expr, error) {
	if text == "" {
		return nil, nil
	}
	expr, err := appliesto.Parse(text, appliesto.Options{
		RegexIgnoresCase: a.Rules.RegexIgnoresCase, ExistsByValue: a.Rules.ExistsByValue,
	})
	if err != nil {
		return nil, refuse(400, 1031, "invalid appliesTo: %v", err)
	}
	return expr, nil
}

// TestAppliesTo returns the ids of the devices an expression selects, rising.
func (a *Account) TestAppliesTo(text string) ([]int32, error) {
	expr, err := a.parse(strings.TrimSpace(text))
	if err != nil || expr == nil {
		return nil, err
	}
	var out []int32
	for _, id := range a.candidates(expr) {
		if expr.Match(&evaluated{account: a, device: a.devices.at(id).Device}) {
			out = append(out, id)
		}
	}
	return out, nil
}
