package kind

import appsv1 "k8s.io/api/apps/v1"

// ReplicaSet needs nothing of the object but its metadata, and its selector
// where the view asks for it.
var ReplicaSet = selecting(defineMetadata(Kind{
	ID: "replicasets", Aliases: []string{"replicaset", "rs"}, Short: "rs", Title: "ReplicaSet", Plural: "ReplicaSets",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
}), func(o *appsv1.ReplicaSet) selector {
	return labelSelectorOf("selector", o.Spec.Selector)
})
