package lmsim_test

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"testing"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// big is an account of 200,000 pods in 1,000 namespaces with a group each.
func big(b *testing.B) *lmsim.Server {
	b.Helper()
	limits := lmsim.NoLimits()
	s := lmsim.New(lmsim.Options{Limits: &limits})
	if _, err := s.AddCollector(lmsim.Collector{}); err != nil {
		b.Fatal(err)
	}
	for i := range 1000 {
		name, query := fmt.Sprintf("ns-%d", i), fmt.Sprintf(`auto.namespace == "ns-%d" && auto.clustername == "big"`, i)
		if _, err := s.CreateGroup(account.GroupInput{Name: &name, AppliesTo: &query}); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Seed(lmsim.Seed{Pods: 200_000, Namespaces: 1000, Cluster: "big"}); err != nil {
		b.Fatal(err)
	}
	return s
}

func BenchmarkSeed200kPods(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := big(b)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/200_000, "heapB/device")
		runtime.KeepAlive(s)
	}
}

func BenchmarkSeed10kForeign(b *testing.B) {
	for b.Loop() {
		s := lmsim.New(lmsim.Options{})
		if err := s.Seed(lmsim.Seed{Foreign: 10_000}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAccount200k(b *testing.B) {
	s := big(b)
	client := &http.Client{Transport: s.Transport()}
	get := func(b *testing.B, path string) {
		b.Helper()
		r, _ := http.NewRequest("GET", "http://lm/santaba/rest"+path, nil)
		r.Header.Set("Authorization", "Bearer "+lmsim.DemoToken().Bearer)
		r.Header.Set("X-Version", "3")
		resp, err := client.Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(err, resp)
		}
		resp.Body.Close()
	}
	filter := url.QueryEscape(`customProperties.name:"auto.clustername",customProperties.value:"big"`)
	n := 0
	for name, path := range map[string]func() string{
		"get by id":           func() string { return fmt.Sprint("/device/devices/", n%200_000+1) },
		"find by displayName": func() string { return "/device/devices?filter=" + url.QueryEscape(`displayName:"nobody"`) },
		"page of 1000":        func() string { return fmt.Sprint("/device/devices?size=1000&sort=%2Bid&offset=", n%200*1000) },
		"filtered page":       func() string { return fmt.Sprint("/device/devices?size=1000&filter=", filter, "&offset=", n%200*1000) },
		"first filtered page": func() string {
			return "/device/devices?size=1000&filter=" + filter + "%2Cid%3E" + fmt.Sprint(n)
		},
		"groups page":  func() string { return "/device/groups?size=1000" },
		"members page": func() string { return "/device/groups/7/devices?size=1000" },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				n++
				get(b, path())
			}
		})
	}
	b.Run("edit", func(b *testing.B) {
		for b.Loop() {
			n++
			props := []account.Property{{Name: "kubernetes.label.app", Value: fmt.Sprint(n)}}
			if err := s.EditDevice(int32(n%200_000+1), account.DeviceInput{Custom: &props}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("new group", func(b *testing.B) {
		for b.Loop() {
			n++
			name, query := fmt.Sprintf("g-%d", n), fmt.Sprintf(`hasCategory("KubernetesPod") && auto.namespace == "ns-%d"`, n%1000)
			if _, err := s.CreateGroup(account.GroupInput{Name: &name, AppliesTo: &query}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
