package kind

// RoleBinding needs nothing of the object but its metadata.
var RoleBinding = defineMetadata(Kind{
	ID: "rolebindings", Aliases: []string{"rolebinding"}, Short: "rolebinding", Title: "RoleBinding", Plural: "RoleBindings",
	Served: served("rbac.authorization.k8s.io", "v1"), Namespaced: true, LinkPath: "/apis/rbac.authorization.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
