package lm

import (
	"encoding/json"
	"slices"
	"testing"
	"time"
)

func TestTruth(t *testing.T) {
	for text, want := range map[string]Truth{`true`: true, `false`: false, `"true"`: true, `"false"`: false, `null`: false} {
		var got Truth
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	var got Truth
	if err := json.Unmarshal([]byte(`7`), &got); err == nil {
		t.Error("7: got no error")
	}
}

func TestGroupIDs(t *testing.T) {
	for text, want := range map[string]GroupIDs{`"1,2"`: {1, 2}, `" 1 , 2 "`: {1, 2}, `""`: nil, `"7"`: {7}} {
		var got GroupIDs
		if err := json.Unmarshal([]byte(text), &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
	}
	var got GroupIDs
	if err := json.Unmarshal([]byte(`"1,x"`), &got); err == nil {
		t.Error("1,x: got no error")
	}
	text, err := json.Marshal(DeviceFields{HostGroupIDs: GroupIDs{1, 23}})
	if err != nil || string(text) != `{"hostGroupIds":"1,23"}` {
		t.Errorf("got %s, %v", text, err)
	}
}

// Only what is set is sent, and what is set to nothing is sent too.
func TestDeviceFields_sendsWhatIsSet(t *testing.T) {
	for want, fields := range map[string]DeviceFields{
		`{}`: {},
		`{"description":"","preferredCollectorId":0,"disableAlerting":false,"customProperties":[]}`: {
			Description: new(""), PreferredCollectorID: new(CollectorID(0)), DisableAlerting: new(false), CustomProperties: []Property{}},
	} {
		got, err := json.Marshal(fields)
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v; want %s", got, err, want)
		}
	}
}

func TestEndpoints(t *testing.T) {
	seen := map[Endpoint]bool{}
	for _, e := range Endpoints() {
		if seen[e] || e.Method() == "" || e.Template()[0] != '/' {
			t.Errorf("%q is there twice or not a method and a path", e)
		}
		seen[e] = true
	}
	if got, want := EndpointDeviceProperty.at("7", "a{b}"), "/device/devices/7/properties/a{b}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if EndpointTestAppliesTo.changes() || EndpointDevice.changes() || !EndpointPatchDevice.changes() {
		t.Error("which endpoints change the account is wrong")
	}
}

func TestRetryAfter(t *testing.T) {
	for value, want := range map[string]time.Duration{"": 0, "7": 7 * time.Second, "-1": 0, "x": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0, "9999999": 24 * time.Hour} {
		if got := retryAfter(map[string][]string{"Retry-After": {value}}); got != want {
			t.Errorf("%q: got %v, want %v", value, got, want)
		}
	}
}
