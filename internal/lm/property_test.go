package lm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/lm"
)

func TestCheckDevice(t *testing.T) {
	long := strings.Repeat("é", 256)
	for name, tt := range map[string]struct {
		device lm.DeviceFields
		fields []string
	}{
		"a pod":                   {pod("web-0"), nil},
		"an address":              {lm.DeviceFields{Name: new("fd00::1")}, nil},
		"a label with a slash":    {props(lm.Property{Name: "kubernetes.label.app.kubernetes.io/name", Value: "a b,c"}), nil},
		"255 characters":          {lm.DeviceFields{DisplayName: new(long[2:])}, nil},
		"a name with a blank":     {lm.DeviceFields{Name: new("web 0")}, []string{"name"}},
		"an empty name":           {lm.DeviceFields{Name: new("")}, []string{"name"}},
		"a long name":             {lm.DeviceFields{Name: new(strings.Repeat("a", 256))}, []string{"name"}},
		"a long display name":     {lm.DeviceFields{DisplayName: new(long)}, []string{"displayName"}},
		"a star":                  {lm.DeviceFields{DisplayName: new("a*b")}, []string{"displayName"}},
		"a newline":               {lm.DeviceFields{DisplayName: new("a\nb")}, []string{"displayName"}},
		"two hashes":              {lm.DeviceFields{DisplayName: new("a##b")}, []string{"displayName"}},
		"blanks at the end":       {lm.DeviceFields{DisplayName: new("a ")}, []string{"displayName"}},
		"a long description":      {lm.DeviceFields{Description: new(strings.Repeat("a", 65536))}, []string{"description"}},
		"a property with a digit": {props(lm.Property{Name: "1a", Value: "x"}), []string{"customProperties.1a"}},
		"a property twice":        {props(lm.Property{Name: "a", Value: "x"}, lm.Property{Name: "A", Value: "y"}), []string{"customProperties.A"}},
		"an empty value":          {props(lm.Property{Name: "a"}), []string{"customProperties.a"}},
		"a long value":            {props(lm.Property{Name: "a", Value: "canary" + strings.Repeat("x", 24000)}), []string{"customProperties.a"}},
		"a name with a tab":       {props(lm.Property{Name: "a\tb", Value: "x"}), []string{"customProperties.a\tb"}},
		"several":                 {lm.DeviceFields{Name: new(""), DisplayName: new("a*"), CustomProperties: []lm.Property{{Name: "", Value: "x"}}}, []string{"name", "displayName", "customProperties."}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, fault := range lm.CheckDevice(tt.device) {
				got = append(got, fault.Field)
				if fault.Problem == "" || fault.Mend == "" {
					t.Errorf("%+v names no problem or no mend", fault)
				}
				assertNoCanary(t, "the error", fault.Error())
			}
			if diff := cmp.Diff(tt.fields, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func props(p ...lm.Property) lm.DeviceFields { return lm.DeviceFields{CustomProperties: p} }

func TestCheckGroup(t *testing.T) {
	for name, want := range map[string]int{"Kubernetes Cluster: demo": 0, "a/b": 1, "": 1, " a": 1, strings.Repeat("x", 256): 1} {
		if got := lm.CheckGroup(lm.DeviceGroupFields{Name: new(name)}); len(got) != want {
			t.Errorf("%.20q: got %v, want %d faults", name, got, want)
		}
	}
}

func TestTrim(t *testing.T) {
	if got, want := lm.Trim("web-0", 255), "web-0"; got != want {
		t.Errorf("got %q, want it unchanged", got)
	}
	// The form is part of names in accounts: it must not change.
	if got, want := lm.Trim("a-name-that-is-too-long", 20), "a-name-th-c8400dedb3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.StringN(0, 40, -1).Draw(r, "a"), rapid.StringN(0, 40, -1).Draw(r, "b")
		limit := rapid.IntRange(12, 30).Draw(r, "limit")
		got := lm.Trim(a, limit)
		if n := len([]rune(got)); n > limit {
			r.Errorf("%q has %d characters, want at most %d", got, n, limit)
		}
		if lm.Trim(a, limit) != got || lm.Trim(got, limit) != got {
			r.Errorf("%q is not always trimmed alike", a)
		}
		if a != b && lm.Trim(b, limit) == got {
			r.Errorf("%q and %q become the same %q", a, b, got)
		}
	})
}
