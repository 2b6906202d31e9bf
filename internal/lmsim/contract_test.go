package lmsim_test

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

func sign(key, verb string, epoch int64, body, path string) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "%s%d%s%s", verb, epoch, body, path)
	return base64.StdEncoding.EncodeToString([]byte(hex.EncodeToString(mac.Sum(nil))))
}

func TestAuthentication(t *testing.T) {
	demo := lmsim.DemoToken()
	now := time.Unix(1_800_000_000, 0)
	lmv1 := func(at time.Time, body, path string) string {
		ms := at.UnixMilli()
		return fmt.Sprintf("LMv1 %s:%s:%d", demo.AccessID, sign(demo.AccessKey, "POST", ms, body, path), ms)
	}
	const body = `{"name":"Ä b"}`
	cases := map[string]struct {
		authorization string
		want          int
	}{
		"LMv1 over the exact body":     {lmv1(now, body, "/device/groups"), 200},
		"LMv1 29 minutes old":          {lmv1(now.Add(-29*time.Minute), body, "/device/groups"), 200},
		"LMv1 31 minutes old":          {lmv1(now.Add(-31*time.Minute), body, "/device/groups"), 401},
		"LMv1 31 minutes early":        {lmv1(now.Add(31*time.Minute), body, "/device/groups"), 401},
		"LMv1 over another body":       {lmv1(now, body+"\n", "/device/groups"), 401},
		"LMv1 over another path":       {lmv1(now, body, "/device/devices"), 401},
		"LMv1 over the path with base": {lmv1(now, body, "/santaba/rest/device/groups"), 401},
		"LMv1 without its parts":       {"LMv1 nonsense", 401},
		"Bearer":                       {"Bearer " + demo.Bearer, 200},
		"another Bearer":               {"Bearer nobody", 401},
		"Basic":                        {"Basic eDp5", 401},
		"nothing":                      {"", 401},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, nil)
			r := f.request("POST", "/device/groups", body)
			r.Header.Set("Authorization", c.authorization)
			resp, err := f.Transport().RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.want {
				t.Errorf("got status %d, want %d", resp.StatusCode, c.want)
			}
			if got := resp.Header.Get("Date"); got != now.UTC().Format(http.TimeFormat) {
				t.Errorf("got Date %q, want the account's clock", got)
			}
			if resp.Header.Get("X-Rate-Limit-Limit") == "" {
				t.Error("the answer has no rate limit headers")
			}
		})
	}
}

