package lm

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// DeviceID is the number the account gives a device; 0 means none.
type DeviceID int64

// String is the number in decimal.
func (id DeviceID) String() string { return strconv.FormatInt(int64(id), 10) }

// Types of devices.
const (
	DeviceRegular    = 0
	DeviceKubernetes = 8
)

// A Device is a resource of the account as it was read. Fields that were not
// asked for are zero.
type Device struct {
	ID                           DeviceID         `json:"id"`
	Name                         string           `json:"name"`
	DisplayName                  string           `json:"displayName"`
	DeviceType                   int              `json:"deviceType"`
	Description                  string           `json:"description"`
	Link                         string           `json:"link"`
	HostGroupIDs                 GroupIDs         `json:"hostGroupIds"`
	PreferredCollectorID         CollectorID      `json:"preferredCollectorId"`
	CurrentCollectorID           CollectorID      `json:"currentCollectorId"`
	AutoBalancedCollectorGroupID CollectorGroupID `json:"autoBalancedCollectorGroupId"`
	DisableAlerting              bool             `json:"disableAlerting"`
	CustomProperties             []Property       `json:"customProperties"`
	SystemProperties             []Property       `json:"systemProperties"`
	AutoProperties               []Property       `json:"autoProperties"`
	InheritedProperties          []Property       `json:"inheritedProperties"`
	HostStatus                   string           `json:"hostStatus"`
	CreatedOn                    int64            `json:"createdOn"`        // Unix seconds
	UpdatedOn                    int64            `json:"updatedOn"`        // Unix seconds
	ToDeleteTimeInMs             int64            `json:"toDeleteTimeInMs"` // Unix milliseconds; 0 if not planned
}

// Property finds a property of the device by name, compared without case: its own
// first, then what the account found out, then what it inherits.
func (d *Device) Property(name string) (string, bool) {
	for _, list := range [][]Property{d.CustomProperties, d.SystemProperties, d.AutoProperties, d.InheritedProperties} {
		if value, ok := Lookup(list, name); ok {
			return value, true
		}
	}
	return "", false
}

// DeviceFields are the parts of a device that can be written. Nil is not sent, so
// false, 0 and "" can be. HostGroupIDs replaces all static memberships. Of
// CustomProperties, those not in a patch are kept.
type DeviceFields struct {
	Name                         *string           `json:"name,omitzero"`
	DisplayName                  *string           `json:"displayName,omitzero"`
	DeviceType                   *int              `json:"deviceType,omitzero"`
	Description                  *string           `json:"description,omitzero"`
	Link                         *string           `json:"link,omitzero"`
	HostGroupIDs                 GroupIDs          `json:"hostGroupIds,omitzero"`
	PreferredCollectorID         *CollectorID      `json:"preferredCollectorId,omitzero"`
	AutoBalancedCollectorGroupID *CollectorGroupID `json:"autoBalancedCollectorGroupId,omitzero"`
	DisableAlerting              *bool             `json:"disableAlerting,omitzero"`
	CustomProperties             []Property        `json:"customProperties,omitzero"`
}

// A DeviceQuery says which devices to list. Fields names what is wanted of each,
// all if empty; the id and what Filter needs always come along.
type DeviceQuery struct {
	Filter Filter[Device]
	Fields []string
}

// DeviceFieldNames are the fields of a device Argus works with: what to ask for
// when listing many.
func DeviceFieldNames() []string {
	return []string{"id", "name", "displayName", "deviceType", "hostGroupIds", "preferredCollectorId",
		"autoBalancedCollectorGroupId", "disableAlerting", "customProperties", "createdOn", "updatedOn"}
}

// ListDevices yields the devices that match, in order of their ids, each once. It
// ends either without an error, and then all were yielded, or with one, and then
// nothing follows from what was not.
func (c *Client) ListDevices(ctx context.Context, q DeviceQuery) iter.Seq2[Device, error] {
	return listing[Device]{
		endpoint: EndpointListDevices, filter: q.Filter, fields: q.Fields,
		id: func(d *Device) int64 { return int64(d.ID) },
	}.all(ctx, c)
}

// ListGroupDevices is ListDevices for the devices directly in a group; of a dynamic
// group, its current members.
func (c *Client) ListGroupDevices(ctx context.Context, group GroupID, q DeviceQuery) iter.Seq2[Device, error] {
	return listing[Device]{
		endpoint: EndpointListGroupDevices, values: []string{group.String()}, filter: q.Filter, fields: q.Fields,
		id: func(d *Device) int64 { return int64(d.ID) },
	}.all(ctx, c)
}

