package lmsim_test

import (
	"testing"
)

func TestGroupTree(t *testing.T) {
	f := newFixture(t, nil)
	top := f.group("top", props("k", "top", "only", "top"))
	mid := f.group("mid", `,"parentId":`+top+props("k", "mid"))
	dyn := f.group("dyn", `,"parentId":`+top+`,"appliesTo":"team == \"x\""`)
	both := f.device("both", `,"hostGroupIds":"`+mid+`"`+props("team", "x"))
	f.device("other", "")

	count := func(g string, hosts, direct float64) {
		t.Helper()
		out := f.call(200, "GET", "/device/groups/"+g, "")
		f.want([]any{hosts, direct}, []any{out["numOfHosts"], out["numOfDirectDevices"]})
	}
	count("1", 2, 1)
	count(top, 1, 0) // in two of its sub-groups, counted once
	count(mid, 1, 1)
	count(dyn, 1, 1)
	out := f.call(200, "GET", "/device/groups/"+top, "")
	f.want([]any{"top", 2.0}, []any{out["fullPath"], out["numOfDirectSubGroups"]})
	f.want("top/mid", out["subGroups"].([]any)[0].(map[string]any)["fullPath"])
	f.want([]string{"mid"}, f.names("/device/groups", `fullPath:"top/mid"`))
	f.want([]string{"", "top", "mid"}, f.names("/device/groups", `appliesTo:""`))
	f.want([]string{"mid"}, f.names("/device/groups", `parentId:"`+top+`",name:"mid"`))

	device := f.call(200, "GET", "/device/devices/"+both, "")
	f.want(any("mid"), prop(device, "inheritedProperties", "k")) // the nearer group wins
	f.want(any("top"), prop(device, "inheritedProperties", "only"))
	f.want(any("top/mid,top/dyn"), prop(device, "systemProperties", "system.groups"))
	f.want(any("top/mid"), prop(device, "systemProperties", "system.staticgroups"))

	f.call(200, "PATCH", "/device/groups/"+mid, `{"parentId":1}`)
	f.want("mid", f.call(200, "GET", "/device/groups/"+mid, "")["fullPath"])
	f.call(200, "PATCH", "/device/groups/"+dyn, `{"appliesTo":"team == \"nobody\""}`)
	count(top, 0, 0)
	count("1", 2, 1)
	f.call(200, "PATCH", "/device/groups/"+top, `{"name":"renamed"}`)
	f.want("renamed/dyn", f.call(200, "GET", "/device/groups/"+dyn, "")["fullPath"])

	f.refused(400, 1031, "POST", "/device/groups", `{"name":"bad","appliesTo":"team =="}`)
	f.refused(400, 1400, "POST", "/device/groups", `{"name":"a/b"}`)
	f.refused(400, 1400, "POST", "/device/groups", `{"name":"x","parentId":99}`)
	f.refused(400, 1400, "PATCH", "/device/groups/"+top, `{"parentId":`+dyn+`}`) // below itself
	f.refused(400, 1400, "DELETE", "/device/groups/1", "")
}

// TestDeleteChildrenReachesFar proves the trap: devices go account-wide, also those in other groups.
func TestDeleteChildrenReachesFar(t *testing.T) {
	f := newFixture(t, nil)
	g := f.group("g", `,"appliesTo":"team == \"x\""`)
	other := f.group("other", "")
	f.device("lost", `,"hostGroupIds":"`+other+`"`+props("team", "x"))
	f.device("kept", `,"hostGroupIds":"`+other+`"`)
	f.call(200, "DELETE", "/device/groups/"+g+"?deleteChildren=true&deleteHard=false", "")
	f.want([]string{"kept"}, f.names("/device/devices", ""))
	item := f.call(200, "GET", "/recyclebin/recycles", "")["items"].([]any)[0].(map[string]any)
	f.call(200, "POST", "/recyclebin/recycles/batchrestore", `["`+item["id"].(string)+`"]`)
	f.want([]string{"lost"}, f.names("/device/groups/"+g+"/devices", ""))
}

func TestAppliesToFunction(t *testing.T) {
	f := newFixture(t, nil)
	f.device("a", props("team", "x"))
	out := f.call(200, "POST", "/functions", `{"type":"testAppliesTo","currentAppliesTo":"team == \"x\"","originalAppliesTo":"false()","needInheritProps":true}`)
	f.want([]any{map[string]any{"id": 1.0, "name": "a", "type": "device"}}, out["currentMatches"])
	f.want([]any{}, out["originalMatches"])
	f.refused(400, 1031, "POST", "/functions", `{"type":"testAppliesTo","currentAppliesTo":"("}`)
}

func TestOpsNotes(t *testing.T) {
	f := newFixture(t, nil)
	d := f.device("a", "")
	out := f.call(200, "POST", "/setting/opsnotes", `{"note":"rollout","tags":[{"name":"argus"}],"scopes":[{"type":"device","deviceId":`+d+`,"groupId":"0"},{"type":"deviceGroup","groupId":1}]}`)
	path := "/setting/opsnotes/" + out["id"].(string)
	f.want("a", out["scopes"].([]any)[0].(map[string]any)["deviceName"])
	f.want(1_800_000_000.0, out["happenOnInSec"])
	f.want("later", f.call(200, "PATCH", path, `{"note":"later"}`)["note"])
	f.want([]any{}, f.call(200, "PUT", path, `{"note":"put"}`)["tags"])
	f.want(1.0, f.call(200, "GET", "/setting/opsnotes", "")["total"])
	f.refused(400, 1400, "POST", "/setting/opsnotes", `{}`)
	f.refused(400, 1400, "POST", "/setting/opsnotes", `{"note":"x","scopes":[{"type":"device","deviceId":99}]}`)
	f.call(200, "DELETE", path, "")
	f.refused(404, 1404, "DELETE", path, "")
}
