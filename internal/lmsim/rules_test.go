package lmsim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// TestSwitches proves, for each switch of the account's rules, its default and its alternatives.
func TestSwitches(t *testing.T) {
	cases := map[string]struct {
		turn func(*lmsim.Switches)
		test func(*fixture)
	}{
		"a create answers 200 with the whole device": {nil, func(f *fixture) {
			out := f.call(200, "POST", "/device/devices", `{"name":"n","displayName":"d","preferredCollectorId":1}`)
			if out["displayName"] != "d" || out["hostGroupIds"] != "1" || out["createdOn"] != float64(1_800_000_000) {
				f.t.Errorf("got %v", out)
			}
		}},
		"a display name in use is refused with 409, without case": {nil, func(f *fixture) {
			f.device("web", "")
			f.refused(409, 1409, "POST", "/device/devices", `{"name":"x","displayName":"WEB","preferredCollectorId":1}`)
		}},
		"a display name in use is refused with 400 when switched": {func(w *lmsim.Switches) { w.DuplicateDisplayName = 400 }, func(f *fixture) {
			f.device("web", "")
			f.refused(400, 1400, "POST", "/device/devices", `{"name":"x","displayName":"web","preferredCollectorId":1}`)
		}},
		"a rename to a display name in use is refused": {nil, func(f *fixture) {
			f.device("one", "")
			two := f.device("two", "")
			f.refused(409, 1409, "PATCH", "/device/devices/"+two, `{"displayName":"one"}`)
			f.refused(409, 1409, "PUT", "/device/devices/"+two, `{"name":"t","displayName":"one","preferredCollectorId":1}`)
		}},
		"a group name in use under the parent is refused with 400": {nil, func(f *fixture) {
			f.group("g", "")
			f.refused(400, 1400, "POST", "/device/groups", `{"name":"G"}`)
		}},
		"a group name in use under the parent is refused with 409 when switched": {func(w *lmsim.Switches) { w.DuplicateGroup = 409 }, func(f *fixture) {
			parent := f.group("g", "")
			f.refused(409, 1409, "POST", "/device/groups", `{"name":"g"}`)
			f.call(200, "POST", "/device/groups", `{"name":"g","parentId":`+parent+`}`)
		}},
		"a name in use on the same collector is refused with 409": {nil, func(f *fixture) {
			f.device("web", "")
			f.refused(409, 1409, "POST", "/device/devices", `{"name":"web.example","displayName":"other","preferredCollectorId":1}`)
		}},
		"a name in use on the same collector is allowed when switched": {func(w *lmsim.Switches) { w.DuplicateName = 0 }, func(f *fixture) {
			f.device("web", "")
			f.call(200, "POST", "/device/devices", `{"name":"web.example","displayName":"other","preferredCollectorId":1}`)
		}},
		"an unregistered or a down collector refuses devices": {nil, func(f *fixture) {
			two := id(f.call(200, "POST", "/setting/collector/collectors", `{"description":"new"}`))
			f.refused(400, 1400, "POST", "/device/devices", `{"name":"n","displayName":"d","preferredCollectorId":`+two+`}`)
			f.kill(1)
			f.refused(400, 1400, "POST", "/device/devices", `{"name":"n","displayName":"d","preferredCollectorId":1}`)
		}},
		"a down collector takes devices when switched": {func(w *lmsim.Switches) { w.DownCollectorRefuses = false }, func(f *fixture) {
			f.kill(1)
			f.device("web", "")
		}},
		"a filter on an unknown field is ignored": {nil, func(f *fixture) {
			f.device("a", "")
			f.device("b", "")
			f.want([]string{"a", "b"}, f.names("/device/devices", `nonsense:"x"`))
		}},
		"a filter on an unknown field is refused when switched": {func(w *lmsim.Switches) { w.UnknownFilterField = "refuse" }, func(f *fixture) {
			f.refused(400, 1400, "GET", `/device/devices?filter=nonsense:%22x%22`, "")
		}},
		"an unquoted string matches nothing": {nil, func(f *fixture) {
			f.device("a", "")
			f.want([]string{}, f.names("/device/devices", `displayName:a`))
		}},
		"an unquoted string matches when switched": {func(w *lmsim.Switches) { w.UnquotedStrings = "match" }, func(f *fixture) {
			f.device("a", "")
			f.want([]string{"a"}, f.names("/device/devices", `displayName:a`))
		}},
		"a filter on id works": {nil, func(f *fixture) {
			f.device("a", "")
			f.want([]string{"b"}, f.names("/device/devices", `id:`+f.device("b", "")))
		}},
		"a filter on id is ignored when switched": {func(w *lmsim.Switches) { w.IgnoredFilterFields = "id" }, func(f *fixture) {
			f.device("a", "")
			f.want([]string{"a", "b"}, f.names("/device/devices", `id:`+f.device("b", "")))
		}},
		"name and value of a property filter may meet in different elements": {nil, func(f *fixture) {
			f.device("a", props("k", "x", "l", "v"))
			f.want([]string{"a"}, f.names("/device/devices", `customProperties.name:"k",customProperties.value:"v"`))
		}},
		"name and value of a property filter meet in one element when switched": {func(w *lmsim.Switches) { w.PropertyFilterElement = "same" }, func(f *fixture) {
			f.device("a", props("k", "x", "l", "v"))
			f.device("b", props("l", "x", "k", "v"))
			f.want([]string{"b"}, f.names("/device/devices", `customProperties.name:"k",customProperties.value:"v"`))
		}},
		"the total is exact": {nil, func(f *fixture) {
			f.devices(5)
			if got := f.call(200, "GET", "/device/devices?size=2", "")["total"]; got != 5.0 {
				f.t.Errorf("got total %v, want 5", got)
			}
		}},
		"the total is negative while more remain when switched": {func(w *lmsim.Switches) { w.Total = "negative" }, func(f *fixture) {
			f.devices(5)
			for path, want := range map[string]float64{"?size=2": -3, "?size=2&offset=2": -5, "?size=2&offset=4": 5} {
				if got := f.call(200, "GET", "/device/devices"+path, "")["total"]; got != want {
					f.t.Errorf("%s: got total %v, want %v", path, got, want)
				}
			}
		}},
		"a size over 1000 is cut": {nil, func(f *fixture) {
			f.devices(1001)
			if got := len(f.names("/device/devices?size=5000", "")); got != 1000 {
				f.t.Errorf("got %d items, want 1000", got)
			}
		}},
		"a size over 1000 is refused when switched": {func(w *lmsim.Switches) { w.OversizedPage = "refuse" }, func(f *fixture) {
			f.refused(400, 1400, "GET", "/device/devices?size=1001", "")
		}},
		"hostGroupIds holds dynamic groups, unless only static ones are asked for": {nil, func(f *fixture) {
			f.group("d", `,"appliesTo":"team == \"x\""`)
			d := f.device("a", props("team", "x"))
			f.want("1,2", f.call(200, "GET", "/device/devices/"+d, "")["hostGroupIds"])
			f.want("1", f.call(200, "GET", "/device/devices/"+d+"?needStcGrpAndSortedCP=true", "")["hostGroupIds"])
		}},
		"hostGroupIds holds static groups only when switched": {func(w *lmsim.Switches) { w.DynamicInHostGroupIDs = false }, func(f *fixture) {
			f.group("d", `,"appliesTo":"team == \"x\""`)
			f.want("1", f.call(200, "GET", "/device/devices/"+f.device("a", props("team", "x")), "")["hostGroupIds"])
		}},
		"an absent opType is refresh": {nil, func(f *fixture) {
			d := f.device("a", props("keep", "1", "drop", "2"))
			out := f.call(200, "PATCH", "/device/devices/"+d, `{"customProperties":[{"name":"keep","value":"3"}]}`)
			f.want([]any{map[string]any{"name": "keep", "value": "3"}}, out["customProperties"])
		}},
		"a device enters a dynamic group at once": {nil, func(f *fixture) {
			g := f.group("d", `,"appliesTo":"team == \"x\""`)
			f.device("a", props("team", "x"))
			f.want([]string{"a"}, f.names("/device/groups/"+g+"/devices", ""))
		}},
		"a device enters and leaves a dynamic group late when switched": {func(w *lmsim.Switches) { w.MembershipDelay = 30 }, func(f *fixture) {
			g := f.group("d", `,"appliesTo":"team == \"x\""`)
			d := f.device("a", props("team", "x"))
			f.wait(29 * time.Second)
			f.want([]string{}, f.names("/device/groups/"+g+"/devices", ""))
			f.wait(time.Second)
			f.want([]string{"a"}, f.names("/device/groups/"+g+"/devices", ""))
			f.call(200, "PATCH", "/device/devices/"+d, `{"customProperties":[{"name":"team","value":"y"}]}`)
			f.want([]string{"a"}, f.names("/device/groups/"+g+"/devices", ""))
			f.wait(30 * time.Second)
			f.want([]string{}, f.names("/device/groups/"+g+"/devices", ""))
		}},
		"system.ips follows a changed name late": {nil, func(f *fixture) {
			d := id(f.call(200, "POST", "/device/devices", `{"name":"10.0.0.1","displayName":"a","preferredCollectorId":1,"customProperties":[{"name":"system.ips","value":"10.0.0.1"}]}`))
			f.call(200, "PATCH", "/device/devices/"+d, `{"name":"10.0.0.2"}`)
			f.want(any("10.0.0.1"), prop(f.call(200, "GET", "/device/devices/"+d, ""), "systemProperties", "system.ips"))
			f.wait(10 * time.Second)
			f.want(any("10.0.0.2"), prop(f.call(200, "GET", "/device/devices/"+d, ""), "systemProperties", "system.ips"))
		}},
		"system.ips follows a changed name at once when switched": {func(w *lmsim.Switches) { w.SystemIPsDelay = 0 }, func(f *fixture) {
			d := f.device("a", "")
			out := f.call(200, "PATCH", "/device/devices/"+d, `{"name":"10.0.0.2"}`)
			f.want(any("10.0.0.2"), prop(out, "systemProperties", "system.ips"))
		}},
		"the display name of a device in the recycle bin is free": {nil, func(f *fixture) {
			f.call(200, "DELETE", "/device/devices/"+f.device("a", "")+"?deleteHard=false", "")
			f.device("a", "")
		}},
		"the display name of a device in the recycle bin is held when switched": {func(w *lmsim.Switches) { w.RecycledNameReusable = false }, func(f *fixture) {
			f.call(200, "DELETE", "/device/devices/"+f.device("a", "")+"?deleteHard=false", "")
			f.refused(409, 1409, "POST", "/device/devices", `{"name":"a","displayName":"a","preferredCollectorId":1}`)
		}},
		"sensitive values come back as stars, and stars keep the value": {nil, func(f *fixture) {
			d := f.device("a", props("ssh.pass", "hunter2"))
			out := f.call(200, "PATCH", "/device/devices/"+d, `{"customProperties":[{"name":"ssh.pass","value":"********"}]}`)
			f.want(any("********"), prop(out, "customProperties", "ssh.pass"))
			stored, _ := f.Device(1)
			f.want("hunter2", stored.Custom[0].Value)
		}},
		"sensitive values come back as they are when switched": {func(w *lmsim.Switches) { w.MaskedSuffixes = "" }, func(f *fixture) {
			d := f.device("a", props("ssh.pass", "hunter2"))
			f.want(any("hunter2"), prop(f.call(200, "GET", "/device/devices/"+d, ""), "customProperties", "ssh.pass"))
		}},
		"a group that is not empty is not deleted without deleteChildren": {nil, func(f *fixture) {
			g := f.group("g", "")
			f.device("a", `,"hostGroupIds":"`+g+`"`)
			f.refused(400, 1400, "DELETE", "/device/groups/"+g, "")
		}},
		"what a deleted group holds moves to the root when switched": {func(w *lmsim.Switches) { w.DeleteNonEmptyGroup = "move" }, func(f *fixture) {
			g := f.group("g", "")
			f.group("child", `,"parentId":`+g)
			d := f.device("a", `,"hostGroupIds":"`+g+`"`)
			f.call(200, "DELETE", "/device/groups/"+g, "")
			f.want("1", f.call(200, "GET", "/device/devices/"+d, "")["hostGroupIds"])
			f.want([]string{"child"}, f.names("/device/groups", `parentId:1`))
		}},
		"404 names what is missing": {nil, func(f *fixture) {
			f.want(any("No such Agent19"), f.call(404, "GET", "/setting/collector/collectors/19", "")["errorMessage"])
			f.refused(404, 1404, "GET", "/device/devices/19", "")
			f.refused(404, 1404, "PATCH", "/device/groups/19", `{}`)
			f.refused(404, 1404, "DELETE", "/device/devices/19", "")
		}},
		"a new device shows late in lists when switched": {func(w *lmsim.Switches) { w.ListLag = 5 }, func(f *fixture) {
			d := f.device("a", "")
			f.want([]string{}, f.names("/device/devices", ""))
			f.want([]string{}, f.names("/device/devices", `displayName:"a"`))
			f.call(200, "GET", "/device/devices/"+d, "")
			f.wait(5 * time.Second)
			f.want([]string{"a"}, f.names("/device/devices", ""))
		}},
		"a new device can be read late when switched": {func(w *lmsim.Switches) { w.GetLag = 5 }, func(f *fixture) {
			d := f.device("a", "")
			f.refused(404, 1404, "GET", "/device/devices/"+d, "")
			f.wait(5 * time.Second)
			f.call(200, "GET", "/device/devices/"+d, "")
		}},
		"pages of unsorted lists shift when switched": {func(w *lmsim.Switches) { w.ShiftingPages = "unsorted" }, func(f *fixture) {
			f.devices(30)
			if got := f.paged("&sort=%2Bid"); got != 30 {
				f.t.Errorf("sorted: got %d different devices, want 30", got)
			}
			if got := f.paged(""); got == 30 {
				f.t.Error("unsorted: every device was seen, want some skipped")
			}
		}},
		"an empty property value is refused, dropped or stored": {nil, func(f *fixture) {
			f.refused(400, 1400, "POST", "/device/devices", `{"name":"n","displayName":"d","preferredCollectorId":1`+props("k", "")+`}`)
			f.turn(func(w *lmsim.Switches) { w.EmptyPropertyValue = "drop" })
			f.want([]any{}, f.call(200, "GET", "/device/devices/"+f.device("drop", props("k", "")), "")["customProperties"])
			f.turn(func(w *lmsim.Switches) { w.EmptyPropertyValue = "store" })
			f.want(any(""), prop(f.call(200, "GET", "/device/devices/"+f.device("store", props("k", "")), ""), "customProperties", "k"))
		}},
		"a collector registers by itself, or is purged, when switched": {func(w *lmsim.Switches) { w.RegisterAfter = 60 }, func(f *fixture) {
			c := "/setting/collector/collectors/" + id(f.call(200, "POST", "/setting/collector/collectors", `{"description":"new"}`))
			f.want(any(0.0), f.call(200, "GET", c, "")["status"])
			f.wait(time.Minute)
			f.want(any(1.0), f.call(200, "GET", c, "")["status"])
			f.turn(func(w *lmsim.Switches) { w.RegisterAfter, w.CollectorPurge = -1, 60 })
			c = "/setting/collector/collectors/" + id(f.call(200, "POST", "/setting/collector/collectors", `{"description":"never"}`))
			f.wait(time.Minute)
			f.refused(404, 1404, "GET", c, "")
		}},
		"an ops note shows late when switched": {func(w *lmsim.Switches) { w.NoteLag = 5 }, func(f *fixture) {
			n, _ := f.call(200, "POST", "/setting/opsnotes", `{"note":"x"}`)["id"].(string)
			f.refused(404, 1404, "GET", "/setting/opsnotes/"+n, "")
			f.wait(5 * time.Second)
			f.call(200, "GET", "/setting/opsnotes/"+n, "")
		}},
		"system.categories shows among system properties when switched": {func(w *lmsim.Switches) { w.CategoriesInSystem = true }, func(f *fixture) {
			d := f.device("a", props("system.categories", "KubernetesPod"))
			f.want(any("KubernetesPod"), prop(f.call(200, "GET", "/device/devices/"+d, ""), "systemProperties", "system.categories"))
			f.turn(func(w *lmsim.Switches) { w.CategoriesInSystem = false })
			f.want(nil, prop(f.call(200, "GET", "/device/devices/"+d, ""), "systemProperties", "system.categories"))
		}},
		"a device marked deleted goes after its duration": {nil, func(f *fixture) {
			f.group("g", props("kubernetes.resourcedeleteafterduration", "P1DT0H0M0S"))
			d := f.device("a", `,"hostGroupIds":"2"`+props("system.categories", "KubernetesPodDeleted", "kubernetes.resourceDeletedOn", "1800000000"))
			f.wait(24*time.Hour - time.Second)
			f.call(200, "GET", "/device/devices/"+d, "")
			f.wait(time.Second)
			f.refused(404, 1404, "GET", "/device/devices/"+d, "")
		}},
		"a device marked deleted stays when switched": {func(w *lmsim.Switches) { w.AutoRemove = false }, func(f *fixture) {
			d := f.device("a", props("system.categories", "KubernetesPodDeleted", "kubernetes.resourceDeletedOn", "1", "kubernetes.resourcedeleteafterduration", "PT1S"))
			f.wait(time.Hour)
			f.call(200, "GET", "/device/devices/"+d, "")
		}},
		"hostile names are refused, or taken when switched": {nil, func(f *fixture) {
			f.refused(400, 1400, "POST", "/device/devices", `{"name":"a b","displayName":"d","preferredCollectorId":1}`)
			f.refused(400, 1400, "POST", "/device/devices", `{"name":"a","displayName":"d*","preferredCollectorId":1}`)
			f.turn(func(w *lmsim.Switches) { w.StrictNames = false })
			f.call(200, "POST", "/device/devices", `{"name":"a b","displayName":"d*","preferredCollectorId":1}`)
		}},
		"=~ minds case, or not when switched": {nil, func(f *fixture) {
			f.device("a", props("team", "Blue"))
			g := f.group("g", `,"appliesTo":"team =~ \"blue\""`)
			f.want([]string{}, f.names("/device/groups/"+g+"/devices", ""))
			f.turn(func(w *lmsim.Switches) { w.RegexIgnoresCase = true })
			g = f.group("h", `,"appliesTo":"team =~ \"blue\""`)
			f.want([]string{"a"}, f.names("/device/groups/"+g+"/devices", ""))
		}},
		"exists asks for a name, or for a value when switched": {nil, func(f *fixture) {
			f.device("a", props("team", "blue"))
			g := f.group("g", `,"appliesTo":"exists(\"team\") && !exists(\"blue\")"`)
			f.want([]string{"a"}, f.names("/device/groups/"+g+"/devices", ""))
			f.turn(func(w *lmsim.Switches) { w.ExistsByValue = true })
			g = f.group("h", `,"appliesTo":"exists(\"blue\") && !exists(\"team\")"`)
			f.want([]string{"a"}, f.names("/device/groups/"+g+"/devices", ""))
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { c.test(newFixture(t, c.turn)) })
	}
}

func (f *fixture) want(want, got any) {
	f.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.t.Errorf("unexpected (-want +got):\n%s", diff)
	}
}

func (f *fixture) turn(change func(*lmsim.Switches)) {
	f.t.Helper()
	w := f.Switches()
	change(&w)
	if err := f.SetSwitches(w); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) devices(n int) {
	f.t.Helper()
	if err := f.Seed(lmsim.Seed{Pods: n}); err != nil {
		f.t.Fatal(err)
	}
}

// paged pages through all devices and returns how many different ones it saw.
func (f *fixture) paged(more string) int {
	f.t.Helper()
	seen := map[string]bool{}
	for _, offset := range []string{"0", "10", "20"} {
		for _, n := range f.names("/device/devices?size=10&offset="+offset+more, "") {
			seen[n] = true
		}
	}
	return len(seen)
}
