package lmsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// TestJournal proves that commits come in one order, with who, what, before and after.
func TestJournal(t *testing.T) {
	f := newFixture(t, nil)
	d := f.device("a", props("k", "1"))
	start := f.Journal(account.JournalQuery{Last: 1})[0].Seq
	f.call(200, "PATCH", "/device/devices/"+d, `{"displayName":"b"}`)
	f.refused(404, 1404, "DELETE", "/device/devices/99", "") // a refused call commits nothing
	name := "c"
	if err := f.EditDevice(1, account.DeviceInput{DisplayName: &name}); err != nil {
		t.Fatal(err)
	}
	f.call(200, "DELETE", "/device/devices/"+d, "")
	got := [][]any{}
	for i, c := range f.Journal(account.JournalQuery{Since: start}) {
		got = append(got, []any{c.Seq - start - uint64(i), c.Who, c.Op, c.Type, c.ID, display(c.Before), display(c.After)})
	}
	f.want([][]any{
		{uint64(1), "demo", "update", "device", "1", "a", "b"},
		{uint64(1), "person", "update", "device", "1", "b", "c"},
		{uint64(1), "demo", "delete", "device", "1", "c", ""},
	}, got)
	f.want(2, len(f.Journal(account.JournalQuery{Name: "a", Type: "device"})))
	f.want(4, len(f.Journal(account.JournalQuery{ID: "1", Type: "device"})))
	f.want(1, f.CountCalls("DELETE", "/device/devices/{id}", 404))
	calls := f.Calls(0)
	f.want([]any{"PATCH", "/device/devices/1", uint64(1)}, []any{calls[1].Method, calls[1].Path, calls[1].Commits})
	f.want(uint64(0), calls[2].Commits)
}

func display(record any) string {
	d, ok := record.(*account.Device)
	if !ok || d == nil {
		return ""
	}
	return d.DisplayName
}

func TestJournalIsBounded(t *testing.T) {
	s := lmsim.New(lmsim.Options{JournalSize: 10, CallLogSize: 10})
	if err := s.Seed(lmsim.Seed{Foreign: 50}); err != nil {
		t.Fatal(err)
	}
	list := s.Journal(account.JournalQuery{})
	if len(list) != 10 || list[0].Seq+9 != list[9].Seq || list[9].Name != fmt.Sprintf("server-%d", list[9].Seq-1) {
		t.Errorf("got %d commits from %d to %d, want the newest ten in order", len(list), list[0].Seq, list[9].Seq)
	}
}

// TestConcurrentCallers proves that under concurrency one display name goes to one device, and that
// the journal replayed gives the account.
func TestConcurrentCallers(t *testing.T) {
	f := newFixture(t, nil)
	f.SetLimits(lmsim.NoLimits())
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				body := fmt.Sprintf(`{"name":"h%d-%d","displayName":"d%d","preferredCollectorId":1}`, w, i, i)
				resp, err := f.Transport().RoundTrip(f.request("POST", "/device/devices", body))
				if err == nil {
					resp.Body.Close()
				}
			}
		})
	}
	wg.Wait()
	f.want(25, f.CountCalls("POST", "", 200))
	f.want(175, f.CountCalls("POST", "", 409))
	replayed := map[string]bool{}
	for _, c := range f.Journal(account.JournalQuery{Type: "device"}) {
		replayed[display(c.After)] = true
	}
	n, _ := f.Size()
	f.want([]int{25, 25}, []int{n, len(replayed)})
}

func TestStateSurvivesRestart(t *testing.T) {
	f := newFixture(t, nil)
	g := f.group("g", `,"appliesTo":"team == \"x\""`+props("k", "v"))
	f.device("a", props("team", "x", "db.pass", "secret"))
	f.device("gone", "")
	f.call(200, "DELETE", "/device/devices/2?deleteHard=false", "")
	f.call(200, "POST", "/setting/opsnotes", `{"note":"n"}`)
	file := filepath.Join(t.TempDir(), "state.json")
	if err := f.Save(file); err != nil {
		t.Fatal(err)
	}
	again := newFixture(t, nil)
	if err := again.Load(file); err != nil {
		t.Fatal(err)
	}
	before, _ := f.DumpJSON(account.View{Unmasked: true})
	after, _ := again.DumpJSON(account.View{Unmasked: true})
	f.want(string(before), string(after))
	f.want([]string{"a"}, again.names("/device/groups/"+g+"/devices", ""))
	f.want("3", again.device("next", "")) // ids are not given out twice
	if err := again.Load(file + ".absent"); err == nil {
		t.Error("a missing file was loaded")
	}
}