// Device reads a device. HostGroupIDs of the answer holds only static groups.
func (c *Client) Device(ctx context.Context, id DeviceID) (Device, error) {
	var d Device
	err := c.do(ctx, request{
		endpoint: EndpointDevice, values: []string{id.String()}, query: staticGroups(), decode: object(&d),
	})
	return whole(d, err, EndpointDevice, int64(id), int64(d.ID))
}

// staticGroups keeps dynamic groups out of the hostGroupIds of an answer.
func staticGroups() url.Values { return url.Values{"needStcGrpAndSortedCP": {"true"}} }

// CreateDevice creates a device; it needs Name, DisplayName and
// PreferredCollectorID. ClassConflict means a name is taken. After ClassAmbiguous
// the device may exist: look for its display name before trying again.
func (c *Client) CreateDevice(ctx context.Context, fields DeviceFields) (Device, error) {
	var d Device
	query := staticGroups()
	query.Set("addFromWizard", "false")
	err := c.do(ctx, request{endpoint: EndpointCreateDevice, query: query, body: fields, decode: object(&d)})
	return whole(d, err, EndpointCreateDevice, 0, int64(d.ID))
}

// PatchDevice changes the given fields and adds or changes the given properties;
// everything else stays. It never removes a property: DeleteDeviceProperty does.
func (c *Client) PatchDevice(ctx context.Context, id DeviceID, fields DeviceFields) (Device, error) {
	return c.patchDevice(ctx, id, fields, "replace")
}

// ReplaceDeviceProperties is PatchDevice, except that properties that are not in
// the patch are removed. A property that somebody adds between the read this is
// based on and this call is lost, which nothing can rule out; so it is only for
// names that DeleteDeviceProperty cannot put into a path.
func (c *Client) ReplaceDeviceProperties(ctx context.Context, id DeviceID, fields DeviceFields) (Device, error) {
	return c.patchDevice(ctx, id, fields, "refresh")
}

func (c *Client) patchDevice(ctx context.Context, id DeviceID, fields DeviceFields, opType string) (Device, error) {
	var d Device
	query := staticGroups()
	query.Set("opType", opType)
	err := c.do(ctx, request{
		endpoint: EndpointPatchDevice, values: []string{id.String()}, query: query, body: fields, decode: object(&d),
	})
	return whole(d, err, EndpointPatchDevice, int64(id), int64(d.ID))
}

// A DeleteMode says whether a deleted thing can come back.
type DeleteMode int

const (
	// DeleteHard deletes for good.
	DeleteHard DeleteMode = iota
	// DeleteSoft moves to the recycle bin, from where a person can restore it,
	// with its history, for 7 days.
	DeleteSoft
)

func (m DeleteMode) query() url.Values {
	return url.Values{"deleteHard": {strconv.FormatBool(m == DeleteHard)}}
}

// DeleteDevice deletes a device. ClassNotFound means it was gone.
func (c *Client) DeleteDevice(ctx context.Context, id DeviceID, mode DeleteMode) error {
	return c.do(ctx, request{
		endpoint: EndpointDeleteDevice, values: []string{id.String()}, query: mode.query(), decode: object(nil),
	})
}

// whole checks that an answer is about what was asked: a thing with an id, and
// with the one wanted, if one was.
func whole[T any](thing T, err error, e Endpoint, want, got int64) (T, error) {
	if err == nil && (got <= 0 || (want != 0 && got != want)) {
		err = mismatch(e, fmt.Sprintf("id %d", want), fmt.Sprintf("id %d", got))
	}
	if err != nil {
		return *new(T), err
	}
	return thing, nil
}

// mismatch is the error of a success that is about something else.
func mismatch(e Endpoint, want, got string) *Error {
	class := ClassMalformed
	if e.changes() {
		class = ClassAmbiguous
	}
	return &Error{Class: class, Endpoint: e, Status: http.StatusOK, Message: fmt.Sprintf("the answer is about %s, asked was %s", got, want)}
}

// GroupIDs are ids of groups; the API writes them as one string, "1,2".
type GroupIDs []GroupID

// MarshalText writes the ids with commas.
func (g GroupIDs) MarshalText() ([]byte, error) {
	var b []byte
	for i, id := range g {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return b, nil
}

// UnmarshalText reads ids separated by commas.
func (g *GroupIDs) UnmarshalText(text []byte) error {
	*g = nil
	for part := range strings.SplitSeq(string(text), ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return fmt.Errorf("group ids: %w", err)
		}
		*g = append(*g, GroupID(id))
	}
	return nil
}
