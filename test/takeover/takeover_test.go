// Package takeover proves that Argus can be put in the place of the first Argus
// and taken out again: the accounts of test/golden, which the first Argus filled,
// are loaded into the simulator, the objects they were made of into a cluster in
// memory, and Argus runs on both with the configuration files of its predecessors.
// It must not reach into what it tests: everything is seen in the account's own
// journal and dump.
package takeover

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/argus-k8s/argus/internal/resourcegroup"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTakeOver: on an account of the first Argus nothing is written but to the
// cluster group, once, and then nothing for a day.
func TestTakeOver(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		before := s.dump(t)
		a := s.start(t)
		a.settle(t)

		got := s.commits()
		want := append(s.missed(), "update deviceGroup Kubernetes Cluster: lab")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("changes of the account (-want +got):\n%s", diff)
		}
		// The account is found to be this cluster's: at most one question by name,
		// one for the whole, and a look at every group that stands in for one.
		if got, most := s.reads(), len(before.devices)/999+8; got > most {
			t.Errorf("reads of the account: got %d, want at most %d", got, most)
		}
		if got := s.cluster.reads; got != len(s.missed()) {
			t.Errorf("fresh reads of objects: got %d, want %d", got, len(s.missed()))
		}

		s.forgetCalls()
		time.Sleep(24 * time.Hour)
		if got := s.commits(); len(got) > 0 {
			t.Errorf("changes on a quiet day: got %q, want none", got)
		}
		if got, most := s.reads(), 24*(4+6); got > most {
			t.Errorf("reads of the account on a quiet day: got %d, want at most %d", got, most)
		}
		s.same(t, before, s.dump(t))
	})
}

// TestTakeOver_again: once the group is marked a start writes nothing at all.
func TestTakeOver_again(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		a := s.start(t)
		a.settle(t)
		a.stop()
		s.commits()
		a = s.start(t)
		a.settle(t)
		if got := s.commits(); len(got) > 0 {
			t.Errorf("changes at the second start: got %q, want none", got)
		}
	})
}

// TestTakeOver_whatIsWritten: the cluster group gets the cluster's UID and the
// facts, and keeps everything else, the history of the former version too.
func TestTakeOver_whatIsWritten(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		s.editGroup(t, clusterGroup, "argus.app-version", "v6.1.1")
		s.editGroup(t, clusterGroup, "argus.app-version.history", "v6.1.0, v6.1.1")
		s.editGroup(t, clusterGroup, "kubernetes.version", kubernetesVersion)
		s.editGroup(t, clusterGroup, "kubernetes.version.history", kubernetesVersion)
		s.editGroup(t, clusterGroup, "team", "blue")
		a := s.start(t)
		a.settle(t)
		want := map[string]string{
			resourcegroup.PropCreatedBy: "LogicMonitor/Argus: ", "lab.prop": "1", "team": "blue",
			resourcegroup.PropClusterUID: string(s.cluster.uid),
			"argus.app-version":          argusVersion, "argus.app-version.history": "v6.1.0, v6.1.1, " + argusVersion,
			"kubernetes.version": kubernetesVersion, "kubernetes.version.history": kubernetesVersion,
		}
		if diff := cmp.Diff(want, s.groupProperties(t, clusterGroup)); diff != "" {
			t.Errorf("properties of the cluster group (-want +got):\n%s", diff)
		}
	})
}

// TestTakeOver_lowerCase: an account that shows the names of properties in lower
// case is in step all the same.
func TestTakeOver_lowerCase(t *testing.T) {
	eachGolden(t, func(t *testing.T, s *scene) {
		for i := range s.portal.Devices {
			for j := range s.portal.Devices[i].CustomProperties {
				p := &s.portal.Devices[i].CustomProperties[j]
				p.Name = strings.ToLower(p.Name)
			}
		}
		for i := range s.portal.Groups {
			for j := range s.portal.Groups[i].CustomProperties {
				p := &s.portal.Groups[i].CustomProperties[j]
				p.Name = strings.ToLower(p.Name)
			}
		}
		s.load(t)
		a := s.start(t)
		a.settle(t)
		want := append(s.missed(), "update deviceGroup Kubernetes Cluster: lab")
		if diff := cmp.Diff(want, s.commits()); diff != "" {
			t.Errorf("changes of the account (-want +got):\n%s", diff)
		}
		time.Sleep(24 * time.Hour)
		if got := s.commits(); len(got) > 0 {
			t.Errorf("changes on a quiet day: got %q, want none", got)
		}
	})
}

// TestTakeOver_faults: while one call in five fails, with its effect or without,
// taking over comes to the same end, and on the way no device is touched.
func TestTakeOver_faults(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			eachGolden(t, func(t *testing.T, s *scene) {
				before := s.dump(t)
				s.faults(t, seed, 0.05)
				a := s.start(t)
				a.settle(t)
				time.Sleep(3 * time.Hour)
				s.faults(t, seed, 0)
				time.Sleep(2 * time.Hour)
				for _, c := range s.commits() {
					if strings.Contains(c, " device ") && (len(s.missed()) == 0 || c != s.missed()[0]) {
						t.Errorf("change of a device: %s", c)
					}
				}
				s.same(t, before, s.dump(t))
			})
		})
	}
}
