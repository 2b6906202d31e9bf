package takeover

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// commits are the changes that others than people made since the last call.
func (s *scene) commits() []string {
	var all []string
	for _, c := range s.sim.Journal(account.JournalQuery{Since: s.seen}) {
		s.seen = c.Seq
		if c.Who != lmsim.Person {
			all = append(all, c.Op+" "+c.Type+" "+c.Name)
		}
	}
	return all
}

// reads counts the requests that change nothing, since forgetCalls.
func (s *scene) reads() int { return s.sim.CountCalls("GET", "", -1) - s.calls }

func (s *scene) forgetCalls() { s.calls = s.sim.CountCalls("GET", "", -1) }

// state is an account, by display names and paths, each device and group as the
// account shows it.
type state struct {
	devices, groups map[string]map[string]any
}

func (s *scene) dump(t *testing.T) state {
	t.Helper()
	d := s.sim.Dump(account.View{Unmasked: true})
	read := func(list []json.RawMessage, name string) map[string]map[string]any {
		all := map[string]map[string]any{}
		for _, raw := range list {
			var o map[string]any
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			all[fmt.Sprint(o[name])] = o
		}
		return all
	}
	return state{read(d.Devices, "displayName"), read(d.Groups, "fullPath")}
}

// same holds two states of the account against each other. Only the properties of
// the cluster group may differ, and what the first Argus missed with all that
// follows from it.
func (s *scene) same(t *testing.T, before, after state) {
	t.Helper()
	for _, missed := range s.missed() {
		delete(after.devices, strings.TrimPrefix(missed, "create device "))
	}
	for _, st := range []state{before, after} {
		for path, g := range st.groups {
			for _, follows := range []string{"members", "subGroups", "numOfHosts", "numOfDirectDevices"} {
				delete(g, follows)
			}
			if path == clusterGroup {
				delete(g, "customProperties")
			}
		}
		for _, d := range st.devices {
			delete(d, "inheritedProperties") // they are the groups'
		}
	}
	if diff := cmp.Diff(before.devices, after.devices); diff != "" {
		t.Errorf("devices (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.groups, after.groups); diff != "" {
		t.Errorf("groups (-before +after):\n%s", diff)
	}
}

// group finds a group by its path.
func (s *scene) group(t *testing.T, path string) account.Group {
	t.Helper()
	for _, g := range s.portal.Groups {
		if g.FullPath == path {
			found, ok := s.sim.Group(g.ID)
			if !ok {
				t.Fatalf("group %q is gone", path)
			}
			return found
		}
	}
	t.Fatalf("no group %q was recorded", path)
	return account.Group{}
}

// editGroup gives a group a property by hand.
func (s *scene) editGroup(t *testing.T, path, name, value string) {
	t.Helper()
	if err := s.sim.EditGroup(s.group(t, path).ID, account.GroupInput{Custom: &[]account.Property{{Name: name, Value: value}}}); err != nil {
		t.Fatal(err)
	}
}

func (s *scene) groupProperties(t *testing.T, path string) map[string]string {
	t.Helper()
	return propertiesOf(s.group(t, path).Custom)
}

func propertiesOf(list []account.Property) map[string]string {
	all := map[string]string{}
	for _, p := range list {
		all[p.Name] = p.Value
	}
	return all
}

// device finds a device by its display name.
func (s *scene) device(t *testing.T, displayName string) account.Device {
	t.Helper()
	d, ok := s.sim.DeviceByDisplayName(displayName)
	if !ok {
		t.Fatalf("no device %q; there are %q", displayName, slices.Sorted(maps.Keys(s.dump(t).devices)))
	}
	return d
}

// faults has the account fail.
func (s *scene) faults(t *testing.T, seed uint64, probability float64) {
	t.Helper()
	w := s.sim.Switches()
	w.Seed, w.Drop, w.Lose, w.HTML503, w.Truncate = seed, probability, probability, probability, probability
	if err := s.sim.SetSwitches(w); err != nil {
		t.Fatal(err)
	}
}
