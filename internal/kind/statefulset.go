package kind

// StatefulSet needs nothing of the object but its metadata.
var StatefulSet = defineMetadata(Kind{
	ID: "statefulsets", Aliases: []string{"statefulset", "sts"}, Short: "sts", Title: "StatefulSet", Plural: "StatefulSets",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
})
