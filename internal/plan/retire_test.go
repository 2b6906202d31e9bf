package plan

import (
	"testing"
	"time"
)

func TestFormatDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"P10DT0H0M0S":   10 * 24 * time.Hour, // as the first Argus writes it
		"P0DT0H0M0S":    0,
		"P0DT1H2M3S":    time.Hour + 2*time.Minute + 3*time.Second,
		"P400DT23H0M0S": 400*24*time.Hour + 23*time.Hour,
	} {
		if got := FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%v): got %q, want %q", d, got, want)
		}
		if back, ok := ParseDuration(want); !ok || back != d {
			t.Errorf("ParseDuration(%q): got %v, %v, want %v", want, back, ok, d)
		}
	}
}
