package lmsim

import (
	"encoding/json"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// Person is who the journal names for changes made by hand.
const Person = "person"

// A Collector is a collector to add by hand. Zero fields get believable values.
type Collector struct {
	Description string `json:"description"`
	GroupID     int32  `json:"collectorGroupId"`
	Hostname    string `json:"hostname"`
	Build       string `json:"build"`
	// Unregistered leaves the collector as one that was created and never started.
	Unregistered bool `json:"unregistered"`
}

// AddCollector adds a collector that is up, and returns its id.
func (s *Server) AddCollector(c Collector) (id int32, err error) {
	if c.GroupID == 0 {
		c.GroupID = 1
	}
	if c.Hostname == "" {
		c.Hostname = "collector"
	}
	if c.Build == "" {
		c.Build = "38001"
	}
	s.locked(func(a *account.Account, now time.Time) {
		by := account.By{Who: Person, At: now}
		id, err = a.CreateCollector(by, account.CollectorInput{Description: &c.Description, GroupID: &c.GroupID})
		if err != nil || c.Unregistered {
			return
		}
		up := int32(account.Registered)
		err = a.SetCollectorState(by, id, account.CollectorState{Status: &up, Hostname: &c.Hostname, Build: &c.Build})
	})
	return id, err
}

// SetCollector changes what the machine behind a collector reports, as when it starts or dies.
func (s *Server) SetCollector(id int32, state account.CollectorState) (err error) {
	s.locked(func(a *account.Account, now time.Time) {
		err = a.SetCollectorState(account.By{Who: Person, At: now}, id, state)
	})
	return err
}

// CreateDevice adds a device by hand and returns its id.
func (s *Server) CreateDevice(in account.DeviceInput) (id int32, err error) {
	s.locked(func(a *account.Account, now time.Time) {
		id, err = a.CreateDevice(account.By{Who: Person, At: now}, in)
	})
	return id, err
}

// EditDevice changes a device by hand: only the fields given, properties merged.
func (s *Server) EditDevice(id int32, in account.DeviceInput) (err error) {
	s.locked(func(a *account.Account, now time.Time) {
		err = a.UpdateDevice(account.By{Who: Person, At: now}, id, in, account.Update{OpType: account.OpReplace})
	})
	return err
}

// DeleteDevice deletes a device by hand, into the recycle bin unless hard.
func (s *Server) DeleteDevice(id int32, hard bool) (err error) {
	s.locked(func(a *account.Account, now time.Time) {
		err = a.DeleteDevice(account.By{Who: Person, At: now}, id, hard)
	})
	return err
}

// RemoveProperty removes a property of a device or group by hand.
func (s *Server) RemoveProperty(o account.Owner, name string) (err error) {
	s.locked(func(a *account.Account, now time.Time) {
		err = a.DeleteProperty(account.By{Who: Person, At: now}, o, name)
	})
	return err
}

// CreateGroup adds a device group by hand and returns its id.
func (s *Server) CreateGroup(in account.GroupInput) (id int32, err error) {
	s.locked(func(a *account.Account, now time.Time) {
		id, err = a.CreateGroup(account.By{Who: Person, At: now}, in)
	})
	return id, err
}

// EditGroup changes a device group by hand: only the fields given, properties merged.
func (s *Server) EditGroup(id int32, in account.GroupInput) (err error) {
	s.locked(func(a *account.Account, now time.Time) {
		err = a.UpdateGroup(account.By{Who: Person, At: now}, id, in, account.Update{OpType: account.OpReplace})
	})
	return err
}

// DeleteGroup deletes a device group by hand.
func (s *Server) DeleteGroup(id int32, how account.GroupDeletion) (err error) {
	s.locked(func(a *account.Account, now time.Time) {
		err = a.DeleteGroup(account.By{Who: Person, At: now}, id, how)
	})
	return err
}

// Device returns a device by id as it is stored, sensitive values included.
func (s *Server) Device(id int32) (d account.Device, ok bool) {
	s.locked(func(a *account.Account, _ time.Time) { d, ok = deref(a.Device(id)) })
	return d, ok
}

// DeviceByDisplayName finds a device by its display name, without case.
func (s *Server) DeviceByDisplayName(name string) (d account.Device, ok bool) {
	s.locked(func(a *account.Account, _ time.Time) { d, ok = deref(a.DeviceByDisplayName(name)) })
	return d, ok
}

// Group returns a device group by id as it is stored.
func (s *Server) Group(id int32) (g account.Group, ok bool) {
	s.locked(func(a *account.Account, _ time.Time) { g, ok = deref(a.Group(id)) })
	return g, ok
}

// GroupMembers returns the ids of the devices directly in a group, rising.
func (s *Server) GroupMembers(id int32) (members []int32) {
	s.locked(func(a *account.Account, _ time.Time) { members = a.GroupMembers(id) })
	return members
}

// Size returns the number of devices and of groups, the root group included.
func (s *Server) Size() (devices, groups int) {
	s.locked(func(a *account.Account, _ time.Time) { devices, groups = a.Counts() })
	return devices, groups
}

func deref[T any](p *T, ok bool) (T, bool) {
	if !ok {
		var zero T
		return zero, false
	}
	return *p, true
}

// Journal returns the commits that fit, oldest first. What they hold is shared and must not be
// changed.
func (s *Server) Journal(q account.JournalQuery) (out []account.Commit) {
	s.locked(func(a *account.Account, _ time.Time) { out = a.Journal(q) })
	return out
}

// Logs returns the log messages taken in, oldest first.
func (s *Server) Logs() (out []account.LogEvent) {
	s.locked(func(a *account.Account, _ time.Time) { out = a.Logs() })
	return out
}

// Dump returns the whole account as it shows itself. Sensitive property values are masked unless
// unmasked is asked for.
func (s *Server) Dump(v account.View) (d account.Dump) {
	s.locked(func(a *account.Account, _ time.Time) { d = a.Dump(v) })
	return d
}

// DumpJSON returns Dump as indented JSON.
func (s *Server) DumpJSON(v account.View) ([]byte, error) {
	return json.MarshalIndent(s.Dump(v), "", " ")
}

// Reset empties the account, its journal and every counter. Tokens, switches, limits and faults
// stay.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = account.New(s.switches.Rules, s.journal, s.clock())
	s.limits = newLimiter(s.limits.limits)
	s.limits.tenantSince = s.clock()
	s.calls = newCallLog(s.calls.max)
	s.saved = neverSaved
}
