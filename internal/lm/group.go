package lm

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// GroupID is the number the account gives a device group; 0 means none.
type GroupID int64

// RootGroup is the group that holds all others.
const RootGroup GroupID = 1

// String is the number in decimal.
func (id GroupID) String() string { return strconv.FormatInt(int64(id), 10) }

// A DeviceGroup is a group of devices as it was read. Fields that were not asked
// for are zero.
type DeviceGroup struct {
	ID               GroupID    `json:"id"`
	ParentID         GroupID    `json:"parentId"`
	Name             string     `json:"name"`
	FullPath         string     `json:"fullPath"` // names joined with "/"; empty for the root
	Description      string     `json:"description"`
	AppliesTo        string     `json:"appliesTo"` // not empty for dynamic groups
	GroupType        string     `json:"groupType"`
	DisableAlerting  bool       `json:"disableAlerting"`
	EnableNetflow    bool       `json:"enableNetflow"`
	CustomProperties []Property `json:"customProperties"`
	// NumOfHosts counts the devices in the group and in all groups below it.
	NumOfHosts             int64 `json:"numOfHosts"`
	NumOfDirectDevices     int64 `json:"numOfDirectDevices"`
	NumOfDirectSubGroups   int64 `json:"numOfDirectSubGroups"`
	CreatedOn              int64 `json:"createdOn"` // Unix seconds
	DefaultCollectorID     int64 `json:"defaultCollectorId"`
	NumOfKubernetesDevices int64 `json:"numOfKubernetesDevices"`
}

// DeviceGroupFields are the parts of a group that can be written. Nil is not
// sent, so false, 0 and "" can be.
type DeviceGroupFields struct {
	ParentID         *GroupID   `json:"parentId,omitzero"`
	Name             *string    `json:"name,omitzero"`
	Description      *string    `json:"description,omitzero"`
	AppliesTo        *string    `json:"appliesTo,omitzero"`
	DisableAlerting  *bool      `json:"disableAlerting,omitzero"`
	EnableNetflow    *bool      `json:"enableNetflow,omitzero"`
	CustomProperties []Property `json:"customProperties,omitzero"`
}

// A DeviceGroupQuery says which groups to list, like a DeviceQuery.
type DeviceGroupQuery struct {
	Filter Filter[DeviceGroup]
	Fields []string
}

// DeviceGroupFieldNames are the fields of a group Argus works with.
func DeviceGroupFieldNames() []string {
	return []string{"id", "parentId", "name", "fullPath", "description", "appliesTo", "disableAlerting",
		"customProperties", "numOfHosts", "numOfDirectDevices", "numOfDirectSubGroups", "createdOn"}
}

// ListGroups yields the groups that match, like ListDevices.
func (c *Client) ListGroups(ctx context.Context, q DeviceGroupQuery) iter.Seq2[DeviceGroup, error] {
	return listing[DeviceGroup]{
		endpoint: EndpointListGroups, filter: q.Filter, fields: q.Fields,
		id: func(g *DeviceGroup) int64 { return int64(g.ID) },
	}.all(ctx, c)
}

// Group reads a group.
func (c *Client) Group(ctx context.Context, id GroupID) (DeviceGroup, error) {
	var g DeviceGroup
	err := c.do(ctx, request{endpoint: EndpointGroup, values: []string{id.String()}, decode: object(&g)})
	return whole(g, err, EndpointGroup, int64(id), int64(g.ID))
}

// CreateGroup creates a group; it needs Name, and ParentID unless under the root.
// For a name taken under that parent the account answers ClassConflict or
// ClassInvalid: look for the name then.
func (c *Client) CreateGroup(ctx context.Context, fields DeviceGroupFields) (DeviceGroup, error) {
	var g DeviceGroup
	err := c.do(ctx, request{endpoint: EndpointCreateGroup, body: fields, decode: object(&g)})
	return whole(g, err, EndpointCreateGroup, 0, int64(g.ID))
}

// PatchGroup changes the given fields and adds or changes the given properties;
// everything else stays.
func (c *Client) PatchGroup(ctx context.Context, id GroupID, fields DeviceGroupFields) (DeviceGroup, error) {
	var g DeviceGroup
	err := c.do(ctx, request{
		endpoint: EndpointPatchGroup, values: []string{id.String()},
		query: url.Values{"opType": {"replace"}}, body: fields, decode: object(&g),
	})
	return whole(g, err, EndpointPatchGroup, int64(id), int64(g.ID))
}

// DeleteGroup deletes a group, and never what is in it: the option that deletes
// members would delete them wherever else they are too. Delete what is in it
// before; the account may refuse a group that is not empty (ClassInvalid).
func (c *Client) DeleteGroup(ctx context.Context, id GroupID, mode DeleteMode) error {
	query := mode.query()
	query.Set("deleteChildren", "false")
	return c.do(ctx, request{
		endpoint: EndpointDeleteGroup, values: []string{id.String()}, query: query, decode: object(nil),
	})
}
