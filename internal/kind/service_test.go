package kind_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/kind"
)

func TestService(t *testing.T) {
	tests := map[string]struct {
		spec corev1.ServiceSpec
		want string
	}{
		"cluster address": {corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.96.0.7"}, "10.96.0.7"},
		"node port":       {corev1.ServiceSpec{Type: corev1.ServiceTypeNodePort, ClusterIP: "10.96.0.7"}, "10.96.0.7"},
		"load balancer": {
			corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, ClusterIP: "10.96.0.7", LoadBalancerIP: "203.0.113.7", ExternalIPs: []string{"203.0.113.8"}},
			"10.96.0.7",
		},
		"two families":  {corev1.ServiceSpec{ClusterIP: "fd00::7", ClusterIPs: []string{"fd00::7", "10.96.0.7"}}, "fd00::7"},
		"headless":      {corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: "None"}, "web-svc-shop"},
		"external name": {corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "example.org"}, "web-svc-shop"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := kind.Service.Map(&corev1.Service{ObjectMeta: meta("web"), Spec: test.spec}, lab)
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != test.want || got.DisplayName != "web-svc-shop-lab" {
				t.Errorf("Name, DisplayName = %q, %q, want %q, %q", got.Name, got.DisplayName, test.want, "web-svc-shop-lab")
			}
			if diff := cmp.Diff(map[string]string{}, properties(got, everyObject...)); diff != "" {
				t.Errorf("properties beside those of every object (-want +got):\n%s", diff)
			}
		})
	}
}
