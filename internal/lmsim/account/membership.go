package account

import (
	"slices"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/appliesto"
)

// insertHost puts a device into every index and lets its memberships follow.
func (a *Account) insertHost(h *host, now time.Time) {
	a.devices.put(h)
	a.order.add(h.ID)
	a.index(h.Device)
	for _, g := range h.StaticGroups {
		a.groups[g].members.add(h.ID)
	}
	a.count(h, +1)
	a.followMembership(h.ID, now)
	a.planRemoval(h.Device, now)
}

// removeHost takes a device out of every index.
func (a *Account) removeHost(h *host) {
	a.count(h, -1)
	for _, g := range h.memberships() {
		a.groups[g].members.remove(h.ID)
	}
	a.unindex(h.Device)
	a.order.remove(h.ID)
	a.devices.drop(h.ID)
}

func (a *Account) index(d *Device) {
	a.display[fold(d.DisplayName)] = d.ID
	a.names.add(d.nameKey(), d.ID)
	a.perCollector[d.PreferredCollectorID]++
	a.post(d, (*idSet).add)
}

func (a *Account) unindex(d *Device) {
	delete(a.display, fold(d.DisplayName))
	a.names.remove(d.nameKey(), d.ID)
	a.perCollector[d.PreferredCollectorID]--
	a.post(d, (*idSet).remove)
}

// post applies change to the posting lists that hold, or should hold, the device.
func (a *Account) post(d *Device, change func(*idSet, int32)) {
	for name, values := range a.posting {
		for _, v := range a.keyValues(d, name) {
			list := values[v]
			if list == nil {
				list = &idSet{}
				values[v] = list
			}
			change(list, d.ID)
			if len(*list) == 0 {
				delete(values, v)
			}
		}
	}
}

// keyValues returns what a device has under the property of a key.
func (a *Account) keyValues(d *Device, name string) []string {
	v, ok := (&evaluated{account: a, device: d}).Property(name)
	if !ok {
		return nil
	}
	if name == appliesto.Categories {
		return elements(v)
	}
	return []string{v}
}

// memberships are the groups a device is in directly, static and dynamic.
func (h *host) memberships() []int32 {
	out := make([]int32, 0, len(h.StaticGroups)+len(h.dynamic))
	return append(append(out, h.StaticGroups...), h.dynamic...)
}

// ancestry returns the groups and everything above them, each once.
func (a *Account) ancestry(groups []int32) []int32 {
	out := make([]int32, 0, 16)
	for _, id := range groups {
		for id != 0 && !slices.Contains(out, id) {
			out = append(out, id)
			id = a.groups[id].ParentID
		}
	}
	return out
}

// count adds n to numOfHosts of every group that holds the device, itself or in a sub-group.
func (a *Account) count(h *host, n int) {
	for _, id := range a.ancestry(h.memberships()) {
		a.groups[id].hosts += n
	}
}

// recount moves the counts and static memberships from an old version of a device to the current one.
func (a *Account) recount(h *host, old *Device) {
	if slices.Equal(old.StaticGroups, h.StaticGroups) {
		return
	}
	before := host{Device: old, dynamic: h.dynamic}
	a.count(&before, -1)
	for _, g := range old.StaticGroups {
		a.groups[g].members.remove(h.ID)
	}
	for _, g := range h.StaticGroups {
		a.groups[g].members.add(h.ID)
	}
	a.count(h, +1)
}

// followMembership brings the dynamic memberships of a device up to date, after the delay of the
// rules. What counts is the device as it is then, not as it was when the change happened.
func (a *Account) followMembership(id int32, now time.Time) {
	a.after(a.Rules.MembershipDelay, now, func(time.Time) {
		h, ok := a.devices.find(id)
		if !ok {
			return
		}
		a.setDynamic(h, a.matchingGroups(h.Device))
	})
}

