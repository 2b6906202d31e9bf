package account

import (
	"strconv"
	"strings"
	"time"
)

// A Device is the definition of one device: what was written, plus what the account assigned. A
// stored Device never changes; an update stores a new one, so the journal and lists share it.
type Device struct {
	ID                     int32      `json:"id"`
	Name                   string     `json:"name"`
	DisplayName            string     `json:"displayName"`
	PreferredCollectorID   int32      `json:"preferredCollectorId"`
	AutoBalancedGroupID    int32      `json:"autoBalancedCollectorGroupId,omitempty"`
	StaticGroups           []int32    `json:"staticGroups"`
	Type                   int32      `json:"deviceType"`
	Description            string     `json:"description,omitempty"`
	Link                   string     `json:"link,omitempty"`
	DisableAlerting        bool       `json:"disableAlerting,omitempty"`
	EnableNetflow          bool       `json:"enableNetflow,omitempty"`
	NetflowCollectorID     int32      `json:"netflowCollectorId,omitempty"`
	LogCollectorConfigured bool       `json:"isPreferredLogCollectorConfigured,omitempty"`
	LogCollectorID         int32      `json:"logCollectorId,omitempty"`
	RelatedDeviceID        int32      `json:"relatedDeviceId"`
	Custom                 []Property `json:"customProperties"`
	ResourceIDs            []Property `json:"resourceIds,omitempty"`
	IPs                    string     `json:"systemIps,omitempty"`
	CreatedOn              int64      `json:"createdOn"`
	UpdatedOn              int64      `json:"updatedOn"`
}

// A DeviceInput is the body of a create or update; nil means the field was not sent.
type DeviceInput struct {
	Name                   *string     `json:"name"`
	DisplayName            *string     `json:"displayName"`
	PreferredCollectorID   *int32      `json:"preferredCollectorId"`
	AutoBalancedGroupID    *int32      `json:"autoBalancedCollectorGroupId"`
	HostGroupIDs           *string     `json:"hostGroupIds"`
	Type                   *int32      `json:"deviceType"`
	Description            *string     `json:"description"`
	Link                   *string     `json:"link"`
	DisableAlerting        *bool       `json:"disableAlerting"`
	EnableNetflow          *bool       `json:"enableNetflow"`
	NetflowCollectorID     *int32      `json:"netflowCollectorId"`
	LogCollectorConfigured *bool       `json:"isPreferredLogCollectorConfigured"`
	LogCollectorID         *int32      `json:"logCollectorId"`
	RelatedDeviceID        *int32      `json:"relatedDeviceId"`
	Custom                 *[]Property `json:"customProperties"`
	ResourceIDs            *[]Property `json:"resourceIds"`
}

// A host is a device with what follows from it.
type host struct {
	*Device
	dynamic     []int32 // dynamic groups it is a member of now
	changed     uint64  // number of the last commit
	visibleGet  int64   // unix nanoseconds from which it can be read by id
	visibleList int64   // ... and shows in lists
	// deletedMillis is when it went to the recycle bin; 0 for a device of the account.
	deletedMillis int64
}

// nameKey is the scope in which the name of a device is unique.
type nameKey struct {
	collector int32
	name      string
}

func (d *Device) nameKey() nameKey { return nameKey{d.PreferredCollectorID, fold(d.Name)} }

// Property implements appliesto.Host over the device's own properties. Inherited ones and
// system.groups are not visible to the query of a dynamic group (docs/logicmonitor-api.md §6.4).
func (e *evaluated) Property(name string) (string, bool) {
	d := e.device
	switch name {
	case "system.displayname":
		return d.DisplayName, true
	case "system.hostname":
		return d.Name, true
	case "system.deviceid":
		return strconv.Itoa(int(d.ID)), true
	case "system.devicetype":
		return strconv.Itoa(int(d.Type)), true
	case "system.collectorid":
		return strconv.Itoa(int(d.PreferredCollectorID)), true
	case "system.staticgroups":
		return e.account.paths(d.StaticGroups), true
	case systemIPs:
		return d.IPs, d.IPs != ""
	case "name":
		return d.Name, true
	case "displayname":
		return d.DisplayName, true
	}
	p, ok := property(d.Custom, name)
	return p.Value, ok
}

// evaluated is a device under the eyes of an expression.
type evaluated struct {
	account *Account
	device  *Device
}

// HasValue implements appliesto.Host.
func (e *evaluated) HasValue(value string) bool {
	for _, p := range e.device.Custom {
		if p.Value == value {
			return true
		}
	}
	return false
}

// DeviceType implements appliesto.Host.
func (e *evaluated) DeviceType() int { return int(e.device.Type) }

// Device returns a device by id, and whether it exists; lag rules do not apply.
func (a *Account) Device(id int32) (*Device, bool) {
	h, ok := a.devices.find(id)
	if !ok {
		return nil, false
	}
	return h.Device, true
}

// DeviceByDisplayName finds a device by its display name, without case.
func (a *Account) DeviceByDisplayName(name string) (*Device, bool) {
	id, ok := a.display[fold(name)]
	if !ok {
		return nil, false
	}
	return a.Device(id)
}

// Counts returns the number of devices and groups, the root group included.
func (a *Account) Counts() (devices, groups int) { return len(a.order), len(a.groups) }

// readable returns the device if a read by id at this time would find it.
func (a *Account) readable(id int32, now time.Time) (*host, error) {
	h, ok := a.devices.find(id)
	if !ok || h.visibleGet > now.UnixNano() {
		return nil, notFound("Device", id)
	}
	return h, nil
}

func (a *Account) paths(groups []int32) string {
	out := make([]string, 0, len(groups))
	for _, id := range groups {
		if n, ok := a.groups[id]; ok {
			out = append(out, n.path)
		}
	}
	return strings.Join(out, ",")
}

func joinIDs(ids []int32) string {
	b := make([]byte, 0, len(ids)*6)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(id), 10)
	}
	return string(b)
}
