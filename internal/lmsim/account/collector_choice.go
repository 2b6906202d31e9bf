package account

// assignCollector settles which collector monitors a device. In an auto-balanced group the account
// chooses, and what the body says of the preferred collector does not matter.
func (a *Account) assignCollector(d, base *Device, in DeviceInput) error {
	assign(&d.PreferredCollectorID, in.PreferredCollectorID)
	assign(&d.AutoBalancedGroupID, in.AutoBalancedGroupID)
	if d.AutoBalancedGroupID != 0 {
		return a.balance(d, base)
	}
	if base.ID != 0 && d.PreferredCollectorID == base.PreferredCollectorID {
		return nil
	}
	c, ok := a.collectors[d.PreferredCollectorID]
	if !ok {
		return badRequest("preferredCollectorId: no such collector %d", d.PreferredCollectorID)
	}
	if a.Rules.DownCollectorRefuses && !c.live() {
		return badRequest("collector %d is not running", c.ID)
	}
	return nil
}

// balance gives the device to the live member of its collector group with the fewest devices.
func (a *Account) balance(d, base *Device) error {
	if _, ok := a.collectorGroups[d.AutoBalancedGroupID]; !ok {
		return badRequest("autoBalancedCollectorGroupId: no such collector group %d", d.AutoBalancedGroupID)
	}
	if base.ID != 0 && base.AutoBalancedGroupID == d.AutoBalancedGroupID {
		d.PreferredCollectorID = base.PreferredCollectorID
		return nil
	}
	var best *Collector
	for _, c := range a.collectors {
		if c.GroupID != d.AutoBalancedGroupID || a.Rules.DownCollectorRefuses && !c.live() {
			continue
		}
		if best == nil || a.perCollector[c.ID] < a.perCollector[best.ID] ||
			a.perCollector[c.ID] == a.perCollector[best.ID] && c.ID < best.ID {
			best = c
		}
	}
	if best == nil {
		return badRequest("collector group %d has no running collector", d.AutoBalancedGroupID)
	}
	d.PreferredCollectorID = best.ID
	return nil
}
