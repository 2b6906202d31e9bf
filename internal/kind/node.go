package kind

import (
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/resource"
)

// Node is known to LogicMonitor by its internal address.
var Node = define(Kind{
	ID: "nodes", Aliases: []string{"node", "no"}, Short: "node", Title: "Node", Plural: "Nodes",
	Served: served("", "v1"), LinkPath: "/api/v1", Class: ClassNode,
}, mapNode)

// labelRole begins the labels that name the roles of a node.
const labelRole = "node-role.kubernetes.io/"

func mapNode(node *corev1.Node, b *resource.Builder) error {
	if address := nodeAddress(node.Status.Addresses); address != "" {
		b.Name(address)
	}
	for label := range node.Labels {
		if role, ok := strings.CutPrefix(label, labelRole); ok && role != "" {
			b.Group(role)
		}
	}
	return nil
}

// nodeAddress is the first internal IP, else the last host name. A node without
// either keeps its default name.
func nodeAddress(addresses []corev1.NodeAddress) string {
	hostname := ""
	for _, a := range addresses {
		switch {
		case a.Address == "":
		case a.Type == corev1.NodeInternalIP:
			return a.Address
		case a.Type == corev1.NodeHostName:
			hostname = a.Address
		}
	}
	return hostname
}
