package kind

// Deployment needs nothing of the object but its metadata.
var Deployment = defineMetadata(Kind{
	ID: "deployments", Aliases: []string{"deployment", "deploy"}, Short: "deploy", Title: "Deployment", Plural: "Deployments",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
})
