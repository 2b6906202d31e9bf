package lm_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/appliesto"
	"github.com/argus-k8s/argus/internal/lmsim"
)

func lenient(w *lmsim.Switches) { w.StrictNames, w.EmptyPropertyValue = false, "store" }

// seedTexts are texts that have broken builders of expressions before.
func seedTexts() []string {
	return []string{
		"web-0", "a b", " a ", `"`, `\`, `\"`, `a\`, `a"b`, `","name~"`, `"||displayName~"`, "*", "a*", "%", "%22", "%2522", "a+b", "+", "(prod)", "[x]",
		"$&#", "a,b", "a|b", "a||b", `x") || true() || ("`, `x" || "1" == "1`, "süß", "日本", "\u200b", "\n", "\x00", "null", "true", "0", ":", "~", "!", "AND", "kubernetes.label.app.kubernetes.io/name",
	}
}

// What goes into a filter comes back as exactly that text, and matches exactly one
// of the devices there are.
func FuzzFilter(f *testing.F) {
	for _, text := range seedTexts() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !utf8.ValidString(value) || strings.TrimSpace(value) == "" || len(value) > 200 {
			return
		}
		sim, c := newSim(t, lm.Config{}, lenient)
		ctx := t.Context()
		want, err := c.CreateDevice(ctx, odd("the-one", value))
		if err != nil {
			return // the account itself refuses such a name
		}
		for i, decoy := range []string{value + "x", "x" + value, "x", strings.ReplaceAll(value, value[:1], value[:1]+"_")} {
			_, _ = c.CreateDevice(ctx, odd(fmt.Sprintf("decoy-%d", i), decoy))
		}
		for name, filter := range map[string]lm.Filter[lm.Device]{
			"display name": lm.DeviceWithDisplayName(value), "like": lm.DevicesWithDisplayNameLike(value),
			"property": lm.DevicesWithProperty("kubernetes.label.odd", value),
			"both":     lm.DeviceWithDisplayName(value).And(lm.DevicesWithProperty("Kubernetes.Label.Odd", value)),
		} {
			got, err := all(c.ListDevices(ctx, lm.DeviceQuery{Filter: filter, Fields: []string{"name"}}))
			if err != nil || len(got) != 1 || got[0].ID != want.ID || got[0].DisplayName != want.DisplayName && name != "property" {
				t.Errorf("%s %q as %s: got %v, %v; want exactly device %d", name, value, filter, got, err, want.ID)
			}
		}
		if d, _ := sim.Device(int32(want.ID)); d.DisplayName != value {
			t.Errorf("the account has %q, want %q", d.DisplayName, value)
		}
	})
}

func odd(name, value string) lm.DeviceFields {
	d := pod(name)
	d.DisplayName = new(value)
	d.CustomProperties = []lm.Property{{Name: "kubernetes.label.odd", Value: value}}
	return d
}

// What goes into an AppliesTo expression is only ever a text in it.
func FuzzAppliesTo(f *testing.F) {
	for _, text := range seedTexts() {
		f.Add("kubernetes.label.odd", text)
		f.Add("l"+text, "value")
	}
	f.Add("not", "v")
	f.Add("a-b", "v")
	f.Add("a.1", "v")
	f.Fuzz(func(t *testing.T, name, value string) {
		if !utf8.ValidString(name+value) || value == "" || len(name+value) > 200 {
			return
		}
		device := pod("the-one")
		device.CustomProperties = []lm.Property{{Name: name, Value: value}, {Name: lm.CategoriesProperty, Value: "KubernetesPod"}}
		if len(lm.CheckDevice(device)) > 0 {
			return
		}
		_, c := newSim(t, lm.Config{}, lenient)
		ctx := t.Context()
		one, err := c.CreateDevice(ctx, device)
		if err != nil {
			return // the account itself refuses such a property
		}
		decoy := pod("decoy")
		decoy.CustomProperties = []lm.Property{{Name: name, Value: value + "x"}, {Name: "decoy", Value: value}, {Name: lm.CategoriesProperty, Value: "KubernetesPod"}}
		other, err := c.CreateDevice(ctx, decoy)
		if err != nil {
			return
		}
		is := appliesto.Equal(name, value)
		for expr, want := range map[appliesto.Expr][]lm.DeviceID{
			is: {one.ID},
			appliesto.All(appliesto.HasCategory("KubernetesPod"), is):                                          {one.ID},
			appliesto.All(appliesto.HasCategory("KubernetesPod"), appliesto.Not(is)):                           {other.ID},
			appliesto.All(appliesto.Any(is, appliesto.Equal("decoy", value)), appliesto.NotEqual(name, value)): {other.ID},
			appliesto.All(is, appliesto.HasCategory(value+"x")):                                                nil,
			{}: nil,
		} {
			matches, err := c.TestAppliesTo(ctx, expr)
			var got []lm.DeviceID
			for _, m := range matches {
				got = append(got, lm.DeviceID(m.ID))
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: got %v, %v; want %v", expr, got, err, want)
			}
		}
	})
}

