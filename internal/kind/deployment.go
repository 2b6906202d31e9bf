package kind

import "k8s.io/apimachinery/pkg/runtime/schema"

// Deployment needs nothing of the object but its metadata.
var Deployment = defineMetadata(Kind{
	ID: "deployments", Aliases: []string{"deployment", "deploy"}, Short: "deploy", Title: "Deployment", Plural: "Deployments",
	Served: []schema.GroupVersion{appsV1}, Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
})
