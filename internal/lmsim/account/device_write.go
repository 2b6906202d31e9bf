package account

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// An Update says how a body is applied to what is stored.
type Update struct {
	// Whole makes fields missing from the body return to their defaults (PUT); otherwise they keep
	// their values (PATCH).
	Whole bool
	// OpType is one of OpRefresh, OpReplace and OpAdd; empty means OpRefresh.
	OpType string
}

// CreateDevice adds a device.
func (a *Account) CreateDevice(by By, in DeviceInput) (int32, error) {
	d := &Device{RelatedDeviceID: -1, CreatedOn: by.At.Unix(), UpdatedOn: by.At.Unix()}
	d, err := a.deviceFrom(d, in, Update{Whole: true})
	if err != nil {
		return 0, err
	}
	if err := a.uniqueDevice(d); err != nil {
		return 0, err
	}
	a.next.Device++
	d.ID = a.next.Device
	if d.IPs == "" && isIP(d.Name) {
		d.IPs = d.Name
	}
	h := &host{Device: d}
	h.visibleGet = by.At.Add(seconds(a.Rules.GetLag)).UnixNano()
	h.visibleList = by.At.Add(seconds(a.Rules.ListLag)).UnixNano()
	a.insertHost(h, by.At)
	a.commit(by, Created, "device", strconv.Itoa(int(d.ID)), d.DisplayName, nil, d)
	h.changed = a.seq
	return d.ID, nil
}

// UpdateDevice changes a device.
func (a *Account) UpdateDevice(by By, id int32, in DeviceInput, u Update) error {
	h, err := a.readable(id, by.At)
	if err != nil {
		return err
	}
	next := *h.Device
	if u.Whole {
		if in.Name == nil || in.DisplayName == nil {
			return badRequest("name and displayName are required")
		}
		next = Device{ID: next.ID, Name: next.Name, DisplayName: next.DisplayName, PreferredCollectorID: next.PreferredCollectorID,
			Type: next.Type, StaticGroups: []int32{RootGroup}, RelatedDeviceID: -1, Custom: next.Custom, IPs: next.IPs, CreatedOn: next.CreatedOn}
		if in.Custom == nil && (u.OpType == "" || u.OpType == OpRefresh) {
			next.Custom = nil
		}
	}
	in.Type = nil // a device keeps its type for life
	d, err := a.deviceFrom(&next, in, u)
	if err != nil {
		return err
	}
	if err := a.uniqueDevice(d); err != nil {
		return err
	}
	d.UpdatedOn = by.At.Unix()
	a.replaceDevice(by, h, d)
	return nil
}

// replaceDevice stores a new version of a device and lets everything follow from it.
func (a *Account) replaceDevice(by By, h *host, d *Device) {
	old := h.Device
	a.unindex(old)
	h.Device = d
	a.index(d)
	a.recount(h, old)
	a.commit(by, Updated, "device", strconv.Itoa(int(d.ID)), d.DisplayName, old, d)
	h.changed = a.seq
	a.followMembership(d.ID, by.At)
	if d.Name != old.Name && isIP(d.Name) && d.IPs == old.IPs {
		a.followIPs(d.ID, by.At)
	}
	a.planRemoval(d, by.At)
}

// followIPs makes system.ips equal the name, later.
func (a *Account) followIPs(id int32, now time.Time) {
	a.after(a.Rules.SystemIPsDelay, now, func(at time.Time) {
		h, ok := a.devices.find(id)
		if !ok || !isIP(h.Name) || h.IPs == h.Name {
			return
		}
		d := *h.Device
		d.IPs, d.UpdatedOn = d.Name, at.Unix()
		a.replaceDevice(By{Who: "portal", At: at}, h, &d)
	})
}