// A transport that answers everything the same way.
type answering struct {
	status int
	header http.Header
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(strings.NewReader(a.body)), Request: r}, nil
}

// Whatever an answer is, the outcome is a typed, bounded error on one line, or a
// device with the id asked for.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{
		`{"errorMessage":"No such device","errorCode":1404,"errorDetail":null}`, `{"errorMessage":null}`, `{"errorCode":"1404"}`, `{"errorCode":{}}`,
		`{"status":1404,"errmsg":"No such","data":null}`, `{"status":200,"errmsg":"OK","data":{"id":1}}`, `{"id":1}`, `{"id":2}`, `{"id":"1"}`, `{}`, `[]`, `null`, ``, `"`,
		"<html><head><title>503 Service Temporarily Unavailable</title></head></html>", "<TITLE>\u0130</TITLE>", "\xff\xfe", strings.Repeat("x", 5000), `{"errorMessage":"a\nb\u0000c","errorCode":1}`,
	} {
		for _, status := range []int{200, 202, 302, 400, 401, 403, 404, 409, 429, 500, 503} {
			f.Add(status, "application/json", body)
		}
	}
	f.Add(503, "text/html; charset=utf-8", "<title>x")
	f.Fuzz(func(t *testing.T, status int, contentType, body string) {
		if status < 200 || status > 599 || status == 429 {
			status = 400 + (status&0x7fffffff)%10
		}
		c := clientOf(t, answering{status, http.Header{"Content-Type": {contentType}}, body}, lm.Config{Limits: map[lm.Endpoint]lm.Limit{lm.EndpointPatchDevice: {}}})
		device, err := c.PatchDevice(t.Context(), 1, lm.DeviceFields{})
		if err == nil {
			if status > 299 || device.ID != 1 {
				t.Fatalf("HTTP %d %q: got device %d and no error", status, body, device.ID)
			}
			return
		}
		class := lm.ClassOf(err)
		if class == lm.ClassNone || class == lm.ClassUnavailable || class == lm.ClassMalformed {
			t.Errorf("HTTP %d %q: class %v; an answered change is refused, or its outcome is not known", status, body, class)
		}
		text := err.Error()
		if len(text) > 4*400 || strings.ContainsAny(text, "\n\r\x00\x1b") || !utf8.ValidString(text) {
			t.Errorf("HTTP %d %q: the error is not one printable line: %q", status, body, text)
		}
	})
}

// Whatever a page is, a listing without an error has yielded as many different
// devices as the page says there are. What says nothing of that is no page.
func FuzzList(f *testing.F) {
	for _, body := range []string{
		`{"total":1,"searchId":null,"items":[{"id":1}]}`, `{"items":[{"id":2},{"id":3}],"total":2}`, `{"total":0,"items":[]}`, `{"total":0,"items":null}`,
		`{"total":2,"items":[{"id":1}]}`, `{"total":-3,"items":[{"id":1},{"id":2}]}`, `{"total":2,"items":[{"id":1},{"id":1}]}`, `{"total":1,"items":[null]}`, `{"total":1,"items":[{"id":0}]}`,
		`{"total":1,"items":[{"id":1}]`, `{"total":1,"items":[{"id":1}]}{}`, `{"total":1e9,"items":[]}`, `{"items":[]}`, `{"total":0}`, `{"total":null,"items":[]}`, `[]`, ``, `{"total":1,"items":{"id":1}}`,
		`{"errorMessage":"x","errorCode":1500,"total":0,"items":[]}`, `{"total":1,"items":[{"id":1,"hostGroupIds":"1,2","customProperties":[{"name":"a","value":"b"}]}]}`, `{"total":1,"items":[{"id":1,"hostGroupIds":"x"}]}`,
		`{"total":2,"items":[{"id":2},{"id":1}]}`, `{"total":1,"total":0,"items":[{"id":1}],"items":[]}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c := clientOf(t, answering{200, http.Header{"X-Rate-Limit-Limit": {"100000"}, "X-Rate-Limit-Remaining": {"100000"}, "X-Rate-Limit-Window": {"1"}}, body}, lm.Config{PageSize: 5})
		devices, err := all(c.ListDevices(t.Context(), lm.DeviceQuery{}))
		if err != nil {
			if lm.ClassOf(err) == lm.ClassNone {
				t.Errorf("%q: error %v has no class", body, err)
			}
			return
		}
		var page struct {
			Total int               `json:"total"`
			Items []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatalf("%q: no error for what is not JSON: %v", body, err)
		}
		var parts map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &parts); err != nil || parts["total"] == nil || parts["items"] == nil {
			t.Errorf("%q: no error for what is no page: %v", body, err)
		}
		seen := map[lm.DeviceID]bool{}
		for _, d := range devices {
			if seen[d.ID] || d.ID <= 0 {
				t.Errorf("%q: device %d twice or without an id", body, d.ID)
			}
			seen[d.ID] = true
		}
		if len(devices) < max(page.Total, -page.Total) || len(devices) > len(page.Items) {
			t.Errorf("%q: %d devices and no error", body, len(devices))
		}
	})
}
