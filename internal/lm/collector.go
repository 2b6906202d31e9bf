package lm

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
)

// CollectorID is the number the account gives a collector; 0 means none.
type CollectorID int64

// String is the number in decimal.
func (id CollectorID) String() string { return strconv.FormatInt(int64(id), 10) }

// CollectorGroupID is the number the account gives a group of collectors.
type CollectorGroupID int64

// String is the number in decimal.
func (id CollectorGroupID) String() string { return strconv.FormatInt(int64(id), 10) }

// A CollectorStatus says how far a collector's registration is.
type CollectorStatus int

// States of a collector.
const (
	CollectorUnregistered CollectorStatus = 0
	CollectorRegistered   CollectorStatus = 1
	CollectorStopped      CollectorStatus = 2
	CollectorSuspended    CollectorStatus = 3
)

// A Collector is the program that gathers data, as the account knows it. Devices
// can only be given to one that is registered and not down.
type Collector struct {
	ID                 CollectorID      `json:"id"`
	Description        string           `json:"description"`
	Hostname           string           `json:"hostname"`
	CollectorGroupID   CollectorGroupID `json:"collectorGroupId"`
	CollectorGroupName string           `json:"collectorGroupName"`
	Status             CollectorStatus  `json:"status"`
	IsDown             bool             `json:"isDown"`
	Build              string           `json:"build"`
	CollectorSize      string           `json:"collectorSize"`
	BackupAgentID      CollectorID      `json:"backupAgentId"`
	EscalatingChainID  int64            `json:"escalatingChainId"`
	NumberOfHosts      int64            `json:"numberOfHosts"`
	CustomProperties   []Property       `json:"customProperties"`
	CreatedOn          int64            `json:"createdOn"` // Unix seconds
	UpdatedOn          int64            `json:"updatedOn"` // Unix seconds
}

// CollectorFields are the parts of a collector that can be written. Nil is not
// sent, so false and 0 can be.
type CollectorFields struct {
	Description                   *string           `json:"description,omitzero"`
	CollectorGroupID              *CollectorGroupID `json:"collectorGroupId,omitzero"`
	BackupAgentID                 *CollectorID      `json:"backupAgentId,omitzero"`
	EnableFailBack                *bool             `json:"enableFailBack,omitzero"`
	EscalatingChainID             *int64            `json:"escalatingChainId,omitzero"` // 0: no notification
	ResendIval                    *int64            `json:"resendIval,omitzero"`        // minutes
	SuppressAlertClear            *bool             `json:"suppressAlertClear,omitzero"`
	NeedAutoCreateCollectorDevice *bool             `json:"needAutoCreateCollectorDevice,omitzero"`
	CustomProperties              []Property        `json:"customProperties,omitzero"`
}

// A CollectorQuery says which collectors to list, like a DeviceQuery.
type CollectorQuery struct {
	Filter Filter[Collector]
	Fields []string
}

// ListCollectors yields the collectors that match, like ListDevices.
func (c *Client) ListCollectors(ctx context.Context, q CollectorQuery) iter.Seq2[Collector, error] {
	return listing[Collector]{
		endpoint: EndpointListCollectors, filter: q.Filter, fields: q.Fields,
		id: func(c *Collector) int64 { return int64(c.ID) },
	}.all(ctx, c)
}

// Collector reads a collector.
func (c *Client) Collector(ctx context.Context, id CollectorID) (Collector, error) {
	var out Collector
	err := c.do(ctx, request{endpoint: EndpointCollector, values: []string{id.String()}, decode: object(&out)})
	return whole(out, err, EndpointCollector, int64(id), int64(out.ID))
}

// CreateCollector creates a collector, which is unregistered until its program
// reports. After ClassAmbiguous it may exist: look for its description.
func (c *Client) CreateCollector(ctx context.Context, fields CollectorFields) (Collector, error) {
	var out Collector
	err := c.do(ctx, request{endpoint: EndpointCreateCollector, body: fields, decode: object(&out)})
	return whole(out, err, EndpointCreateCollector, 0, int64(out.ID))
}

// PatchCollector changes the given fields; everything else stays.
func (c *Client) PatchCollector(ctx context.Context, id CollectorID, fields CollectorFields) (Collector, error) {
	var out Collector
	err := c.do(ctx, request{
		endpoint: EndpointPatchCollector, values: []string{id.String()},
		query: url.Values{"opType": {"replace"}}, body: fields, decode: object(&out),
	})
	return whole(out, err, EndpointPatchCollector, int64(id), int64(out.ID))
}

// A CollectorGroup is a group of collectors; one that is auto-balanced shares the
// devices given to it out among its members.
type CollectorGroup struct {
	ID                                CollectorGroupID `json:"id"`
	Name                              string           `json:"name"`
	Description                       string           `json:"description"`
	AutoBalance                       Truth            `json:"autoBalance"`
	AutoBalanceStrategy               string           `json:"autoBalanceStrategy"`
	AutoBalanceInstanceCountThreshold int64            `json:"autoBalanceInstanceCountThreshold"`
	NumOfCollectors                   int64            `json:"numOfCollectors"`
	NumOfHosts                        int64            `json:"numOfHosts"`
	CustomProperties                  []Property       `json:"customProperties"`
}

// CollectorGroupFields are the parts of a collector group that can be written.
type CollectorGroupFields struct {
	Name                              *string    `json:"name,omitzero"`
	Description                       *string    `json:"description,omitzero"`
	AutoBalance                       *bool      `json:"autoBalance,omitzero"`
	AutoBalanceStrategy               *string    `json:"autoBalanceStrategy,omitzero"`
	AutoBalanceInstanceCountThreshold *int64     `json:"autoBalanceInstanceCountThreshold,omitzero"`
	CustomProperties                  []Property `json:"customProperties,omitzero"`
}

// A CollectorGroupQuery says which collector groups to list, like a DeviceQuery.
type CollectorGroupQuery struct {
	Filter Filter[CollectorGroup]
	Fields []string
}

// ListCollectorGroups yields the collector groups that match, like ListDevices.
func (c *Client) ListCollectorGroups(ctx context.Context, q CollectorGroupQuery) iter.Seq2[CollectorGroup, error] {
	return listing[CollectorGroup]{
		endpoint: EndpointListCollectorGroups, filter: q.Filter, fields: q.Fields,
		id: func(g *CollectorGroup) int64 { return int64(g.ID) },
	}.all(ctx, c)
}

// CollectorGroup reads a collector group.
func (c *Client) CollectorGroup(ctx context.Context, id CollectorGroupID) (CollectorGroup, error) {
	var out CollectorGroup
	err := c.do(ctx, request{endpoint: EndpointCollectorGroup, values: []string{id.String()}, decode: object(&out)})
	return whole(out, err, EndpointCollectorGroup, int64(id), int64(out.ID))
}

// CreateCollectorGroup creates a collector group; it needs Name.
func (c *Client) CreateCollectorGroup(ctx context.Context, fields CollectorGroupFields) (CollectorGroup, error) {
	var out CollectorGroup
	err := c.do(ctx, request{endpoint: EndpointCreateCollectorGroup, body: fields, decode: object(&out)})
	return whole(out, err, EndpointCreateCollectorGroup, 0, int64(out.ID))
}

// Truth is a bool that older accounts write as a string.
type Truth bool

// UnmarshalJSON reads true, "true" and their opposites; null leaves it as it is.
func (t *Truth) UnmarshalJSON(data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
	case bool:
		*t = Truth(v)
	case string:
		*t = v == "true"
	default:
		return fmt.Errorf("got %s where true or false should be", data)
	}
	return nil
}
