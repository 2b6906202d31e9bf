package kind_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

func TestPod(t *testing.T) {
	const fargate = "eks.amazonaws.com/fargate-profile"
	tests := map[string]struct {
		change    func(*corev1.Pod)
		wantName  string
		wantProps map[string]string // beside those of every object
		wantErr   error
	}{
		"running": {
			func(*corev1.Pod) {}, "10.0.0.1",
			map[string]string{"system.ips": "10.0.0.1", "auto.nodename": "node-1"}, nil,
		},
		"in the network of its host": {
			func(p *corev1.Pod) { p.Spec.HostNetwork = true }, "web-0",
			map[string]string{"system.ips": "10.0.0.1", "auto.nodename": "node-1", "kubernetes.pod.hostNetwork": "true"}, nil,
		},
		"on Fargate": {
			func(p *corev1.Pod) { p.Labels = map[string]string{fargate: "fp-default"} }, "web-0",
			map[string]string{
				"system.ips": "10.0.0.1", "auto.nodename": "node-1", "kubernetes.pod.hostNetwork": "true", "kubernetes.label." + fargate: "fp-default",
			}, nil,
		},
		"with an empty Fargate label": {
			func(p *corev1.Pod) { p.Labels = map[string]string{fargate: ""} }, "10.0.0.1",
			map[string]string{"system.ips": "10.0.0.1", "auto.nodename": "node-1", "kubernetes.label." + fargate: "null"}, nil,
		},
		"with addresses of two families, by its first": {
			func(p *corev1.Pod) {
				p.Status.PodIP, p.Status.PodIPs = "fd00::1", []corev1.PodIP{{IP: "fd00::1"}, {IP: "10.0.0.1"}}
			}, "fd00::1",
			map[string]string{"system.ips": "fd00::1", "auto.nodename": "node-1"}, nil,
		},
		"failed, but with its address": {
			func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }, "10.0.0.1",
			map[string]string{"system.ips": "10.0.0.1", "auto.nodename": "node-1"}, nil,
		},
		"not yet on a node": {
			func(p *corev1.Pod) { p.Status, p.Spec.NodeName = corev1.PodStatus{Phase: corev1.PodPending}, "" }, "",
			nil, resource.NotReady{Reason: "the pod has no IP address yet"},
		},
		"of its host's network, without an address": {
			func(p *corev1.Pod) { p.Spec.HostNetwork, p.Status.PodIP = true, "" }, "",
			nil, resource.NotReady{Reason: "the pod has no IP address yet"},
		},
		"completed": {
			func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }, "",
			nil, resource.Excluded{Rule: "life cycle: the pod has completed"},
		},
		"completed, its address gone": {
			func(p *corev1.Pod) { p.Status = corev1.PodStatus{Phase: corev1.PodSucceeded} }, "",
			nil, resource.Excluded{Rule: "life cycle: the pod has completed"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{ObjectMeta: meta("web-0")}
			pod.Spec.NodeName, pod.Status.PodIP, pod.Status.Phase = "node-1", "10.0.0.1", corev1.PodRunning
			test.change(pod)
			got, err := kind.Pod.Map(pod, lab)
			if !errors.Is(err, test.wantErr) {
				t.Fatalf("Map error = %v, want %v", err, test.wantErr)
			}
			if err != nil {
				return
			}
			if got.Name != test.wantName || got.DisplayName != "web-0-pod-shop-lab" {
				t.Errorf("Name, DisplayName = %q, %q, want %q, %q", got.Name, got.DisplayName, test.wantName, "web-0-pod-shop-lab")
			}
			if diff := cmp.Diff(test.wantProps, properties(got, everyObject...)); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
		})
	}
}

// everyObject names the properties that all objects in the tests have.
var everyObject = []string{"auto.clustername", "auto.name", "auto.namespace", "auto.uid", "auto.selflink", "kubernetes.resourceCreatedOn"}
