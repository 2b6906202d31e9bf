package account

import (
	"strconv"
	"time"
)

// recycleWindow is how long the recycle bin keeps what was deleted softly.
const recycleWindow = 7 * 24 * time.Hour

// A Recycled is one entry of the recycle bin: a device, or a group with everything below it.
type Recycled struct {
	ID        string    `json:"id"`
	Type      string    `json:"resourceType"` // device or deviceGroup
	Name      string    `json:"resourceName"`
	Resource  int32     `json:"resourceId"`
	DeletedOn time.Time `json:"deletedOn"`
	DeletedBy string    `json:"deletedBy"`
	Paths     []string  `json:"paths"`
	Groups    []*Group  `json:"groups,omitempty"` // parents first
	Devices   []*Device `json:"devices,omitempty"`
}

// A departed device, kept for delta queries.
type departed struct {
	seq    uint64
	device *Device
}

// DeleteDevice removes a device: for good, or into the recycle bin.
func (a *Account) DeleteDevice(by By, id int32, hard bool) error {
	h, err := a.readable(id, by.At)
	if err != nil {
		return err
	}
	if !hard {
		a.recycle(by, "device", h.DisplayName, id, a.pathList(h.StaticGroups), nil, []*Device{h.Device})
	}
	a.dropDevice(by, h)
	return nil
}

func (a *Account) dropDevice(by By, h *host) {
	a.removeHost(h)
	a.commit(by, Deleted, "device", itoa(h.ID), h.DisplayName, h.Device, nil)
	a.gone = append(a.gone, departed{seq: a.seq, device: h.Device})
	if len(a.gone) > 20_000 {
		a.gone = append([]departed(nil), a.gone[10_000:]...)
	}
}

// A GroupDeletion says how far a deletion reaches.
type GroupDeletion struct {
	Children bool // sub-groups and every device in them go too, wherever else those devices are
	Hard     bool // nothing goes to the recycle bin
}

// DeleteGroup removes a device group.
func (a *Account) DeleteGroup(by By, id int32, how GroupDeletion) error {
	n, err := a.readableGroup(id, by.At)
	if err != nil {
		return err
	}
	if id == RootGroup {
		return badRequest("the root group cannot be deleted")
	}
	if !how.Children && (len(n.children) > 0 || len(n.members) > 0) {
		if a.Rules.DeleteNonEmptyGroup != "move" {
			return badRequest("device group %s is not empty", n.path)
		}
		a.evacuate(by, n)
	}
	a.deleteTree(by, n, how)
	return nil
}

// evacuate hangs sub-groups under the root and puts devices there.
func (a *Account) evacuate(by By, n *node) {
	for _, c := range append(idSet(nil), n.children...) {
		child := a.groups[c]
		g := *child.Group
		g.ParentID = RootGroup
		for a.childNames[g.childKey()] != 0 {
			g.Name += "_moved"
		}
		a.replaceGroup(By{Who: "portal", At: by.At}, child, &g, child.expr)
	}
	if n.AppliesTo == "" {
		a.releaseStatic(n, by)
	}
}

func (a *Account) deleteTree(by By, n *node, how GroupDeletion) {
	tree := a.subtree(n.ID)
	var lost idSet
	if how.Children {
		lost = a.hostsBelow(n.ID)
	}
	if !how.Hard {
		a.recycleTree(by, n, tree, lost)
	}
	for _, id := range lost {
		a.dropDevice(by, a.devices.at(id))
	}
	for i := len(tree) - 1; i >= 0; i-- {
		a.dropGroup(by, a.groups[tree[i]])
	}
}

// dropGroup removes a group that has no sub-groups left.
func (a *Account) dropGroup(by By, n *node) {
	if n.expr != nil {
		a.withdraw(n)
	} else if len(n.members) > 0 {
		a.releaseStatic(n, by)
	}
	delete(a.childNames, n.childKey())
	a.groups[n.ParentID].children.remove(n.ID)
	delete(a.groups, n.ID)
	a.groupOrder.remove(n.ID)
	a.commit(by, Deleted, "deviceGroup", itoa(n.ID), n.path, n.Group, nil)
}