// TestSignatureVectors checks the published form of LMv1 against signatures made elsewhere.
func TestSignatureVectors(t *testing.T) {
	f := newFixture(t, nil)
	f.AddToken(lmsim.Token{Name: "vector", AccessID: "id", AccessKey: "test-access-key", Role: lmsim.Administrator()})
	f.wait(time.UnixMilli(1700000000000).Sub(f.now()))
	const credential = "LMv1 id:%s:1700000000000"
	for name, c := range map[string]struct{ verb, url, body, sig string }{
		"GET":    {"GET", "/santaba/rest/device/devices", "", "MGM5ZDQxMDRkNmRmYTZmN2Y0YTJiNGJmYTI5NDA5ZDM5NjljYjQwMGY2NWFmMjJhNmYzODJmY2ZiMTViNzcwMQ=="},
		"POST":   {"POST", "/santaba/rest/device/devices", `{"name":"n","displayName":"d","preferredCollectorId":1}`, "YTc1NDYwNGIzMjRiYWQ3N2QwNDg5NmQzYjhmNTI0ZTAzMTgxYTNlZWZmNjAyZWU0NWYxMDM5NWJiM2Q0YmEwYQ=="},
		"DELETE": {"DELETE", "/santaba/rest/device/devices/42", "", "NzVlZjdlMzk2ZjVkY2IyZDk4MzU4ZjY0OTQ2NzAwOTk1OTgwYjQ1ZDI1YmJkNzkzYzUzMTMyZDAyNTMwZTkyNw=="},
		"ingest": {"POST", "/rest/log/ingest", `[{"msg":"hello"}]`, "YjExOTBjMGU2NTVmMGYwNDlmZDE0ZTVjNWI0NjE4NjI2ODY3ZjQ2ZjMxMTBiMzdjNDYxZDIxMDI4NmQxNjY4Yw=="},
	} {
		r, err := http.NewRequest(c.verb, "http://lm"+c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Version", "3")
		r.Header.Set("Authorization", fmt.Sprintf(credential, c.sig))
		resp, err := f.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusUnauthorized {
			t.Errorf("%s: the signature was refused", name)
		}
	}
}

// TestOrderOfChecks proves each check comes before the next: a call that fails several answers for
// the first.
func TestOrderOfChecks(t *testing.T) {
	f := newFixture(t, nil)
	limits := f.Limits()
	limits.Endpoints["POST /device/devices"] = 1
	f.SetLimits(limits)
	f.AddToken(lmsim.Token{Name: "reader", Bearer: "reader", Role: lmsim.Role{Devices: lmsim.Read}})

	f.bearer = "wrong"
	f.refused(404, 1400, "POST", "/no/such/route", "{")  // route before credential
	f.refused(401, 1401, "POST", "/device/devices", "{") // credential before rate
	f.refused(401, 1401, "POST", "/device/devices", "{") // and it takes nothing of the limit
	f.bearer = "reader"
	f.refused(403, 1403, "POST", "/device/devices", "{") // role before body; it takes of the limit
	f.refused(429, 1429, "POST", "/device/devices", "{") // rate before role
	f.wait(time.Minute)
	f.bearer = lmsim.DemoToken().Bearer
	f.refused(400, 1400, "POST", "/device/devices", "{") // body before all that follows
	f.wait(time.Minute)
	f.device("one", "")
	f.refused(404, 1404, "PATCH", "/device/devices/99", `{"displayName":"one"}`) // existence before uniqueness
}

func TestRoles(t *testing.T) {
	for name, c := range map[string]struct {
		role               lmsim.Role
		method, path, body string
		want               int
	}{
		"devices none":        {lmsim.Role{}, "GET", "/device/devices", "", 403},
		"devices read":        {lmsim.Role{Devices: lmsim.Read}, "GET", "/device/devices", "", 200},
		"devices read, write": {lmsim.Role{Devices: lmsim.Read}, "DELETE", "/device/devices/1", "", 403},
		"devices manage":      {lmsim.Role{Devices: lmsim.Manage}, "DELETE", "/device/devices/1", "", 404},
		"groups none":         {lmsim.Role{Devices: lmsim.Manage}, "GET", "/device/groups", "", 403},
		"groups read":         {lmsim.Role{Groups: lmsim.Read}, "POST", "/device/groups", `{"name":"g"}`, 403},
		"groups manage":       {lmsim.Role{Groups: lmsim.Manage}, "POST", "/device/groups", `{"name":"g"}`, 200},
		"collectors none":     {lmsim.Role{Devices: lmsim.Manage}, "GET", "/setting/collector/collectors", "", 403},
		"collectors read":     {lmsim.Role{Collectors: lmsim.Read}, "GET", "/setting/collector/groups", "", 200},
		"opsnotes none":       {lmsim.Role{Devices: lmsim.Manage}, "POST", "/setting/opsnotes", `{"note":"x"}`, 403},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, nil)
			f.AddToken(lmsim.Token{Name: "t", Bearer: "t", Role: c.role})
			f.bearer = "t"
			f.call(c.want, c.method, c.path, c.body)
		})
	}
}

func TestVersionOneEnvelope(t *testing.T) {
	f := newFixture(t, nil)
	for path, want := range map[string]float64{"/device/groups/1": 200, "/device/groups/99": 1404} {
		r := f.request("GET", path, "")
		r.Header.Del("X-Version")
		resp, err := f.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !strings.Contains(string(body), fmt.Sprintf(`"status":%v`, want)) || !strings.Contains(string(body), `"data":`) {
			t.Errorf("%s: got %d %s, want 200 and status %v in the body", path, resp.StatusCode, body, want)
		}
	}
}

func TestRollingWindow(t *testing.T) {
	f := newFixture(t, nil)
	f.SetLimits(lmsim.Limits{Window: 60, Methods: map[string]int{"GET": 3}})
	get := func(want int, remaining string) {
		t.Helper()
		f.call(want, "GET", "/device/groups/1", "")
		if got := f.header.Get("X-Rate-Limit-Remaining"); got != remaining || f.header.Get("X-Rate-Limit-Window") != "60" || f.header.Get("Retry-After") != "" {
			t.Errorf("got headers %v, want remaining %s", f.header, remaining)
		}
	}
	get(200, "2")
	f.wait(30 * time.Second)
	get(200, "1")
	get(200, "0")
	get(429, "0")
	f.call(200, "GET", "/device/devices", "") // another endpoint is another bucket
	f.wait(30 * time.Second)
	get(200, "0") // the first call has left the window
	get(429, "0")
	f.wait(60 * time.Second)
	get(200, "2") // refused calls did not count

	f.turn(func(w *lmsim.Switches) { w.CountRefused = true })
	get(200, "1")
	get(200, "0")
	f.wait(59 * time.Second)
	get(429, "0")
	get(429, "0")
	f.wait(2 * time.Second)
	get(200, "0") // of the window of 3, the two refused calls still hold 2

	limits := f.Limits()
	limits.Methods["GET"] = 10
	f.SetLimits(limits) // while running
	get(200, "6")
}

