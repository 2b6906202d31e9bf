package account

import (
	"time"
)

// States of a collector.
const (
	Unregistered = 0
	Registered   = 1
)

// A Collector is one collector of the account. A stored one never changes.
type Collector struct {
	ID                 int32      `json:"id"`
	Description        string     `json:"description"`
	GroupID            int32      `json:"collectorGroupId"`
	Hostname           string     `json:"hostname"`
	Build              string     `json:"build"`
	Size               string     `json:"collectorSize"`
	Status             int32      `json:"status"`
	IsDown             bool       `json:"isDown"`
	Acked              bool       `json:"acked"`
	AckedBy            string     `json:"ackedBy"`
	AckedOn            int64      `json:"ackedOn"`
	AckComment         string     `json:"ackComment"`
	BackupAgentID      int32      `json:"backupAgentId"`
	EnableFailBack     bool       `json:"enableFailBack"`
	FailOverOnDevice   bool       `json:"enableFailOverOnCollectorDevice"`
	EscalatingChainID  int32      `json:"escalatingChainId"`
	ResendInterval     int32      `json:"resendIval"`
	SuppressAlertClear bool       `json:"suppressAlertClear"`
	NeedAutoCreate     bool       `json:"needAutoCreateCollectorDevice"`
	SpecifiedGroupID   int32      `json:"specifiedCollectorDeviceGroupId"`
	Custom             []Property `json:"customProperties"`
	CreatedOn          int64      `json:"createdOn"`
	UpdatedOn          int64      `json:"updatedOn"`
}

func (c *Collector) live() bool { return c.Status == Registered && !c.IsDown }

// A CollectorInput is the body of a create or update; nil means the field was not sent. The state
// fields are for the person or machine behind the collector, not for the API.
type CollectorInput struct {
	Description        *string     `json:"description"`
	GroupID            *int32      `json:"collectorGroupId"`
	BackupAgentID      *int32      `json:"backupAgentId"`
	EnableFailBack     *bool       `json:"enableFailBack"`
	FailOverOnDevice   *bool       `json:"enableFailOverOnCollectorDevice"`
	EscalatingChainID  *int32      `json:"escalatingChainId"`
	ResendInterval     *int32      `json:"resendIval"`
	SuppressAlertClear *bool       `json:"suppressAlertClear"`
	NeedAutoCreate     *bool       `json:"needAutoCreateCollectorDevice"`
	SpecifiedGroupID   *int32      `json:"specifiedCollectorDeviceGroupId"`
	Custom             *[]Property `json:"customProperties"`
}

// A CollectorState is what the machine behind a collector reports; nil leaves a field as it is.
type CollectorState struct {
	Status   *int32  `json:"status"`
	IsDown   *bool   `json:"isDown"`
	Hostname *string `json:"hostname"`
	Build    *string `json:"build"`
	Size     *string `json:"collectorSize"`
}

// CreateCollector adds a collector that is not registered yet.
func (a *Account) CreateCollector(by By, in CollectorInput) (int32, error) {
	c := Collector{GroupID: 1, EnableFailBack: true, NeedAutoCreate: true, Size: "medium", CreatedOn: by.At.Unix(), UpdatedOn: by.At.Unix()}
	if err := a.collectorFrom(&c, in, Update{Whole: true}); err != nil {
		return 0, err
	}
	a.next.Collector++
	c.ID = a.next.Collector
	a.collectors[c.ID] = &c
	a.commit(by, Created, "collector", itoa(c.ID), c.Description, nil, &c)
	a.awaitRegistration(c.ID, by.At)
	return c.ID, nil
}

func (a *Account) awaitRegistration(id int32, now time.Time) {
	if a.Rules.RegisterAfter >= 0 {
		a.after(a.Rules.RegisterAfter, now, func(at time.Time) {
			if c, ok := a.collectors[id]; ok && c.Status == Unregistered {
				status := int32(Registered)
				host, build := "collector-"+itoa(id), "38001"
				_ = a.SetCollectorState(By{Who: "portal", At: at}, id, CollectorState{Status: &status, Hostname: &host, Build: &build})
			}
		})
	}
	if a.Rules.CollectorPurge > 0 {
		a.after(a.Rules.CollectorPurge, now, func(at time.Time) {
			if c, ok := a.collectors[id]; ok && c.Status == Unregistered && a.perCollector[id] == 0 {
				delete(a.collectors, id)
				a.commit(By{Who: "portal", At: at}, Deleted, "collector", itoa(id), c.Description, c, nil)
			}
		})
	}
}

