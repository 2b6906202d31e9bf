package kind

// ClusterRoleBinding needs nothing of the object but its metadata.
var ClusterRoleBinding = defineMetadata(Kind{
	ID: "clusterrolebindings", Aliases: []string{"clusterrolebinding"}, Short: "clusterrolebinding", Title: "ClusterRoleBinding", Plural: "ClusterRoleBindings",
	Served: served("rbac.authorization.k8s.io", "v1"), LinkPath: "/apis/rbac.authorization.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
