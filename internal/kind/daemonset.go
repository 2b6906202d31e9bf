package kind

import appsv1 "k8s.io/api/apps/v1"

// DaemonSet is read whole although its metadata is all that is shown: the
// annotation deprecated.daemonset.template.generation, which accounts hold, is
// made up by the apiserver from the spec and is missing where it is asked for
// metadata alone.
var DaemonSet = selecting(define(Kind{
	ID: "daemonsets", Aliases: []string{"daemonset", "ds"}, Short: "ds", Title: "DaemonSet", Plural: "DaemonSets",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
}, nothingMore[*appsv1.DaemonSet]), func(o *appsv1.DaemonSet) selector {
	return labelSelectorOf("selector", o.Spec.Selector)
})
