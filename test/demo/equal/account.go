package equal

import (
	"encoding/json"
	"fmt"
	"strings"
)

// rootGroup is the group that every account begins with.
const rootGroup = 1

// propertyIPs holds the addresses of a device.
const propertyIPs = "system.ips"

// An Account is what a dump of the simulator holds, as far as it matters here.
type Account struct {
	Devices    []Device
	Groups     []Group
	Collectors []int32
}

// A Device is one device of an account.
type Device struct {
	ID          int32      `json:"id"`
	Name        string     `json:"name"`
	DisplayName string     `json:"displayName"`
	Type        int32      `json:"deviceType"`
	CollectorID int32      `json:"preferredCollectorId"`
	Properties  []Property `json:"customProperties"`
	System      []Property `json:"systemProperties"` // what the account shows by itself

	raw string
}

// A Property is one name and value of a device.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// A Group is one device group with the display names of its direct members.
type Group struct {
	ID       int32    `json:"id"`
	FullPath string   `json:"fullPath"`
	Direct   int      `json:"numOfDirectDevices"`
	Hosts    int      `json:"numOfHosts"`
	Members  []string `json:"members"`

	raw string
}

// property of a device; empty if it has none.
func (d Device) property(name string) string {
	for _, p := range d.Properties {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

// ReadAccount reads the JSON of a dump whose sensitive values are not masked.
func ReadAccount(dump []byte) (Account, error) {
	var in struct {
		Devices, Groups []json.RawMessage
		Collectors      []struct {
			ID int32 `json:"id"`
		}
	}
	if err := json.Unmarshal(dump, &in); err != nil {
		return Account{}, fmt.Errorf("read the account's dump: %w", err)
	}
	var a Account
	for _, raw := range in.Devices {
		d := Device{raw: string(raw)}
		if err := json.Unmarshal(raw, &d); err != nil {
			return Account{}, fmt.Errorf("read a device of the dump: %w", err)
		}
		// Addresses are written like any property and shown among the system's.
		for _, p := range d.System {
			if p.Name == propertyIPs {
				d.Properties = append(d.Properties, p)
			}
		}
		a.Devices = append(a.Devices, d)
	}
	for _, raw := range in.Groups {
		g := Group{raw: string(raw)}
		if err := json.Unmarshal(raw, &g); err != nil {
			return Account{}, fmt.Errorf("read a group of the dump: %w", err)
		}
		a.Groups = append(a.Groups, g)
	}
	for _, c := range in.Collectors {
		a.Collectors = append(a.Collectors, c.ID)
	}
	return a, nil
}

// mine returns the devices that were not there before, by lower-case display
// name, and what is there twice: two devices for one object, or of one name.
func (a Account) mine(before Account) (devices map[string]Device, twice []string) {
	old := map[int32]bool{}
	for _, d := range before.Devices {
		old[d.ID] = true
	}
	devices, uids := map[string]Device{}, map[string]string{}
	for _, d := range a.Devices {
		if old[d.ID] {
			continue
		}
		name := strings.ToLower(d.DisplayName)
		if _, there := devices[name]; there {
			twice = append(twice, "twice: "+d.DisplayName)
		}
		devices[name] = d
		uid := d.property("auto.uid")
		if other, there := uids[uid]; there && uid != "" {
			twice = append(twice, fmt.Sprintf("twice: %s and %s are the same object %s", other, d.DisplayName, uid))
		}
		uids[uid] = d.DisplayName
	}
	return devices, twice
}

// groupsBeside returns the groups that were not there before.
func (a Account) groupsBeside(before Account) []Group {
	old := map[int32]bool{rootGroup: true}
	for _, g := range before.Groups {
		old[g.ID] = true
	}
	var groups []Group
	for _, g := range a.Groups {
		if !old[g.ID] {
			groups = append(groups, g)
		}
	}
	return groups
}