func (a *Account) setDynamic(h *host, want []int32) {
	if slices.Equal(h.dynamic, want) {
		return
	}
	a.count(h, -1)
	for _, g := range h.dynamic {
		a.groups[g].members.remove(h.ID)
	}
	h.dynamic = want
	for _, g := range want {
		a.groups[g].members.add(h.ID)
	}
	a.count(h, +1)
	a.touch()
}

// matchingGroups evaluates the few dynamic groups whose keys the device has.
func (a *Account) matchingGroups(d *Device) []int32 {
	e := &evaluated{account: a, device: d}
	var out idSet
	try := func(groups idSet) {
		for _, g := range groups {
			if a.groups[g].expr.Match(e) {
				out.add(g)
			}
		}
	}
	try(a.dynamicAll)
	for name, values := range a.dynamicKeys {
		for _, v := range a.keyValues(d, name) {
			if groups := values[v]; groups != nil {
				try(*groups)
			}
		}
	}
	return out
}

// enroll registers a dynamic group and, after the delay of the rules, fills it.
func (a *Account) enroll(n *node, now time.Time) {
	keys, ok := n.expr.Keys()
	if !ok {
		a.dynamicAll.add(n.ID)
	}
	for _, k := range keys {
		values := a.dynamicKeys[k.Property]
		if values == nil {
			values = map[string]*idSet{}
			a.dynamicKeys[k.Property] = values
			a.buildPosting(k.Property)
		}
		if values[k.Value] == nil {
			values[k.Value] = &idSet{}
		}
		values[k.Value].add(n.ID)
	}
	id, expr := n.ID, n.expr
	a.after(a.Rules.MembershipDelay, now, func(time.Time) {
		if current, ok := a.groups[id]; ok && current.expr == expr {
			a.refill(current)
		}
	})
}

// buildPosting indexes all devices by one more property.
func (a *Account) buildPosting(name string) {
	values := map[string]*idSet{}
	for _, id := range a.order {
		for _, v := range a.keyValues(a.devices.at(id).Device, name) {
			if values[v] == nil {
				values[v] = &idSet{}
			}
			values[v].add(id)
		}
	}
	a.posting[name] = values
}

// withdraw undoes enroll and empties the group.
func (a *Account) withdraw(n *node) {
	a.dynamicAll.remove(n.ID)
	keys, _ := n.expr.Keys()
	for _, k := range keys {
		if set := a.dynamicKeys[k.Property][k.Value]; set != nil {
			set.remove(n.ID)
			if len(*set) == 0 {
				delete(a.dynamicKeys[k.Property], k.Value)
			}
		}
	}
	for _, id := range slices.Clone(n.members) {
		h := a.devices.at(id)
		if want := slices.DeleteFunc(slices.Clone(h.dynamic), func(g int32) bool { return g == n.ID }); len(want) != len(h.dynamic) {
			a.setDynamic(h, want)
		}
	}
}

// refill finds the members of a dynamic group among the devices that have one of its keys.
func (a *Account) refill(n *node) {
	for _, id := range a.candidates(n.expr) {
		h := a.devices.at(id)
		if n.expr.Match(&evaluated{account: a, device: h.Device}) && !slices.Contains(h.dynamic, n.ID) {
			want := idSet(slices.Clone(h.dynamic))
			want.add(n.ID)
			a.setDynamic(h, want)
		}
	}
}

// candidates returns the devices that can match, by the posting lists when they help.
func (a *Account) candidates(expr *appliesto.Expr) idSet {
	keys, ok := expr.Keys()
	if !ok {
		return slices.Clone(a.order)
	}
	var out idSet
	for _, k := range keys {
		values, indexed := a.posting[k.Property]
		if !indexed {
			return slices.Clone(a.order)
		}
		if list := values[k.Value]; list != nil {
			if out == nil {
				out = slices.Clone(*list)
				continue
			}
			for _, id := range *list {
				out.add(id)
			}
		}
	}
	return out
}
