package kind

import appsv1 "k8s.io/api/apps/v1"

// Deployment needs nothing of the object but its metadata, and its selector
// where the view asks for it.
var Deployment = selecting(defineMetadata(Kind{
	ID: "deployments", Aliases: []string{"deployment", "deploy"}, Short: "deploy", Title: "Deployment", Plural: "Deployments",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
}), func(o *appsv1.Deployment) selector {
	return labelSelectorOf("selector", o.Spec.Selector)
})
