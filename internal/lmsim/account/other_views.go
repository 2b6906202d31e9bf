package account

// collectorTable is everything a collector shows (docs/logicmonitor-api.md §7.1).
var collectorTable = newTable(
	field[*Collector]{"id", func(_ *Account, c *Collector, _ View) any { return c.ID }},
	field[*Collector]{"description", func(_ *Account, c *Collector, _ View) any { return c.Description }},
	field[*Collector]{"collectorGroupId", func(_ *Account, c *Collector, _ View) any { return c.GroupID }},
	field[*Collector]{"collectorGroupName", func(a *Account, c *Collector, _ View) any { return a.collectorGroupName(c) }},
	field[*Collector]{"hostname", func(_ *Account, c *Collector, _ View) any { return c.Hostname }},
	field[*Collector]{"platform", func(*Account, *Collector, View) any { return "linux" }},
	field[*Collector]{"arch", func(*Account, *Collector, View) any { return "linux64" }},
	field[*Collector]{"build", func(_ *Account, c *Collector, _ View) any { return c.Build }},
	field[*Collector]{"collectorSize", func(_ *Account, c *Collector, _ View) any { return c.Size }},
	field[*Collector]{"status", func(_ *Account, c *Collector, _ View) any { return c.Status }},
	field[*Collector]{"isDown", func(_ *Account, c *Collector, _ View) any { return c.IsDown }},
	field[*Collector]{"acked", func(_ *Account, c *Collector, _ View) any { return c.Acked }},
	field[*Collector]{"ackedBy", func(_ *Account, c *Collector, _ View) any { return c.AckedBy }},
	field[*Collector]{"ackedOn", func(_ *Account, c *Collector, _ View) any { return c.AckedOn }},
	field[*Collector]{"ackComment", func(_ *Account, c *Collector, _ View) any { return c.AckComment }},
	field[*Collector]{"inSDT", func(*Account, *Collector, View) any { return false }},
	field[*Collector]{"backupAgentId", func(_ *Account, c *Collector, _ View) any { return c.BackupAgentID }},
	field[*Collector]{"enableFailBack", func(_ *Account, c *Collector, _ View) any { return c.EnableFailBack }},
	field[*Collector]{"enableFailOverOnCollectorDevice", func(_ *Account, c *Collector, _ View) any { return c.FailOverOnDevice }},
	field[*Collector]{"escalatingChainId", func(_ *Account, c *Collector, _ View) any { return c.EscalatingChainID }},
	field[*Collector]{"resendIval", func(_ *Account, c *Collector, _ View) any { return c.ResendInterval }},
	field[*Collector]{"suppressAlertClear", func(_ *Account, c *Collector, _ View) any { return c.SuppressAlertClear }},
	field[*Collector]{"needAutoCreateCollectorDevice", func(_ *Account, c *Collector, _ View) any { return c.NeedAutoCreate }},
	field[*Collector]{"specifiedCollectorDeviceGroupId", func(_ *Account, c *Collector, _ View) any { return c.SpecifiedGroupID }},
	field[*Collector]{"collectorDeviceId", zero[*Collector]},
	field[*Collector]{"customProperties", func(a *Account, c *Collector, v View) any { return a.mask(c.Custom, v) }},
	field[*Collector]{"numberOfHosts", func(a *Account, c *Collector, _ View) any { return a.perCollector[c.ID] }},
	field[*Collector]{"numberOfInstances", zero[*Collector]},
	field[*Collector]{"numberOfWebsites", zero[*Collector]},
	field[*Collector]{"userVisibleHostsNum", func(a *Account, c *Collector, _ View) any { return a.perCollector[c.ID] }},
	field[*Collector]{"upTime", zero[*Collector]},
	field[*Collector]{"createdOn", func(_ *Account, c *Collector, _ View) any { return c.CreatedOn }},
	field[*Collector]{"updatedOn", func(_ *Account, c *Collector, _ View) any { return c.UpdatedOn }},
	field[*Collector]{"userChangeOn", func(_ *Account, c *Collector, _ View) any { return c.UpdatedOn }},
	field[*Collector]{"canDowngrade", func(*Account, *Collector, View) any { return false }},
	field[*Collector]{"userPermission", permission[*Collector]},
)

func (a *Account) collectorGroupName(c *Collector) string {
	if g, ok := a.collectorGroups[c.GroupID]; ok {
		return g.Name
	}
	return ""
}

