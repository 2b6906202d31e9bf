package takeover

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

var secret = resource.Key{Kind: "secrets", Namespace: "shop", Name: "creds"}

// TestKinds_preset: what the first Argus mirrored and a preset leaves out stays as
// it is, and so do its groups.
func TestKinds_preset(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		if s.form == "v6" {
			return // its files name no presets
		}
		text := chartFile(s.golden)
		from, to := strings.Index(text, "  disable: ["), strings.Index(text, "  annotations:")
		s.configure(t, text[:from]+text[to:]+"kinds: {preset: essentials}\n")
		s.plan(t).check(t, s, nil)
		before := s.dump(t)
		a := s.start(t)
		a.settle(t)
		s.want(t, "taking over", s.taking()...)
		time.Sleep(3 * time.Hour)
		s.want(t, "three quiet hours")
		s.same(t, before, s.dump(t))
	})
}

// TestKinds_disabled: the resources of a kind that is switched off by name are
// removed, as they were by the first Argus, and a plan says so first.
func TestKinds_disabled(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		if s.form == "v6" {
			s.configure(t, v6File(s.golden)+"disable_resource_monitoring: [secret]\n")
		} else {
			s.configure(t, strings.Replace(chartFile(s.golden), "disable: [", "disable: [secrets, ", 1))
		}
		d := s.find(t, secret)
		if d.property(resource.PropDeletedOn) != "" {
			return // it was removed before
		}
		text := fmt.Sprintf("%s resource %d: excluded by configuration: the kind is switched off", s.removal(), d.ID)
		s.plan(t).check(t, s, map[resource.Key]string{secret: text})
		a := s.start(t)
		a.settle(t)
		s.want(t, "taking over", s.taking(s.removed(t, secret))...)
	})
}
