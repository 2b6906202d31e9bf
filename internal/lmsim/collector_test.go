package lmsim_test

import (
	"io"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

func (f *fixture) kill(collector int32) {
	f.t.Helper()
	down := true
	if err := f.SetCollector(collector, account.CollectorState{IsDown: &down}); err != nil {
		f.t.Fatal(err)
	}
}

func TestCollectors(t *testing.T) {
	f := newFixture(t, nil)
	group := id(f.call(200, "POST", "/setting/collector/groups", `{"name":"demo","autoBalance":true}`))
	f.refused(409, 1409, "POST", "/setting/collector/groups", `{"name":"DEMO"}`)

	c := f.call(200, "POST", "/setting/collector/collectors", `{"description":"demo-0","collectorGroupId":`+group+`,"needAutoCreateCollectorDevice":false}`)
	f.want([]any{0.0, false, "demo"}, []any{c["status"], c["needAutoCreateCollectorDevice"], c["collectorGroupName"]})
	f.want(1.0, f.call(200, "GET", "/setting/collector/collectors?filter=collectorGroupId:"+group+`,description:%22demo-0%22`, "")["total"])

	path := "/setting/collector/collectors/" + id(c)
	f.want(7.0, f.call(200, "PATCH", path, `{"escalatingChainId":7}`)["escalatingChainId"])
	f.want(0.0, f.call(200, "PATCH", path, `{"escalatingChainId":0}`)["escalatingChainId"])
	f.refused(400, 1400, "POST", path+"/ackdown", `{"comment":"x"}`) // it is not down
	f.refused(400, 1400, "DELETE", "/setting/collector/groups/"+group, "")

	f.device("a", "")
	f.refused(400, 1400, "DELETE", "/setting/collector/collectors/1", "")
	f.kill(1)
	f.call(200, "POST", "/setting/collector/collectors/1/ackdown", `{"comment":"known"}`)
	f.want("known", f.call(200, "GET", "/setting/collector/collectors/1", "")["ackComment"])
	f.want("dead-collector", f.call(200, "GET", "/device/devices/1", "")["hostStatus"])
	f.call(200, "DELETE", path, "")
	f.call(200, "DELETE", "/setting/collector/groups/"+group, "")
	f.call(200, "GET", "/setting/collector/collectors/versions", "")
}

func TestAutoBalancedGroupSpreadsDevices(t *testing.T) {
	f := newFixture(t, nil)
	group := id(f.call(200, "POST", "/setting/collector/groups", `{"name":"balanced","autoBalance":true}`))
	f.refused(400, 1400, "POST", "/device/devices", `{"name":"n","displayName":"d","preferredCollectorId":0,"autoBalancedCollectorGroupId":`+group+`}`)
	for range 2 {
		if _, err := f.AddCollector(lmsim.Collector{GroupID: 2}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[any]int{}
	for _, name := range []string{"a", "b", "c", "d"} {
		out := f.call(200, "POST", "/device/devices", `{"name":"`+name+`","displayName":"`+name+`","preferredCollectorId":0,"autoBalancedCollectorGroupId":`+group+`}`)
		seen[out["preferredCollectorId"]]++
	}
	f.want(map[any]int{2.0: 2, 3.0: 2}, seen)
	out := f.call(200, "PATCH", "/device/devices/1", `{"preferredCollectorId":1}`)
	f.want(2.0, out["preferredCollectorId"]) // in a balanced group it cannot be chosen by hand
	out = f.call(200, "PATCH", "/device/devices/1", `{"autoBalancedCollectorGroupId":0,"preferredCollectorId":1}`)
	f.want(1.0, out["preferredCollectorId"])
}

// An installer is bytes and no JSON, of a collector that is there, for a system and a
// size that exist.
func TestCollectorInstaller(t *testing.T) {
	f := newFixture(t, nil)
	path := "/setting/collector/collectors/" + id(f.call(200, "POST", "/setting/collector/collectors", `{"description":"new"}`)) + "/installers/"
	resp, err := f.Transport().RoundTrip(f.request("GET", path+"Linux64?collectorSize=small", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(string(data), "#!/bin/sh\n") {
		t.Errorf("got %d %s %q, %v; want a script", resp.StatusCode, resp.Header.Get("Content-Type"), data, err)
	}
	f.refused(400, 1400, "GET", path+"Plan9", "")
	f.refused(400, 1400, "GET", path+"Win64?collectorSize=huge", "")
	f.refused(404, 1404, "GET", "/setting/collector/collectors/99/installers/Linux64", "")
}
