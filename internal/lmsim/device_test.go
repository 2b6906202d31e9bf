package lmsim_test

import (
	"testing"
	"time"
)

func TestDeviceUpdates(t *testing.T) {
	for name, c := range map[string]struct {
		method, query, body string
		want                map[string]any // custom properties afterwards
		description         any
	}{
		"PATCH without properties leaves them":         {"PATCH", "", `{"description":"n"}`, map[string]any{"a": "1", "b": "2"}, "n"},
		"PATCH refresh removes the others":             {"PATCH", "?opType=refresh", `{"customProperties":[{"name":"A","value":"9"}]}`, map[string]any{"a": "9"}, "d"},
		"PATCH replace keeps the others":               {"PATCH", "?opType=replace", `{"customProperties":[{"name":"a","value":"9"},{"name":"c","value":"3"}]}`, map[string]any{"a": "9", "b": "2", "c": "3"}, "d"},
		"PATCH add keeps what exists as it is":         {"PATCH", "?opType=add", `{"customProperties":[{"name":"a","value":"9"},{"name":"c","value":"3"}]}`, map[string]any{"a": "1", "b": "2", "c": "3"}, "d"},
		"PATCH takes only the fields of patchFields":   {"PATCH", "?PatchFields=description", `{"description":"n","customProperties":[]}`, map[string]any{"a": "1", "b": "2"}, "n"},
		"PUT returns missing fields to their defaults": {"PUT", "", `{"name":"x","displayName":"x","preferredCollectorId":1}`, map[string]any{}, ""},
		"PUT with replace merges properties":           {"PUT", "?opType=replace", `{"name":"x","displayName":"x","preferredCollectorId":1,"customProperties":[{"name":"c","value":"3"}]}`, map[string]any{"a": "1", "b": "2", "c": "3"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, nil)
			d := f.device("x", `,"description":"d","disableAlerting":true`+props("a", "1", "b", "2"))
			out := f.call(200, c.method, "/device/devices/"+d+c.query, c.body)
			got := map[string]any{}
			for _, p := range out["customProperties"].([]any) {
				e := p.(map[string]any)
				got[e["name"].(string)] = e["value"]
			}
			f.want(c.want, got)
			f.want(c.description, out["description"])
			f.want(c.method == "PATCH", out["disableAlerting"])
		})
	}
}

func TestDeviceCreateChecks(t *testing.T) {
	f := newFixture(t, nil)
	group := f.group("g", `,"appliesTo":"false()"`)
	for body, want := range map[string][2]float64{
		`{"displayName":"d","preferredCollectorId":1}`:                                                          {400, 1400},
		`{"name":"n","preferredCollectorId":1}`:                                                                 {400, 1400},
		`{"name":"n","displayName":"d"}`:                                                                        {400, 1400},
		`{"name":"n","displayName":"d","preferredCollectorId":77}`:                                              {400, 1400},
		`{"name":"n","displayName":"d","preferredCollectorId":1,"hostGroupIds":"77"}`:                           {400, 1400},
		`{"name":"n","displayName":"d","preferredCollectorId":"1"}`:                                             {400, 1400},
		`{"name":"n","displayName":"d","preferredCollectorId":1,"customProperties":[{"name":"1","value":"x"}]}`: {400, 14003},
	} {
		f.refused(int(want[0]), want[1], "POST", "/device/devices", body)
	}
	out := f.call(200, "POST", "/device/devices", `{"name":"10.9.8.7","displayName":"d","preferredCollectorId":1,"deviceType":8,"hostGroupIds":"`+group+
		`","customProperties":[{"name":"auto.name","value":"p"},{"name":"system.ips","value":"10.9.8.7"},{"name":"system.hostname","value":"forged"}]}`)
	f.want("1", out["hostGroupIds"]) // a dynamic group is ignored
	f.want(any("p"), prop(out, "customProperties", "auto.name"))
	f.want(any("p"), prop(out, "autoProperties", "auto.name"))
	f.want(nil, prop(out, "customProperties", "system.ips"))
	f.want(any("10.9.8.7"), prop(out, "systemProperties", "system.ips"))
	f.want(any("10.9.8.7"), prop(out, "systemProperties", "system.hostname"))
	f.want(8.0, f.call(200, "PATCH", "/device/devices/"+id(out), `{"deviceType":0}`)["deviceType"])
}

