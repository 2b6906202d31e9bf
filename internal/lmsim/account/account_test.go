package account

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestIndexesFollowEveryChange makes random changes and, after each, recomputes from the
// definitions alone everything the account keeps up to date step by step.
func TestIndexesFollowEveryChange(t *testing.T) {
	for seed := range uint64(30) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := newMonkey(seed)
			for step := range 150 {
				what := m.act()
				m.by.At = m.by.At.Add(time.Second)
				m.a.Advance(m.by.At)
				if diff := m.check(); diff != "" {
					t.Fatalf("step %d, after %s: %s", step, what, diff)
				}
			}
			m.checkSnapshot(t)
		})
	}
}

// A monkey changes an account at random.
type monkey struct {
	a  *Account
	r  *rand.Rand
	by By
}

func newMonkey(seed uint64) *monkey {
	by := By{Who: "monkey", At: time.Unix(1_800_000_000, 0)}
	rules := DefaultRules()
	rules.DuplicateName, rules.SystemIPsDelay = 0, 0
	rules.DeleteNonEmptyGroup = "move"
	m := &monkey{a: New(rules, 100, by.At), r: rand.New(rand.NewPCG(seed, 1)), by: by}
	for range 2 {
		id, _ := m.a.CreateCollector(by, CollectorInput{})
		up := int32(Registered)
		_ = m.a.SetCollectorState(by, id, CollectorState{Status: &up})
	}
	return m
}

func (m *monkey) pick(from ...string) *string { s := from[m.r.IntN(len(from))]; return &s }

func (m *monkey) device() int32 { return int32(m.r.IntN(int(m.a.next.Device)+1)) + 1 }
func (m *monkey) group() int32  { return int32(m.r.IntN(int(m.a.next.Group)+1)) + 1 }

// act makes one change, which the account may well refuse, and says which.
func (m *monkey) act() string {
	switch n := m.r.IntN(12); n {
	case 0, 1, 2:
		_, err := m.a.CreateDevice(m.by, m.deviceInput())
		return fmt.Sprint("create device: ", err)
	case 3, 4:
		u := Update{Whole: m.r.IntN(3) == 0, OpType: *m.pick("", OpReplace, OpAdd)}
		return fmt.Sprint("update device: ", m.a.UpdateDevice(m.by, m.device(), m.deviceInput(), u))
	case 5:
		return fmt.Sprint("delete device: ", m.a.DeleteDevice(m.by, m.device(), m.r.IntN(2) == 0))
	case 6, 7:
		_, err := m.a.CreateGroup(m.by, m.groupInput())
		return fmt.Sprint("create group: ", err)
	case 8:
		return fmt.Sprint("update group: ", m.a.UpdateGroup(m.by, m.group(), m.groupInput(), Update{}))
	case 9:
		how := GroupDeletion{Children: m.r.IntN(4) == 0, Hard: m.r.IntN(2) == 0}
		return fmt.Sprint("delete group: ", m.a.DeleteGroup(m.by, m.group(), how))
	case 10:
		for id := range m.a.recycled {
			return fmt.Sprint("restore: ", m.a.Restore(m.by, id))
		}
		return "restore nothing"
	default:
		o := Owner{Group: m.r.IntN(2) == 0, ID: m.device()}
		return fmt.Sprint("delete property: ", m.a.DeleteProperty(m.by, o, *m.pick("team", "auto.namespace", categories)))
	}
}

func (m *monkey) deviceInput() DeviceInput {
	collector := int32(m.r.IntN(2) + 1)
	groups := fmt.Sprintf("%d,%d", m.group(), m.group())
	props := []Property{}
	for _, p := range []Property{{Name: "team", Value: *m.pick("x", "y")}, {Name: "auto.namespace", Value: *m.pick("a", "b", "c")}, {Name: categories, Value: *m.pick("Pod", "pod,Node", "Node")}} {
		if m.r.IntN(2) == 0 {
			props = append(props, p)
		}
	}
	name := fmt.Sprint("device", m.r.IntN(20))
	in := DeviceInput{Name: &name, DisplayName: &name, PreferredCollectorID: &collector, Custom: &props}
	if m.r.IntN(2) == 0 {
		in.HostGroupIDs = &groups
	}
	return in
}

