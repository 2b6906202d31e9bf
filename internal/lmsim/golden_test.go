package lmsim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// TestGoldenAccounts puts the recorded accounts of the first Argus into the simulator and expects
// the same tree, counts, members and device fields back.
func TestGoldenAccounts(t *testing.T) {
	files, err := filepath.Glob("../../test/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded accounts found: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { replay(t, file) })
	}
}

type object = map[string]any

func replay(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Portal struct{ Devices, Groups []object }
	}
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, nil)
	f.SetLimits(lmsim.NoLimits())
	ids := map[any]any{1.0: 1.0}
	byID := slices.Clone(golden.Portal.Groups)
	slices.SortFunc(byID, func(a, b object) int { return int(a["id"].(float64) - b["id"].(float64)) })
	for _, g := range byID[1:] {
		body, _ := json.Marshal(object{"name": g["name"], "parentId": ids[g["parentId"]], "appliesTo": g["appliesTo"], "customProperties": g["customProperties"]})
		ids[g["id"]] = f.call(200, "POST", "/device/groups", string(body))["id"]
	}
	devices := map[any]object{}
	for _, d := range golden.Portal.Devices {
		properties := d["customProperties"].([]any)
		if ips := prop(d, "systemProperties", "system.ips"); ips != nil {
			properties = append(slices.Clone(properties), object{"name": "system.ips", "value": ips})
		}
		body, _ := json.Marshal(object{"name": d["name"], "displayName": d["displayName"], "preferredCollectorId": 1, "deviceType": d["deviceType"], "disableAlerting": d["disableAlerting"], "customProperties": properties, "hostGroupIds": "1"})
		devices[d["displayName"]] = f.call(200, "POST", "/device/devices", string(body))
	}
	for _, want := range golden.Portal.Groups {
		got := f.call(200, "GET", fmt.Sprintf("/device/groups/%v", ids[want["id"]]), "")
		for _, k := range []string{"fullPath", "appliesTo", "numOfHosts", "numOfDirectDevices", "numOfDirectSubGroups", "groupType", "customProperties", "enableNetflow", "userPermission"} {
			if diff := cmp.Diff(want[k], got[k]); diff != "" {
				t.Errorf("group %v, %s (-want +got):\n%s", want["fullPath"], k, diff)
			}
		}
		if want["id"] == 1.0 {
			continue // the recording leaves the members of the root out
		}
		members := []any{}
		for _, m := range f.call(200, "GET", fmt.Sprintf("/device/groups/%v/devices?size=1000&sort=displayName", ids[want["id"]]), "")["items"].([]any) {
			members = append(members, m.(object)["displayName"])
		}
		if diff := cmp.Diff(want["members"], any(members)); diff != "" {
			t.Errorf("group %v, members (-want +got):\n%s", want["fullPath"], diff)
		}
	}
	for _, want := range golden.Portal.Devices {
		compareDevice(t, want, devices[want["displayName"]])
	}
}

// compareDevice compares what does not depend on the run: ids, times and the collector do.
func compareDevice(t *testing.T, want, got object) {
	t.Helper()
	for k, v := range want {
		switch k {
		case "id", "createdOn", "updatedOn", "collectorDescription", "hostGroupIds", "inheritedProperties":
			if _, ok := got[k]; !ok {
				t.Errorf("device %v has no %s", want["displayName"], k)
			}
		case "systemProperties":
			for _, p := range v.([]any) {
				name := p.(object)["name"].(string)
				if name == "system.deviceId" || name == "system.categories" {
					continue // the portal keeps categories among the custom properties
				}
				if got := prop(got, k, name); got != p.(object)["value"] {
					t.Errorf("device %v, %s: got %v, want %v", want["displayName"], name, got, p.(object)["value"])
				}
			}
		default:
			if diff := cmp.Diff(v, got[k]); diff != "" {
				t.Errorf("device %v, %s (-want +got):\n%s", want["displayName"], k, diff)
			}
		}
	}
}
