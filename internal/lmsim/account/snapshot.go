package account

import (
	"fmt"
	"slices"
	"time"
)

// A Snapshot is an account as it is kept in a file: what was written to it, from which everything
// else follows. The journal is not part of it. Effects that were still to come have happened after
// a restart, as they would have in the meantime.
type Snapshot struct {
	Version         int               `json:"version"`
	Seq             uint64            `json:"seq"`
	Devices         []*Device         `json:"devices"`
	Groups          []*Group          `json:"groups"`
	Collectors      []*Collector      `json:"collectors"`
	CollectorGroups []*CollectorGroup `json:"collectorGroups"`
	Notes           []*Note           `json:"opsnotes"`
	Recycled        []*Recycled       `json:"recyclebin"`
	Next            counters          `json:"next"`
}

// snapshotVersion is raised when a file of an older version could be misread.
const snapshotVersion = 1

// Snapshot returns the account. What it holds is shared and must not be changed.
func (a *Account) Snapshot() Snapshot {
	s := Snapshot{Version: snapshotVersion, Seq: a.seq, Next: a.next}
	for _, h := range a.hosts(a.order) {
		s.Devices = append(s.Devices, h.Device)
	}
	for _, id := range a.subtree(RootGroup) { // parents first
		s.Groups = append(s.Groups, a.groups[id].Group)
	}
	s.Collectors, s.CollectorGroups = sortedValues(a.collectors), sortedValues(a.collectorGroups)
	for _, n := range a.notes {
		s.Notes = append(s.Notes, n)
	}
	for _, r := range a.recycled {
		s.Recycled = append(s.Recycled, r)
	}
	return s
}

// Restore builds the account of a snapshot.
func Restore(s Snapshot, rules Rules, journalSize int, now time.Time) (*Account, error) {
	if s.Version != snapshotVersion {
		return nil, fmt.Errorf("version %d of the account is not known here", s.Version)
	}
	if len(s.Groups) == 0 || s.Groups[0].ID != RootGroup {
		return nil, fmt.Errorf("the account has no root group")
	}
	a := New(rules, journalSize, now)
	delete(a.childNames, a.groups[RootGroup].childKey())
	a.groups, a.groupOrder = map[int32]*node{}, nil
	a.collectorGroups = map[int32]*CollectorGroup{}
	a.seq, a.next = s.Seq, s.Next
	for _, g := range s.CollectorGroups {
		a.collectorGroups[g.ID] = g
	}
	for _, c := range s.Collectors {
		a.collectors[c.ID] = c
	}
	delay := a.Rules.MembershipDelay
	a.Rules.MembershipDelay = 0
	defer func() { a.Rules.MembershipDelay = delay }()
	if len(s.Devices) > int(s.Next.Device) || s.Next.Device > 50_000_000 {
		return nil, fmt.Errorf("last device id %d cannot be right", s.Next.Device)
	}
	if err := a.restoreTree(s.Groups, now); err != nil {
		return nil, err
	}
	if err := a.restoreDevices(s.Devices, now); err != nil {
		return nil, err
	}
	for _, n := range s.Notes {
		a.notes[n.ID] = n
	}
	for _, r := range s.Recycled {
		a.keepRecycled(r)
	}
	return a, nil
}

func (a *Account) restoreTree(groups []*Group, now time.Time) error {
	for _, g := range groups {
		if _, ok := a.groups[g.ParentID]; !ok && g.ID != RootGroup {
			return fmt.Errorf("device group %d has no parent", g.ID)
		}
		if a.groups[g.ID] != nil {
			return fmt.Errorf("device group %d is there twice", g.ID)
		}
		n := a.insertGroup(g)
		expr, err := a.parse(g.AppliesTo)
		if err != nil {
			return fmt.Errorf("device group %d: %w", g.ID, err)
		}
		if expr != nil {
			n.expr = expr
			a.enroll(n, now)
		}
	}
	return nil
}

func (a *Account) restoreDevices(devices []*Device, now time.Time) error {
	for _, d := range devices {
		if d.ID < 1 || d.ID > a.next.Device || a.devices.at(d.ID) != nil {
			return fmt.Errorf("device id %d is not one the account gave out once", d.ID)
		}
		if _, taken := a.display[fold(d.DisplayName)]; taken {
			return fmt.Errorf("two devices have display name %s", d.DisplayName)
		}
		if slices.ContainsFunc(d.StaticGroups, func(g int32) bool { return a.groups[g] == nil }) {
			return fmt.Errorf("device %d is in a group that does not exist", d.ID)
		}
		for i, p := range d.Custom {
			d.Custom[i] = newProperty(p.Name, p.Value)
		}
		a.insertHost(&host{Device: d}, now)
	}
	return nil
}