func (a *Account) recycleTree(by By, n *node, tree []int32, lost idSet) {
	var groups []*Group
	for _, id := range tree {
		groups = append(groups, a.groups[id].Group)
	}
	var devices []*Device
	for _, id := range lost {
		devices = append(devices, a.devices.at(id).Device)
	}
	a.recycle(by, "deviceGroup", n.Name, n.ID, []string{n.path}, groups, devices)
}

func (a *Account) recycle(by By, kind, name string, id int32, paths []string, groups []*Group, devices []*Device) {
	a.next.Recycle++
	r := &Recycled{ID: "recycle-" + itoa(a.next.Recycle), Type: kind, Name: name, Resource: id, DeletedOn: by.At,
		DeletedBy: by.Who, Paths: paths, Groups: groups, Devices: devices}
	a.keepRecycled(r)
}

// keepRecycled puts an entry into the recycle bin until its time is over.
func (a *Account) keepRecycled(r *Recycled) {
	a.recycled[r.ID] = r
	a.touch()
	a.due.push(event{at: r.DeletedOn.Add(recycleWindow), run: func(time.Time) {
		if a.recycled[r.ID] == r {
			delete(a.recycled, r.ID)
			a.touch()
		}
	}})
}

func (a *Account) recycledDisplayName(name string) bool {
	for _, r := range a.recycled {
		for _, d := range r.Devices {
			if fold(d.DisplayName) == fold(name) {
				return true
			}
		}
	}
	return false
}

// Restore brings an entry of the recycle bin back, ids kept.
func (a *Account) Restore(by By, id string) error {
	r, ok := a.recycled[id]
	if !ok {
		return notFound("RecycleBin", id)
	}
	for _, d := range r.Devices {
		if _, taken := a.display[fold(d.DisplayName)]; taken {
			return refuse(409, 1409, "device with display name %s already exists", d.DisplayName)
		}
	}
	for i, g := range r.Groups {
		if _, taken := a.childNames[g.childKey()]; i == 0 && taken {
			return refuse(409, 1409, "device group %s already exists", g.Name)
		}
	}
	delete(a.recycled, id)
	for _, g := range r.Groups {
		a.restoreGroup(by, g)
	}
	for _, d := range r.Devices {
		a.restoreDevice(by, d)
	}
	return nil
}

func (a *Account) restoreGroup(by By, g *Group) {
	if _, ok := a.groups[g.ParentID]; !ok {
		moved := *g
		moved.ParentID = RootGroup
		g = &moved
	}
	n := a.insertGroup(g)
	a.commit(by, Restored, "deviceGroup", itoa(g.ID), n.path, nil, g)
	if expr, err := a.parse(g.AppliesTo); err == nil && expr != nil {
		n.expr = expr
		a.enroll(n, by.At)
	}
}

func (a *Account) restoreDevice(by By, d *Device) {
	back := *d
	var static idSet
	for _, g := range d.StaticGroups {
		if n, ok := a.groups[g]; ok && n.AppliesTo == "" {
			static.add(g)
		}
	}
	if len(static) == 0 {
		static = idSet{RootGroup}
	}
	back.StaticGroups, back.UpdatedOn = static, by.At.Unix()
	h := &host{Device: &back}
	a.insertHost(h, by.At)
	a.commit(by, Restored, "device", itoa(d.ID), d.DisplayName, nil, &back)
	h.changed = a.seq
}

// Purge removes an entry of the recycle bin for good.
func (a *Account) Purge(id string) error {
	if _, ok := a.recycled[id]; !ok {
		return notFound("RecycleBin", id)
	}
	delete(a.recycled, id)
	a.touch()
	return nil
}

func (a *Account) pathList(groups []int32) []string {
	out := make([]string, 0, len(groups))
	for _, id := range groups {
		if n, ok := a.groups[id]; ok {
			out = append(out, n.path)
		}
	}
	return out
}

func (a *Account) readableGroup(id int32, now time.Time) (*node, error) {
	n, ok := a.groups[id]
	if !ok || n.visibleGet > now.UnixNano() {
		return nil, notFound("DeviceGroup", id)
	}
	return n, nil
}

func itoa(id int32) string { return strconv.Itoa(int(id)) }

// RecycledCount returns how many entries the recycle bin holds.
func (a *Account) RecycledCount() int { return len(a.recycled) }
