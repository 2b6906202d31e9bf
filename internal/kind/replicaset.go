package kind

// ReplicaSet needs nothing of the object but its metadata.
var ReplicaSet = defineMetadata(Kind{
	ID: "replicasets", Aliases: []string{"replicaset", "rs"}, Short: "rs", Title: "ReplicaSet", Plural: "ReplicaSets",
	Served: served("apps", "v1"), Namespaced: true, LinkPath: "/apis/apps/v1", Class: ClassWorkload,
})