// TestNoCredentialIsShown looks for canaries in everything the simulator shows.
func TestNoCredentialIsShown(t *testing.T) {
	const canary = "canary"
	var log bytes.Buffer
	s := lmsim.New(lmsim.Options{
		Log:    slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Tokens: []lmsim.Token{{Name: "t", AccessID: "id", AccessKey: canary + "-key", Bearer: canary + "-bearer", Role: lmsim.Administrator()}},
	})
	collector, err := s.AddCollector(lmsim.Collector{})
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"name":"n","displayName":"d","preferredCollectorId":%d,"customProperties":[{"name":"db.pass","value":"canary-property"}]}`, collector)
	for _, bearer := range []string{canary + "-bearer", canary + "-wrong"} {
		r, _ := http.NewRequest("POST", "http://lm/santaba/rest/device/devices", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("X-Version", "3")
		_, text, err := roundTrip(s.Transport(), r)
		if err != nil || strings.Contains(text, canary) {
			t.Errorf("an answer shows a credential: %s %v", text, err)
		}
	}
	admin := httptest.NewServer(s.AdminHandler())
	defer admin.Close()
	add, _ := http.NewRequest("POST", admin.URL+"/api/tokens", strings.NewReader(`{"name":"u","bearer":"canary-3"}`))
	if status, text, err := roundTrip(http.DefaultTransport, add); err != nil || status != 200 || strings.Contains(text, canary) {
		t.Fatal(status, err)
	}
	for _, path := range []string{"/", "/api/summary", "/api/counts", "/api/calls", "/api/dump", "/api/journal", "/api/switches", "/api/meters", "/api/limits",
		"/api/faults", "/api/devices/1", "/api/groups", "/api/groups/1", "/api/groups/1/devices", "/api/search?q=d", "/api/logs"} {
		resp, err := http.Get(admin.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK || bytes.Contains(text, []byte(canary)) {
			t.Errorf("%s: status %d, or it shows a credential: %.200s", path, resp.StatusCode, text)
		}
	}
	token := lmsim.Token{Name: "t", AccessKey: canary, Bearer: canary}
	for _, text := range []string{log.String(), fmt.Sprintf("%v %+v %#v", token, token, token)} {
		if strings.Contains(text, canary) {
			t.Errorf("a credential is logged: %.200s", text)
		}
	}
}

func TestAdminAPI(t *testing.T) {
	f := newFixture(t, nil)
	admin := httptest.NewServer(f.AdminHandler())
	defer admin.Close()
	do := func(want int, method, path, body string) map[string]any {
		t.Helper()
		r, _ := http.NewRequest(method, admin.URL+"/api/"+path, strings.NewReader(body))
		status, text, err := roundTrip(http.DefaultTransport, r)
		if err != nil || status != want {
			t.Fatalf("%s %s: got %d %s %v, want %d", method, path, status, text, err, want)
		}
		var out map[string]any
		_ = json.Unmarshal([]byte(text), &out) // lists are not looked at here
		return out
	}
	do(200, "POST", "seed", `{"foreign":20,"pods":5,"cluster":"x"}`)
	f.want(25.0, do(200, "GET", "summary", "")["devices"])
	f.want(0.5, do(200, "PATCH", "switches", `{"lose":0.5}`)["lose"])
	do(400, "PATCH", "switches", `{"lose":5}`)
	do(400, "PATCH", "switches", `{"unknown":1}`)
	f.want(0.5, f.Switches().Lose)
	do(200, "PATCH", "switches", `{"lose":0}`)
	do(200, "PUT", "faults", `[{"action":"drop","times":1}]`)
	do(400, "PUT", "faults", `[{"action":"nonsense"}]`)
	f.want(1, len(f.Faults()))
	do(200, "DELETE", "faults", "")
	do(200, "PUT", "limits", `{"window":10,"methods":{"GET":5},"endpoints":{}}`)
	do(400, "PUT", "limits", `{"window":0}`)
	f.want(10, f.Limits().Window)
	do(200, "POST", "meters/use", `{"bucket":"GET /device/devices","calls":4}`)
	f.want(1, f.Meters()[0].Remaining)
	do(200, "PATCH", "devices/1", `{"displayName":"by hand"}`)
	f.want("by hand", do(200, "GET", "devices/1", "")["displayName"])
	do(404, "GET", "devices/999", "")
	do(200, "PATCH", "collectors/1", `{"isDown":true}`)
	f.want("dead-collector", do(200, "GET", "devices/1", "")["hostStatus"])
	do(200, "POST", "collectors", `{"description":"second"}`)
	do(200, "DELETE", "devices/1?soft=true", "")
	f.want(1.0, do(200, "GET", "summary", "")["recycled"])
	g := do(200, "POST", "groups", `{"name":"by hand"}`)
	do(200, "PATCH", "groups/"+id(g), `{"appliesTo":"auto.clustername == \"x\""}`)
	f.want(5.0, do(200, "GET", "groups/"+id(g), "")["numOfHosts"])
	do(400, "DELETE", "groups/"+id(g), "") // it is not empty
	do(200, "DELETE", "groups/"+id(g)+"?children=true", "")
	f.want(19.0, do(200, "GET", "summary", "")["devices"])
	do(200, "POST", "reset", "")
	f.want(0.0, do(200, "GET", "summary", "")["devices"])

	r, _ := http.NewRequest("POST", admin.URL+"/api/reset", nil)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if status, _, err := roundTrip(http.DefaultTransport, r); err != nil || status != http.StatusForbidden {
		t.Errorf("a request from another site's page: got %d %v, want 403", status, err)
	}
}
