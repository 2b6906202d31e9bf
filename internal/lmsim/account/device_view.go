package account

import (
	"slices"
)

// deviceTable is everything a device shows (docs/logicmonitor-api.md §5.2).
var deviceTable = newTable(
	field[*host]{"id", func(_ *Account, h *host, _ View) any { return h.ID }},
	field[*host]{"name", func(_ *Account, h *host, _ View) any { return h.Name }},
	field[*host]{"displayName", func(_ *Account, h *host, _ View) any { return h.DisplayName }},
	field[*host]{"hostGroupIds", func(a *Account, h *host, v View) any { return a.hostGroupIDs(h, v) }},
	field[*host]{"preferredCollectorId", func(_ *Account, h *host, _ View) any { return h.PreferredCollectorID }},
	field[*host]{"preferredCollectorGroupId", func(a *Account, h *host, _ View) any { id, _ := a.collectorGroupOf(h); return id }},
	field[*host]{"preferredCollectorGroupName", func(a *Account, h *host, _ View) any { _, n := a.collectorGroupOf(h); return n }},
	field[*host]{"currentCollectorId", func(_ *Account, h *host, _ View) any { return h.PreferredCollectorID }},
	field[*host]{"autoBalancedCollectorGroupId", func(_ *Account, h *host, _ View) any { return h.AutoBalancedGroupID }},
	field[*host]{"collectorDescription", func(a *Account, h *host, _ View) any { return a.collectorDescription(h) }},
	field[*host]{"deviceType", func(_ *Account, h *host, _ View) any { return h.Type }},
	field[*host]{"description", func(_ *Account, h *host, _ View) any { return h.Description }},
	field[*host]{"link", func(_ *Account, h *host, _ View) any { return h.Link }},
	field[*host]{"disableAlerting", func(_ *Account, h *host, _ View) any { return h.DisableAlerting }},
	field[*host]{"enableNetflow", func(_ *Account, h *host, _ View) any { return h.EnableNetflow }},
	field[*host]{"netflowCollectorId", func(_ *Account, h *host, _ View) any { return h.NetflowCollectorID }},
	field[*host]{"isPreferredLogCollectorConfigured", func(_ *Account, h *host, _ View) any { return h.LogCollectorConfigured }},
	field[*host]{"logCollectorId", func(_ *Account, h *host, _ View) any { return h.LogCollectorID }},
	field[*host]{"relatedDeviceId", func(_ *Account, h *host, _ View) any { return h.RelatedDeviceID }},
	field[*host]{"customProperties", func(a *Account, h *host, v View) any { return a.customProperties(h, v) }},
	field[*host]{"systemProperties", func(a *Account, h *host, v View) any { return a.mask(a.systemProperties(h), v) }},
	field[*host]{"autoProperties", func(a *Account, h *host, v View) any { return a.mask(autoProperties(h), v) }},
	field[*host]{"inheritedProperties", func(a *Account, h *host, v View) any { return a.mask(a.inheritedBy(h), v) }},
	field[*host]{"resourceIds", func(_ *Account, h *host, _ View) any { return h.ResourceIDs }},
	field[*host]{"hostStatus", func(a *Account, h *host, _ View) any { return a.hostStatus(h) }},
	field[*host]{"createdOn", func(_ *Account, h *host, _ View) any { return h.CreatedOn }},
	field[*host]{"updatedOn", func(_ *Account, h *host, _ View) any { return h.UpdatedOn }},
	field[*host]{"autoPropsAssignedOn", func(_ *Account, h *host, _ View) any { return h.CreatedOn }},
	field[*host]{"autoPropsUpdatedOn", func(_ *Account, h *host, _ View) any { return h.UpdatedOn }},
	field[*host]{"lastDataTime", zero[*host]},
	field[*host]{"lastRawdataTime", zero[*host]},
	field[*host]{"toDeleteTimeInMs", func(a *Account, h *host, _ View) any { return a.toDelete(h) }},
	field[*host]{"deletedTimeInMs", func(_ *Account, h *host, _ View) any { return h.deletedMillis }},
	field[*host]{"upTimeInSeconds", zero[*host]},
	field[*host]{"scanConfigId", zero[*host]},
	field[*host]{"awsState", func(*Account, *host, View) any { return 1 }},
	field[*host]{"azureState", func(*Account, *host, View) any { return 1 }},
	field[*host]{"gcpState", func(*Account, *host, View) any { return 1 }},
	field[*host]{"userPermission", permission[*host]},
	field[*host]{"rolePrivileges", func(*Account, *host, View) any { return []string{} }},
)

