package kind

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/resource"
)

// The label with which people keep a namespace, and all that is in it, out of the
// account, and the name under which an index remembers that.
const (
	labelMonitoring   = "logicmonitor/monitoring"
	disableMonitoring = "disable"
	NamespaceDisabled = labelMonitoring + "=" + disableMonitoring
)

// Namespace makes groups and no resources.
var Namespace = define(Kind{
	ID: "namespaces", Aliases: []string{"namespace", "ns"}, Short: "ns", Title: "Namespace", Plural: "Namespaces",
	Served: served("", "v1"), LinkPath: "/api/v1", GroupsOnly: true, MetadataOnly: true, Class: ClassNode,
}, mapNamespace)

func mapNamespace(namespace *metav1.PartialObjectMetadata, b *resource.Builder) error {
	if namespace.Labels[labelMonitoring] == disableMonitoring {
		b.Group(NamespaceDisabled)
	}
	return nil
}
