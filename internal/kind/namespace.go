package kind

import "k8s.io/apimachinery/pkg/runtime/schema"

// Namespace makes groups and no resources.
var Namespace = defineMetadata(Kind{
	ID: "namespaces", Aliases: []string{"namespace", "ns"}, Short: "ns", Title: "Namespace", Plural: "Namespaces",
	Served: []schema.GroupVersion{coreV1}, LinkPath: "/api/v1", GroupsOnly: true, Class: ClassNode,
})
