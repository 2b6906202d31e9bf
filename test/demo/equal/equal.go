// Package equal says whether a LogicMonitor account shows what a cluster holds.
// The demo's verdict rests on it, so it is a second opinion: it maps objects by
// the published rules (docs/parity.md, docs/adding-a-kind.md) in its own naive
// words, and must not import any package of Argus that decides.
package equal

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Compare lists every difference between the account that the cluster asks for
// and the account as it is, in words for a person; none means equal. What the
// account held before Argus came is somebody else's and has to be the same, byte
// for byte.
func Compare(c Cluster, before, now Account) []string {
	found := foreign(before, now)
	devices, more := now.mine(before)
	wanted := c.devices()
	found = append(found, more...)
	found = append(found, compareDevices(wanted, devices, now)...)
	found = append(found, compareGroups(c.groups(wanted), now.groupsBeside(before))...)
	found = append(found, c.leaks(devices)...)
	slices.Sort(found)
	return found
}

// foreign looks for things of others that changed, vanished, or came since.
func foreign(before, now Account) []string {
	var found []string
	devices, groups := map[int32]Device{}, map[int32]Group{}
	for _, d := range now.Devices {
		devices[d.ID] = d
	}
	for _, g := range now.Groups {
		groups[g.ID] = g
	}
	for _, old := range before.Devices {
		switch d, there := devices[old.ID]; {
		case !there:
			found = append(found, fmt.Sprintf("foreign device gone: %s", old.DisplayName))
		case d.raw != old.raw:
			found = append(found, fmt.Sprintf("foreign device changed: %s", old.DisplayName))
		}
	}
	for _, old := range before.Groups {
		switch g, there := groups[old.ID]; {
		case old.ID == rootGroup: // it counts what is below it
		case !there:
			found = append(found, fmt.Sprintf("foreign group gone: %s", old.FullPath))
		case g.raw != old.raw:
			found = append(found, fmt.Sprintf("foreign group changed: %s", old.FullPath))
		}
	}
	return found
}

// compareDevices by display name, which is made of name, kind, namespace and cluster.
func compareDevices(wanted []device, got map[string]Device, account Account) []string {
	var found []string
	rest := maps.Clone(got)
	for _, w := range wanted {
		d, there := got[strings.ToLower(w.display)]
		if !there {
			found = append(found, "missing: "+w.display)
			continue
		}
		delete(rest, strings.ToLower(w.display))
		for _, difference := range w.compare(d, account) {
			found = append(found, w.display+": "+difference)
		}
	}
	for _, d := range rest {
		found = append(found, "extra: "+d.DisplayName)
	}
	return found
}

// compare lists how a device differs from the one that is wanted.
func (d device) compare(got Device, account Account) []string {
	var found []string
	differ := func(what, is, want string) {
		if is != want {
			found = append(found, fmt.Sprintf("%s is %q, want %q", what, is, want))
		}
	}
	differ("display name", got.DisplayName, d.display)
	differ("name", got.Name, d.name)
	differ("device type", fmt.Sprint(got.Type), "8")
	if !slices.Contains(account.Collectors, got.CollectorID) {
		found = append(found, fmt.Sprintf("collector %d does not exist", got.CollectorID))
	}
	has := map[string]string{}
	for _, p := range got.Properties {
		name := strings.ToLower(p.Name)
		if _, twice := has[name]; twice {
			found = append(found, "property "+name+" is there twice")
		}
		has[name] = p.Value
	}
	for _, name := range slices.Sorted(maps.Keys(d.properties)) {
		value, there := has[name]
		if !there {
			found = append(found, "property "+name+" is missing")
			continue
		}
		differ("property "+name, value, d.properties[name])
	}
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if _, known := d.properties[name]; !known && !got.free(name, has[name]) {
			found = append(found, "property "+name+" should not be there")
		}
	}
	return found
}

// free says of a property whether it may be there without being wanted: who made
// the device, an address that the account found out by itself, and annotations
// that Kubernetes writes for itself, which come and go between two looks.
func (d Device) free(name, value string) bool {
	switch name {
	case "auto.createdby":
		return strings.HasPrefix(value, "LogicMonitor/Argus: ")
	case propertyIPs:
		return value == d.Name
	}
	key, annotation := strings.CutPrefix(name, "kubernetes.annotation.")
	return annotation && ofKubernetes(key) && key != lastApplied
}

// compareGroups by path, with the display names of their direct members.
func compareGroups(wanted map[string][]string, got []Group) []string {
	var found []string
	rest := maps.Clone(wanted)
	for _, g := range got {
		members, known := wanted[g.FullPath]
		_, first := rest[g.FullPath]
		switch {
		case !known:
			found = append(found, "extra group: "+g.FullPath)
			continue
		case !first:
			found = append(found, "group twice: "+g.FullPath)
			continue
		}
		delete(rest, g.FullPath)
		if g.Direct != len(members) {
			found = append(found, fmt.Sprintf("group %s counts %d resources, want %d", g.FullPath, g.Direct, len(members)))
		}
		for _, name := range without(members, g.Members) {
			found = append(found, fmt.Sprintf("group %s lacks %s", g.FullPath, name))
		}
		for _, name := range without(g.Members, members) {
			found = append(found, fmt.Sprintf("group %s should not hold %s", g.FullPath, name))
		}
	}
	for path := range rest {
		found = append(found, "missing group: "+path)
	}
	return found
}

// without returns the elements of all that are not in some.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}
