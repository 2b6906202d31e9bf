package kind

import appsv1 "k8s.io/api/apps/v1"

// StatefulSet needs nothing of the object but its metadata, and its selector
// where the view asks for it.
var StatefulSet = selecting(defineMetadata(Kind{
	ID: "statefulsets", Aliases: []string{"statefulset", "sts"}, Short: "sts", Title: "StatefulSet", Plural: "StatefulSets",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
}), func(o *appsv1.StatefulSet) selector {
	return labelSelectorOf("selector", o.Spec.Selector)
})
