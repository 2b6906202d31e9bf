package lm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/lm"
)

// pageOf is a page of devices as an account full of pods would send it.
func pageOf(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"total":%d,"searchId":null,"items":[`, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		device := map[string]any{
			"id": i + 1, "name": fmt.Sprintf("10.0.%d.%d", i/250, i%250), "displayName": fmt.Sprintf("web-%d-pod-shop-demo", i), "deviceType": 8,
			"hostGroupIds": "12,13", "preferredCollectorId": 1, "autoBalancedCollectorGroupId": 0, "disableAlerting": false, "createdOn": 1700000000, "updatedOn": 1700000000,
			"customProperties": []lm.Property{
				{Name: "auto.clustername", Value: "demo"}, {Name: "auto.name", Value: fmt.Sprintf("web-%d", i)}, {Name: "auto.namespace", Value: "shop"},
				{Name: "auto.uid", Value: fmt.Sprintf("00000000-0000-4000-8000-%012d", i)}, {Name: lm.CategoriesProperty, Value: "KubernetesPod"},
				{Name: "auto.nodename", Value: "node-1"}, {Name: "kubernetes.label.app", Value: "web"}, {Name: "system.ips", Value: "10.0.0.1"},
			},
		}
		text, err := json.Marshal(device)
		if err != nil {
			panic(err) // cannot fail
		}
		b.Write(text)
	}
	b.WriteString("]}")
	return b.String()
}

func unlimited() http.Header {
	return http.Header{"X-Rate-Limit-Limit": {"1000000000"}, "X-Rate-Limit-Remaining": {"999999999"}, "X-Rate-Limit-Window": {"1"}}
}

// BenchmarkListDevices is one page of 1,000 devices: turn, signature, decoding.
func BenchmarkListDevices(b *testing.B) {
	body := pageOf(1000)
	c := clientOf(b, answering{200, unlimited(), body}, lm.Config{})
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range c.ListDevices(context.Background(), lm.DeviceQuery{}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != 1000 {
			b.Fatalf("%d devices", n)
		}
	}
}

// BenchmarkCreateDevice is what the client adds to a request: turn, encoding,
// signature, metrics, decoding of the answer.
func BenchmarkCreateDevice(b *testing.B) {
	c := clientOf(b, answering{200, unlimited(), `{"id":1,"name":"web-0","displayName":"web-0"}`}, lm.Config{})
	fields := pod("web-0")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.CreateDevice(context.Background(), fields); err != nil {
			b.Fatal(err)
		}
	}
}