// UpdateCollector changes what the API may change of a collector.
func (a *Account) UpdateCollector(by By, id int32, in CollectorInput, u Update) error {
	old, ok := a.collectors[id]
	if !ok {
		return notFound("Agent", id)
	}
	c := *old
	if u.Whole {
		c.Description, c.BackupAgentID, c.EnableFailBack, c.FailOverOnDevice = "", 0, true, false
		c.EscalatingChainID, c.ResendInterval, c.SuppressAlertClear = 0, 0, false
		if in.Custom == nil && opTypeOr(u.OpType) == OpRefresh {
			c.Custom = nil
		}
	}
	if err := a.collectorFrom(&c, in, u); err != nil {
		return err
	}
	a.storeCollector(by, old, &c)
	return nil
}

// SetCollectorState is what happens when the machine behind a collector starts, dies or returns.
func (a *Account) SetCollectorState(by By, id int32, s CollectorState) error {
	old, ok := a.collectors[id]
	if !ok {
		return notFound("Agent", id)
	}
	c := *old
	assign(&c.Status, s.Status)
	assign(&c.IsDown, s.IsDown)
	assign(&c.Hostname, s.Hostname)
	assign(&c.Build, s.Build)
	assign(&c.Size, s.Size)
	if !c.IsDown {
		c.Acked, c.AckedBy, c.AckedOn, c.AckComment = false, "", 0, ""
	}
	a.storeCollector(by, old, &c)
	return nil
}

// AckCollectorDown acknowledges that a collector is down.
func (a *Account) AckCollectorDown(by By, id int32, comment string) error {
	old, ok := a.collectors[id]
	if !ok {
		return notFound("Agent", id)
	}
	if !old.IsDown {
		return badRequest("collector %d is not down", id)
	}
	c := *old
	c.Acked, c.AckedBy, c.AckedOn, c.AckComment = true, by.Who, by.At.Unix(), comment
	a.storeCollector(by, old, &c)
	return nil
}

func (a *Account) storeCollector(by By, old, c *Collector) {
	c.UpdatedOn = by.At.Unix()
	a.collectors[c.ID] = c
	a.commit(by, Updated, "collector", itoa(c.ID), c.Description, old, c)
}

// DeleteCollector removes a collector no device depends on.
func (a *Account) DeleteCollector(by By, id int32) error {
	c, ok := a.collectors[id]
	if !ok {
		return notFound("Agent", id)
	}
	if n := a.perCollector[id]; n > 0 {
		return badRequest("collector %d still monitors %d devices", id, n)
	}
	delete(a.collectors, id)
	a.commit(by, Deleted, "collector", itoa(id), c.Description, c, nil)
	return nil
}

func (a *Account) collectorFrom(c *Collector, in CollectorInput, u Update) error {
	assign(&c.Description, in.Description)
	assign(&c.GroupID, in.GroupID)
	assign(&c.BackupAgentID, in.BackupAgentID)
	assign(&c.EnableFailBack, in.EnableFailBack)
	assign(&c.FailOverOnDevice, in.FailOverOnDevice)
	assign(&c.EscalatingChainID, in.EscalatingChainID)
	assign(&c.ResendInterval, in.ResendInterval)
	assign(&c.SuppressAlertClear, in.SuppressAlertClear)
	assign(&c.NeedAutoCreate, in.NeedAutoCreate)
	assign(&c.SpecifiedGroupID, in.SpecifiedGroupID)
	if _, ok := a.collectorGroups[c.GroupID]; !ok {
		return badRequest("no such collector group: %d", c.GroupID)
	}
	if in.Custom == nil {
		return nil
	}
	list, err := a.checkProperties(*in.Custom)
	c.Custom = mergeProperties(c.Custom, list, opTypeOr(u.OpType))
	return err
}

// Collector returns a collector by id, and whether it exists.
func (a *Account) Collector(id int32) (*Collector, bool) {
	c, ok := a.collectors[id]
	return c, ok
}

// LiveCollector returns the id of the first collector that is up, 0 when there is none.
func (a *Account) LiveCollector() int32 {
	for _, c := range sortedValues(a.collectors) {
		if c.live() {
			return c.ID
		}
	}
	return 0
}
