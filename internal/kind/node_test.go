package kind_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/kind"
)

func TestNode_name(t *testing.T) {
	address := func(kind corev1.NodeAddressType, is string) corev1.NodeAddress {
		return corev1.NodeAddress{Type: kind, Address: is}
	}
	tests := map[string]struct {
		addresses []corev1.NodeAddress
		want      string
	}{
		"the first internal address": {
			[]corev1.NodeAddress{
				address(corev1.NodeExternalIP, "203.0.113.1"), address(corev1.NodeHostName, "node-1"),
				address(corev1.NodeInternalIP, "192.168.0.1"), address(corev1.NodeInternalIP, "fd00::1"),
			}, "192.168.0.1",
		},
		"an empty internal address is none": {
			[]corev1.NodeAddress{address(corev1.NodeInternalIP, ""), address(corev1.NodeInternalIP, "192.168.0.1")}, "192.168.0.1",
		},
		"else the last host name": {
			[]corev1.NodeAddress{
				address(corev1.NodeHostName, "one"), address(corev1.NodeHostName, "two.example.org"), address(corev1.NodeInternalDNS, "three"),
			}, "two.example.org",
		},
		"external addresses do not count": {[]corev1.NodeAddress{address(corev1.NodeExternalIP, "203.0.113.1")}, "node-1-node"},
		"none":                            {nil, "node-1-node"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			node := &corev1.Node{ObjectMeta: meta("node-1")}
			node.Namespace = ""
			node.Status.Addresses = test.addresses
			got, err := kind.Node.Map(node, lab)
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != test.want || got.DisplayName != "node-1-node-lab" {
				t.Errorf("Name, DisplayName = %q, %q, want %q, %q", got.Name, got.DisplayName, test.want, "node-1-node-lab")
			}
			if diff := cmp.Diff(map[string]string{}, properties(got, everyObject...)); diff != "" {
				t.Errorf("properties beside those of every object (-want +got):\n%s", diff)
			}
			if link, _ := got.Property("auto.selflink"); link != "/api/v1/nodes/node-1" {
				t.Errorf("auto.selflink = %q, want %q", link, "/api/v1/nodes/node-1")
			}
			if namespace, ok := got.Property("auto.namespace"); ok {
				t.Errorf("auto.namespace = %q, want none", namespace)
			}
		})
	}
}

func TestNode_roles(t *testing.T) {
	node := &corev1.Node{ObjectMeta: meta("node-1")}
	node.Labels = map[string]string{
		"node-role.kubernetes.io/worker":        "",
		"node-role.kubernetes.io/control-plane": "true",
		"node-role.kubernetes.io/":              "",
		"x-node-role.kubernetes.io/no":          "",
		"kubernetes.io/role":                    "old",
	}
	got, err := kind.Node.Map(node, lab)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"control-plane", "worker"}, got.Groups); diff != "" {
		t.Errorf("Groups (-want +got):\n%s", diff)
	}
	if value, _ := got.Property("kubernetes.label.node-role.kubernetes.io/worker"); value != "null" {
		t.Errorf("the role's label = %q, want %q: the rule of its group asks for it", value, "null")
	}
}