func (m *monkey) groupInput() GroupInput {
	name, parent := fmt.Sprint("group", m.r.IntN(8)), m.group()
	in := GroupInput{Name: &name}
	if m.r.IntN(2) == 0 {
		in.ParentID = &parent
	}
	if m.r.IntN(3) > 0 {
		in.AppliesTo = m.pick(`team == "x"`, `auto.namespace == "a" && hasCategory("Pod")`, `hasCategory("node") || team == "y"`, `!team`, `true()`, ``, `auto.namespace =~ "a|b"`)
	}
	return in
}

// check compares what is kept with what follows from the definitions, and says what differs.
func (m *monkey) check() string {
	a := m.a
	display, perCollector := map[string]int32{}, map[int32]int{}
	for _, id := range a.order {
		h := a.devices.at(id)
		display[fold(h.DisplayName)] = id
		perCollector[h.PreferredCollectorID]++
		var want idSet
		for _, g := range a.groupOrder {
			if n := a.groups[g]; n.expr != nil && n.expr.Match(&evaluated{account: a, device: h.Device}) {
				want.add(g)
			}
		}
		if !slices.Equal(want, h.dynamic) {
			return fmt.Sprintf("device %d: in dynamic groups %v, want %v", id, h.dynamic, want)
		}
	}
	for id, n := range a.perCollector {
		if n != perCollector[id] {
			return fmt.Sprintf("collector %d: %d devices, want %d", id, n, perCollector[id])
		}
	}
	if diff := cmp.Diff(display, a.display); diff != "" {
		return "display names: " + diff
	}
	return m.checkGroups()
}

func (m *monkey) checkGroups() string {
	a := m.a
	for _, id := range a.groupOrder {
		n := a.groups[id]
		var want idSet
		for _, d := range a.order {
			if slices.Contains(a.devices.at(d).memberships(), id) {
				want.add(d)
			}
		}
		if !slices.Equal(want, n.members) {
			return fmt.Sprintf("group %d: members %v, want %v", id, n.members, want)
		}
		if got := len(a.hostsBelow(id)); got != n.hosts {
			return fmt.Sprintf("group %d: %d hosts, want %d", id, n.hosts, got)
		}
		if n.AppliesTo != "" && n.expr == nil {
			return fmt.Sprintf("group %d: its expression was lost", id)
		}
		for _, c := range n.children {
			if child := a.groups[c]; child == nil || child.ParentID != id {
				return fmt.Sprintf("group %d: child %d is not its child", id, c)
			}
		}
		if parent := a.groups[n.ParentID]; id != RootGroup && (parent == nil || !parent.children.has(id) || parent.path != "" && n.path != parent.path+"/"+n.Name) {
			return fmt.Sprintf("group %d: path %q does not follow from its parent", id, n.path)
		}
	}
	return ""
}

// checkSnapshot proves that an account restored from its snapshot shows the same.
func (m *monkey) checkSnapshot(t *testing.T) {
	t.Helper()
	data, err := json.Marshal(m.a.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var s Snapshot
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	again, err := Restore(s, m.a.Rules, 100, m.by.At)
	if err != nil {
		t.Fatal(err)
	}
	want, got := m.a.Dump(View{}), again.Dump(View{})
	if diff := cmp.Diff(texts(want.Devices), texts(got.Devices)); diff != "" {
		t.Errorf("devices differ after a restart (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(texts(want.Groups), texts(got.Groups)); diff != "" {
		t.Errorf("groups differ after a restart (-want +got):\n%s", diff)
	}
}

func texts(list []json.RawMessage) []string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = string(m)
	}
	return out
}