// collectorGroupTable is everything a collector group shows (docs/logicmonitor-api.md §7.2).
var collectorGroupTable = newTable(
	field[*CollectorGroup]{"id", func(_ *Account, g *CollectorGroup, _ View) any { return g.ID }},
	field[*CollectorGroup]{"name", func(_ *Account, g *CollectorGroup, _ View) any { return g.Name }},
	field[*CollectorGroup]{"description", func(_ *Account, g *CollectorGroup, _ View) any { return g.Description }},
	field[*CollectorGroup]{"autoBalance", func(_ *Account, g *CollectorGroup, _ View) any { return g.AutoBalance }},
	field[*CollectorGroup]{"autoBalanceStrategy", func(_ *Account, g *CollectorGroup, _ View) any { return g.AutoBalanceStrategy }},
	field[*CollectorGroup]{"autoBalanceInstanceCountThreshold", func(_ *Account, g *CollectorGroup, _ View) any { return g.AutoBalanceThreshold }},
	field[*CollectorGroup]{"customProperties", func(a *Account, g *CollectorGroup, v View) any { return a.mask(g.Custom, v) }},
	field[*CollectorGroup]{"createOn", func(_ *Account, g *CollectorGroup, _ View) any { return g.CreateOn }},
	field[*CollectorGroup]{"numOfCollectors", func(a *Account, g *CollectorGroup, _ View) any { n, _ := a.inCollectorGroup(g.ID); return n }},
	field[*CollectorGroup]{"numOfHosts", func(a *Account, g *CollectorGroup, _ View) any { _, n := a.inCollectorGroup(g.ID); return n }},
	field[*CollectorGroup]{"numOfInstances", zero[*CollectorGroup]},
	field[*CollectorGroup]{"userPermission", permission[*CollectorGroup]},
)

func (a *Account) inCollectorGroup(id int32) (collectors, hosts int) {
	for _, c := range a.collectors {
		if c.GroupID == id {
			collectors++
			hosts += a.perCollector[c.ID]
		}
	}
	return collectors, hosts
}

var noteTable = newTable(
	field[*Note]{"id", func(_ *Account, n *Note, _ View) any { return n.ID }},
	field[*Note]{"note", func(_ *Account, n *Note, _ View) any { return n.Text }},
	field[*Note]{"happenOnInSec", func(_ *Account, n *Note, _ View) any { return n.HappenOn }},
	field[*Note]{"tags", func(_ *Account, n *Note, _ View) any { return emptyNotNull(n.Tags) }},
	field[*Note]{"scopes", func(_ *Account, n *Note, _ View) any { return emptyNotNull(n.Scopes) }},
	field[*Note]{"createdBy", func(_ *Account, n *Note, _ View) any { return n.CreatedBy }},
)

func emptyNotNull(list []map[string]any) []map[string]any {
	if list == nil {
		return []map[string]any{}
	}
	return list
}

var recycledTable = newTable(
	field[*Recycled]{"id", func(_ *Account, r *Recycled, _ View) any { return r.ID }},
	field[*Recycled]{"resourceType", func(_ *Account, r *Recycled, _ View) any { return r.Type }},
	field[*Recycled]{"resourceName", func(_ *Account, r *Recycled, _ View) any { return r.Name }},
	field[*Recycled]{"resourceId", func(_ *Account, r *Recycled, _ View) any { return r.Resource }},
	field[*Recycled]{"deletedOn", func(_ *Account, r *Recycled, _ View) any { return r.DeletedOn.UnixMilli() }},
	field[*Recycled]{"deletedBy", func(_ *Account, r *Recycled, _ View) any { return r.DeletedBy }},
	field[*Recycled]{"paths", func(_ *Account, r *Recycled, _ View) any { return r.Paths }},
)

var propertyTable = newTable(
	field[EntityProperty]{"name", func(_ *Account, p EntityProperty, _ View) any { return p.Name }},
	field[EntityProperty]{"value", func(_ *Account, p EntityProperty, _ View) any { return p.Value }},
	field[EntityProperty]{"type", func(_ *Account, p EntityProperty, _ View) any { return p.Type }},
	field[EntityProperty]{"inheritList", func(_ *Account, p EntityProperty, _ View) any { return p.InheritList }},
)
