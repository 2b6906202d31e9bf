package kind

// ClusterRole needs nothing of the object but its metadata.
var ClusterRole = defineMetadata(Kind{
	ID: "clusterroles", Aliases: []string{"clusterrole"}, Short: "clusterrole", Title: "ClusterRole", Plural: "ClusterRoles",
	Served: served("rbac.authorization.k8s.io", "v1"), LinkPath: "/apis/rbac.authorization.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