func TestOtherUsersOfTheAccount(t *testing.T) {
	f := newFixture(t, nil)
	f.SetLimits(lmsim.Limits{Window: 60, Methods: map[string]int{"GET": 100}})
	remaining := func() string {
		f.call(200, "GET", "/device/devices", "")
		return f.header.Get("X-Rate-Limit-Remaining")
	}
	f.want("99", remaining())
	f.turn(func(w *lmsim.Switches) { w.TenantShare = 0.5 })
	f.want("98", remaining())
	f.wait(30 * time.Second)
	f.want("72", remaining()) // 3 ours, 25 of the other user
	f.wait(60 * time.Second)
	f.want("49", remaining())
	f.UseBudget("GET /device/devices", 40)
	f.want("8", remaining())
}

func TestLogIngest(t *testing.T) {
	f := newFixture(t, nil)
	f.device("pod", props("auto.name", "web", "auto.namespace", "shop"))
	post := func(body []byte, encoding string) (int, string) {
		r, err := http.NewRequest("POST", "http://lm/rest/log/ingest", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+f.bearer)
		r.Header.Set("Content-Encoding", encoding)
		resp, err := f.Transport().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		out, _ := io.ReadAll(resp.Body)
		if resp.StatusCode < 300 && resp.Header.Get("x-request-id") == "" {
			t.Error("the answer has no x-request-id")
		}
		return resp.StatusCode, string(out)
	}
	good := `{"msg":"up","_lm.resourceId":{"auto.name":"web","auto.namespace":"shop"},"log_level":"warn"}`
	if status, body := post([]byte("["+good+"]"), ""); status != 202 || body != `{"message":"Accepted","success":true}` {
		t.Errorf("got %d %s, want 202", status, body)
	}
	if status, body := post([]byte("["+good+`,{"msg":"x","_lm.resourceId":{"auto.name":"nobody"}}]`), ""); status != 207 || !strings.Contains(body, `"code":4001`) || strings.Count(body, `"event"`) != 1 {
		t.Errorf("got %d %s, want 207 with one error", status, body)
	}
	if status, _ := post([]byte(`[{"msg":"x","_lm.resourceId":{"auto.name":"nobody","auto.namespace":"shop","_op":"OR"}}]`), ""); status != 202 {
		t.Errorf("OR: got %d, want 202", status)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte("[" + good + "]"))
	z.Close()
	if status, _ := post(zipped.Bytes(), "gzip"); status != 202 {
		t.Errorf("gzip: got %d, want 202", status)
	}
	if status, _ := post(zipped.Bytes()[:10], "gzip"); status != 400 {
		t.Errorf("broken gzip: got %d, want 400", status)
	}
	if status, _ := post([]byte(`{}`), ""); status != 400 {
		t.Errorf("no array: got %d, want 400", status)
	}
	if status, _ := post(bytes.Repeat([]byte(" "), 8<<20+1), ""); status != 413 {
		t.Errorf("9 MB: got %d, want 413", status)
	}
	logs := f.Logs()
	if len(logs) != 4 || logs[0].Device != 1 || logs[0].Metadata["log_level"] != "warn" {
		t.Errorf("got logs %+v, want four, the first of device 1", logs)
	}
	long := `[{"msg":"` + strings.Repeat("x", 40<<10) + `"}]`
	if status, _ := post([]byte(long), ""); status != 202 || len(f.Logs()[4].Message) != 32<<10 {
		t.Errorf("long message: got %d and %d bytes, want 202 and it cut", status, len(f.Logs()[4].Message))
	}
	f.turn(func(w *lmsim.Switches) { w.LongLogs = "refuse" })
	if status, _ := post([]byte(long), ""); status != 207 {
		t.Errorf("long message refused: got %d, want 207", status)
	}
	f.SetLimits(lmsim.Limits{Window: 60, Methods: map[string]int{"POST": 1}})
	if status, body := post([]byte("["+good+"]"), ""); status != 429 || !strings.Contains(body, `"success":false`) {
		t.Errorf("over the limit: got %d %s, want 429", status, body)
	}
}