// deviceFrom applies a body to a base and checks the result.
func (a *Account) deviceFrom(base *Device, in DeviceInput, u Update) (*Device, error) {
	d := *base
	assign(&d.Name, in.Name)
	assign(&d.DisplayName, in.DisplayName)
	assign(&d.Type, in.Type)
	assign(&d.Description, in.Description)
	assign(&d.Link, in.Link)
	assign(&d.DisableAlerting, in.DisableAlerting)
	assign(&d.EnableNetflow, in.EnableNetflow)
	assign(&d.NetflowCollectorID, in.NetflowCollectorID)
	assign(&d.LogCollectorConfigured, in.LogCollectorConfigured)
	assign(&d.LogCollectorID, in.LogCollectorID)
	assign(&d.RelatedDeviceID, in.RelatedDeviceID)
	if in.ResourceIDs != nil {
		d.ResourceIDs = *in.ResourceIDs
	}
	if err := a.checkNames(&d, in); err != nil {
		return nil, err
	}
	if err := a.assignProperties(&d, in.Custom, u.OpType); err != nil {
		return nil, err
	}
	if err := a.assignGroups(&d, in.HostGroupIDs); err != nil {
		return nil, err
	}
	return &d, a.assignCollector(&d, base, in)
}

func (a *Account) checkNames(d *Device, in DeviceInput) error {
	if d.Name == "" || d.DisplayName == "" {
		return badRequest("name and displayName are required")
	}
	if in.Name != nil && (utf8.RuneCountInString(d.Name) > 255 ||
		a.Rules.StrictNames && strings.ContainsFunc(d.Name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })) {
		return badRequest("invalid normal device name: %s", d.Name)
	}
	if in.DisplayName == nil {
		return nil
	}
	if n := d.DisplayName; utf8.RuneCountInString(n) > 255 || a.Rules.StrictNames &&
		(strings.ContainsAny(n, "*<?,;`\n") || strings.Contains(n, "##") || n != strings.TrimSpace(n)) {
		return badRequest("invalid display name: %s", n)
	}
	return nil
}

func (a *Account) assignProperties(d *Device, body *[]Property, opType string) error {
	if body == nil {
		return nil
	}
	list, err := a.checkProperties(*body)
	if err != nil {
		return err
	}
	own := list[:0:0]
	for _, p := range list {
		switch name := fold(p.Name); {
		case name == systemIPs:
			d.IPs = p.Value
		case strings.HasPrefix(name, "system.") && name != categories:
			// The portal's own properties cannot be written; a body that echoes them is not an error.
		default:
			own = append(own, p)
		}
	}
	d.Custom = mergeProperties(d.Custom, own, opTypeOr(opType))
	return nil
}

func opTypeOr(opType string) string {
	if opType == "" {
		return OpRefresh
	}
	return opType
}

// assignGroups reads a comma list of group ids. Dynamic groups in it are ignored; what is left
// replaces the static groups.
func (a *Account) assignGroups(d *Device, ids *string) error {
	if ids == nil {
		if len(d.StaticGroups) == 0 {
			d.StaticGroups = []int32{RootGroup}
		}
		return nil
	}
	var static idSet
	for part := range strings.SplitSeq(*ids, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		id, err := strconv.ParseInt(part, 10, 32)
		if err != nil {
			return badRequest("hostGroupIds is not a list of ids: %s", *ids)
		}
		n, ok := a.groups[int32(id)]
		if !ok {
			return badRequest("no such device group: %d", id)
		}
		if n.AppliesTo == "" {
			static.add(int32(id))
		}
	}
	if len(static) == 0 {
		static = idSet{RootGroup}
	}
	d.StaticGroups = static
	return nil
}

func (a *Account) uniqueDevice(d *Device) error {
	if id, taken := a.display[fold(d.DisplayName)]; taken && id != d.ID {
		return refuse(a.Rules.DuplicateDisplayName, codeOf(a.Rules.DuplicateDisplayName),
			"device with display name %s already exists", d.DisplayName)
	}
	if !a.Rules.RecycledNameReusable && a.recycledDisplayName(d.DisplayName) {
		return refuse(a.Rules.DuplicateDisplayName, codeOf(a.Rules.DuplicateDisplayName),
			"device with display name %s is in the recycle bin", d.DisplayName)
	}
	if old, exists := a.devices.find(d.ID); a.Rules.DuplicateName == 0 || exists && old.nameKey() == d.nameKey() {
		return nil
	}
	if _, taken := a.names.other(d.nameKey(), d.ID); taken {
		return refuse(a.Rules.DuplicateName, codeOf(a.Rules.DuplicateName),
			"device with name %s already exists on collector %d", d.Name, d.PreferredCollectorID)
	}
	return nil
}

// codeOf is LogicMonitor's usual errorCode for an HTTP status.
func codeOf(status int) int { return 1000 + status }

func isIP(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

func assign[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