func zero[T any](*Account, T, View) any       { return 0 }
func permission[T any](*Account, T, View) any { return "write" }

func (a *Account) hostGroupIDs(h *host, v View) string {
	if v.StaticOnly || !a.Rules.DynamicInHostGroupIDs || len(h.dynamic) == 0 {
		return joinIDs(h.StaticGroups)
	}
	all := h.memberships()
	slices.Sort(all)
	return joinIDs(all)
}

func (a *Account) collectorGroupOf(h *host) (int32, string) {
	c, ok := a.collectors[h.PreferredCollectorID]
	if !ok {
		return 0, ""
	}
	g, ok := a.collectorGroups[c.GroupID]
	if !ok {
		return c.GroupID, ""
	}
	return g.ID, g.Name
}

func (a *Account) collectorDescription(h *host) string {
	if c, ok := a.collectors[h.PreferredCollectorID]; ok {
		return c.Description
	}
	return ""
}

// hostStatus is a device's health as far as its collector decides it.
func (a *Account) hostStatus(h *host) string {
	if c, ok := a.collectors[h.PreferredCollectorID]; !ok || !c.live() {
		return "dead-collector"
	}
	return "normal"
}

func (a *Account) toDelete(h *host) int64 {
	if !markedDeleted(h.Device) {
		return 0
	}
	at, ok := a.removalTime(h.Device)
	if !ok {
		return 0
	}
	return at.UnixMilli()
}

func (a *Account) customProperties(h *host, v View) []Property {
	list := h.Custom
	if v.StaticOnly {
		list = sortedByName(list)
	}
	return a.mask(list, v)
}

// mask hides sensitive values unless the view may see them. It copies only when it has to.
func (a *Account) mask(list []Property, v View) []Property {
	if v.Unmasked || a.Rules.MaskedSuffixes == "" {
		return list
	}
	copied := false
	for i, p := range list {
		if !a.masked(p.Name) {
			continue
		}
		if !copied {
			list, copied = slices.Clone(list), true
		}
		list[i].Value = Mask
	}
	return list
}

// systemProperties are the portal's own properties of a device.
func (a *Account) systemProperties(h *host) []Property {
	out := make([]Property, 0, 9)
	if p, ok := property(h.Custom, categories); ok && a.Rules.CategoriesInSystem {
		out = append(out, p)
	}
	if h.IPs != "" {
		out = append(out, Property{Name: systemIPs, Value: h.IPs})
	}
	return append(out,
		Property{Name: "system.displayname", Value: h.DisplayName},
		Property{Name: "system.hostname", Value: h.Name},
		Property{Name: "system.deviceId", Value: itoa(h.ID)},
		Property{Name: "system.devicetype", Value: itoa(h.Type)},
		Property{Name: "system.collectorid", Value: itoa(h.PreferredCollectorID)},
		Property{Name: "system.groups", Value: a.paths(h.memberships())},
		Property{Name: "system.staticgroups", Value: a.paths(h.StaticGroups)},
	)
}

// autoProperties are the auto.* properties, which a client may write as custom ones and reads in
// both places.
func autoProperties(h *host) []Property {
	out := []Property{}
	for _, p := range h.Custom {
		if len(p.Name) > 5 && fold(p.Name[:5]) == "auto." {
			out = append(out, p)
		}
	}
	return out
}
