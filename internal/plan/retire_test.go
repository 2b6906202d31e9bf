package plan

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/resource"
)

// TestRetire_KeepsWhatIsOthers: marking a resource deleted adds to its categories,
// and writes what the mark is made of and nothing else.
func TestRetire_KeepsWhatIsOthers(t *testing.T) {
	have := observed(7, wanted("uid-1", "a"))
	have.Categories = []string{"snmp", "KubernetesPod", "MyTeam"}
	have.Properties = append(have.Properties[:len(have.Properties):len(have.Properties)], resource.Property{Name: "owner", Value: "somebody"})
	c := Case{Key: key, Now: time.Unix(100, 0), Policy: Policy{Retention: Retention{After: time.Hour}}}
	change := c.retire(have, "gone")
	got := map[string]string{}
	for _, p := range change.Set {
		got[p.Name] = p.Value
	}
	want := map[string]string{resource.PropCategories: "snmp,KubernetesPod,MyTeam,KubernetesPodDeleted", resource.PropDeletedOn: "100"}
	if diff := cmp.Diff(want, got); diff != "" || len(change.Remove) > 0 || !change.Retires {
		t.Errorf("got %+v; written (-want +got):\n%s", change, diff)
	}
}

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

// marked is a resource that somebody marked deleted, and said how long to keep.
func marked(deletedOn, keep string) *resource.Observed {
	return &resource.Observed{Life: resource.Deleted, Properties: []resource.Property{
		{Name: resource.PropDeletedOn, Value: deletedOn}, {Name: resource.PropDeleteAfter, Value: keep},
	}}
}

func TestRetention_Due(t *testing.T) {
	tests := map[string]struct {
		deletedOn, keep string
		want            string // "" when nothing is due
	}{
		"a day":                      {"1000", "P1D", "1970-01-02T00:16:40Z"},
		"longer than can be counted": {"1000", "P99999Y", "1970-01-01T01:16:40Z"}, // the hour that all others get
		"below zero":                 {"1000", "-P1D", "1970-01-01T01:16:40Z"},
		"no time at all":             {"1000", "P0D", ""},
		"not a time":                 {"soon", "P1D", ""},
		"before all time":            {"-1", "P1D", ""},
		"after all time":             {"9223372036854775807", "P1D", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			due, ok := Retention{After: time.Hour}.Due(marked(test.deletedOn, test.keep))
			got := due.UTC().Format(time.RFC3339)
			if ok != (test.want != "") || ok && got != test.want {
				t.Errorf("Due = %s, %v, want %q", got, ok, test.want)
			}
		})
	}
}

// Whatever the properties of a resource say, it is not due before it was marked.
func FuzzRetention(f *testing.F) {
	f.Add("1795378744", "P1DT12H")
	f.Add("9223372036854775807", "P290Y")
	f.Add("-9223372036854775808", "-P290Y")
	f.Add("0", "P1D2D")
	f.Fuzz(func(t *testing.T, deletedOn, keep string) {
		r := Retention{After: time.Hour}
		due, ok := r.Due(marked(deletedOn, keep))
		if !ok {
			return
		}
		seconds, err := strconv.ParseInt(deletedOn, 10, 64)
		if err != nil || !due.After(time.Unix(seconds, 0)) || due.Unix() < seconds {
			t.Errorf("marked at %q for %q: due %v, want later", deletedOn, keep, due)
		}
		label := &resource.Observed{Properties: []resource.Property{{Name: labelDeleteAfter, Value: keep}}}
		if kept, text := r.keeps(label); kept < 0 || text == "" && kept != r.After {
			t.Errorf("label %q: kept for %v, want what it says or the common time", keep, kept)
		}
	})
}