func TestPropertyEndpoints(t *testing.T) {
	f := newFixture(t, nil)
	g := f.group("g", props("inherited", "i"))
	d := "/device/devices/" + f.device("x", `,"hostGroupIds":"`+g+`"`+props("own", "1", "system.categories", "A,B")) + "/properties"
	f.refused(404, 1404, "PUT", d+"/absent", `{"value":"v"}`)
	f.refused(409, 1409, "POST", d, `{"name":"OWN","value":"v"}`)
	f.call(200, "POST", d, `{"name":"kubernetes.label.app.kubernetes.io/name","value":"v"}`)
	f.want("v", f.call(200, "GET", d+"/kubernetes.label.app.kubernetes.io%2Fname", "")["value"])
	f.want("v", f.call(200, "GET", d+"/kubernetes.label.app.kubernetes.io/name", "")["value"])
	f.want("C", f.call(200, "PUT", d+"/system.categories", `{"name":"system.categories","value":"C","type":"system"}`)["value"])
	f.want("2", f.call(200, "PATCH", d+"/own", `{"value":"2"}`)["value"])
	f.refused(400, 1400, "PUT", d+"/inherited", `{"value":"v"}`)
	f.refused(400, 1400, "DELETE", d+"/system.hostname", "")
	f.call(200, "DELETE", d+"/own", "")
	f.refused(404, 1404, "DELETE", d+"/own", "")
	f.want("Inherit", f.call(200, "GET", d+"/inherited", "")["type"])

	p := "/device/groups/" + g + "/properties"
	f.call(200, "POST", p, `{"name":"new","value":"n"}`)
	f.want([]string{"inherited", "new"}, f.names(p, ""))
	f.call(200, "DELETE", p+"/new", "")
	f.refused(404, 1404, "DELETE", p+"/new", "")
}

func TestRecycleBin(t *testing.T) {
	f := newFixture(t, nil)
	d := f.device("x", props("k", "v"))
	f.call(200, "DELETE", "/device/devices/"+d+"?deleteHard=false", "")
	f.refused(404, 1404, "GET", "/device/devices/"+d, "")
	f.want([]string{}, f.names("/device/devices", ""))
	f.want([]string{"x"}, f.names("/device/devices?includeDeletedResources=true", ""))
	item := f.call(200, "GET", "/recyclebin/recycles?sort=-deletedOn", "")["items"].([]any)[0].(map[string]any)
	f.want([]any{"device", "x", "demo"}, []any{item["resourceType"], item["resourceName"], item["deletedBy"]})
	f.call(200, "POST", "/recyclebin/recycles/batchrestore", `["`+item["id"].(string)+`"]`)
	f.want(any("v"), prop(f.call(200, "GET", "/device/devices/"+d, ""), "customProperties", "k"))

	f.call(200, "DELETE", "/device/devices/"+d+"?deleteHard=false", "")
	f.device("y", "")
	f.wait(7*24*time.Hour + time.Second)
	f.want(0.0, f.call(200, "GET", "/recyclebin/recycles", "")["total"])
	f.call(200, "DELETE", "/device/devices/2", "") // hard is the default
	f.want(0.0, f.call(200, "GET", "/recyclebin/recycles", "")["total"])
}

func TestDelta(t *testing.T) {
	f := newFixture(t, nil)
	a, b := f.device("a", ""), f.device("b", "")
	first := f.call(200, "GET", "/device/devices/delta", "")
	path := "/device/devices/delta/" + first["deltaId"].(string)
	f.want(2.0, first["total"])
	f.want(0.0, f.call(200, "GET", path, "")["total"])
	f.call(200, "PATCH", "/device/devices/"+a, `{"description":"x"}`)
	f.call(200, "DELETE", "/device/devices/"+b, "")
	f.device("c", "")
	got := map[any]any{}
	for _, i := range f.call(200, "GET", path, "")["items"].([]any) {
		got[i.(map[string]any)["displayName"]] = i.(map[string]any)["status"]
	}
	f.want(map[any]any{"a": "UPDATED", "b": "DELETED", "c": "ADDED"}, got)
	f.wait(30*time.Minute + time.Second)
	f.refused(404, 1404, "GET", path, "")
}

func TestListing(t *testing.T) {
	f := newFixture(t, nil)
	for _, n := range []string{"b", "a", "C"} {
		f.device(n, props("team", n+n))
	}
	f.want([]string{"a", "b", "C"}, f.names("/device/devices?sort=%2BdisplayName", ""))
	f.want([]string{"C", "b", "a"}, f.names("/device/devices?sort=-displayName", ""))
	f.want([]string{"b", "a", "C"}, f.names("/device/devices?sort=+id", "")) // the plus arrives as a space
	out := f.call(200, "GET", "/device/devices?fields=id,displayName,nonsense&size=1", "")
	f.want([]any{map[string]any{"id": 1.0, "displayName": "b"}}, out["items"])
	f.want(3.0, out["total"])
	f.refused(400, 1400, "GET", "/device/devices?size=0", "")
	f.refused(400, 1400, "GET", "/device/devices?size=x", "")
	f.refused(400, 14004, "GET", "/device/devices?filter=%22", "")
	f.refused(400, 1400, "GET", "/device/devices?filter=hostStatus:dead", "")
	f.want([]string{"b"}, f.names("/device/devices", `displayName:"B"`))
	f.want([]string{"b", "C"}, f.names("/device/devices", `displayName:"b"|"c"`))
	f.want([]string{"a"}, f.names("/device/devices", `customProperties:"{\"name\":\"team\",\"value\":\"aa\"}"`))
}
