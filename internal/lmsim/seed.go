package lmsim

import (
	"fmt"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// A Seed is a number of things to put into the account at once, as if they had always been there.
type Seed struct {
	Collectors int `json:"collectors"` // collectors that are up
	// Foreign is a number of devices that belong to somebody else: servers with their own names,
	// properties and groups, some of them with names and properties a careless client would take
	// for its own.
	Foreign int `json:"foreign"`
	// Pods is a number of Kubernetes pods of cluster Cluster, spread over Namespaces.
	Pods       int    `json:"pods"`
	Cluster    string `json:"cluster"`
	Namespaces int    `json:"namespaces"`
}

// Most things one seed may ask for.
const maxSeed = 1_000_000

// Seed puts things into the account, by the hand of "seed".
func (s *Server) Seed(seed Seed) (err error) {
	if seed.Foreign < 0 || seed.Pods < 0 || seed.Collectors < 0 || seed.Foreign+seed.Pods+seed.Collectors > maxSeed {
		return fmt.Errorf("seed: counts must be between 0 and %d", maxSeed)
	}
	for i := range seed.Collectors {
		if _, err := s.AddCollector(Collector{Description: fmt.Sprintf("seeded collector %d", i+1)}); err != nil {
			return fmt.Errorf("seed collector: %w", err)
		}
	}
	if seed.Foreign+seed.Pods == 0 {
		return nil
	}
	collector, err := s.anyCollector()
	if err != nil {
		return fmt.Errorf("seed collector: %w", err)
	}
	s.locked(func(a *account.Account, now time.Time) {
		by := account.By{Who: "seed", At: now}
		if err = seedForeign(a, by, seed.Foreign, collector); err == nil {
			err = seedPods(a, by, seed, collector)
		}
	})
	return err
}

// anyCollector returns a collector that is up, added if there is none.
func (s *Server) anyCollector() (int32, error) {
	var id int32
	s.locked(func(a *account.Account, _ time.Time) { id = a.LiveCollector() })
	if id != 0 {
		return id, nil
	}
	return s.AddCollector(Collector{Description: "seeded collector"})
}

func seedForeign(a *account.Account, by account.By, n int, collector int32) error {
	if n == 0 {
		return nil
	}
	name := fmt.Sprintf("Servers %d", a.LastCommit())
	group, err := a.CreateGroup(by, account.GroupInput{Name: &name})
	if err != nil {
		return fmt.Errorf("seed group: %w", err)
	}
	ids := fmt.Sprint(group)
	for i := range n {
		number := a.LastCommit()
		host := fmt.Sprintf("server-%d.example", number)
		display := fmt.Sprintf("server-%d", number)
		props := []account.Property{{Name: "system.categories", Value: "Linux"}, {Name: "owner", Value: fmt.Sprintf("team-%d", i%17)}, {Name: "location", Value: "rack " + fmt.Sprint(i%40)}}
		if i%10 == 0 { // looks like ours and is not
			props[0].Value = "KubernetesPod,Linux"
			props = append(props, account.Property{Name: "auto.clustername", Value: "somebody-else"}, account.Property{Name: "auto.namespace", Value: "default"})
		}
		if _, err := a.CreateDevice(by, account.DeviceInput{Name: &host, DisplayName: &display, PreferredCollectorID: &collector, HostGroupIDs: &ids, Custom: &props}); err != nil {
			return fmt.Errorf("seed device: %w", err)
		}
	}
	return nil
}

func seedPods(a *account.Account, by account.By, seed Seed, collector int32) error {
	cluster, namespaces := seed.Cluster, max(1, seed.Namespaces)
	if cluster == "" {
		cluster = "seeded"
	}
	kind := int32(8)
	for i := range seed.Pods {
		namespace := fmt.Sprintf("ns-%d", i%namespaces)
		pod := fmt.Sprintf("pod-%d", a.LastCommit())
		host := fmt.Sprintf("10.%d.%d.%d", i>>16&0xff, i>>8&0xff, i&0xff)
		display := fmt.Sprintf("%s-pod-%s-%s", pod, namespace, cluster)
		props := []account.Property{
			{Name: "auto.clustername", Value: cluster}, {Name: "auto.name", Value: pod}, {Name: "auto.namespace", Value: namespace},
			{Name: "auto.uid", Value: fmt.Sprintf("00000000-0000-4000-8000-%012d", i)}, {Name: "auto.selflink", Value: "/api/v1/namespaces/" + namespace + "/pods/" + pod},
			{Name: "system.categories", Value: "KubernetesPod"}, {Name: "system.ips", Value: host}, {Name: "kubernetes.label.app", Value: fmt.Sprintf("app-%d", i%50)},
			{Name: "auto.nodename", Value: fmt.Sprintf("node-%d", i%100)}, {Name: "kubernetes.resourceCreatedOn", Value: fmt.Sprint(by.At.Unix())},
		}
		in := account.DeviceInput{Name: &host, DisplayName: &display, PreferredCollectorID: &collector, Type: &kind, Custom: &props}
		if _, err := a.CreateDevice(by, in); err != nil {
			return fmt.Errorf("seed pod: %w", err)
		}
	}
	return nil
}
