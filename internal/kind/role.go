package kind

// Role is of RBAC; the roles of nodes are groups (see Node).
var Role = defineMetadata(Kind{
	ID: "roles", Aliases: []string{"role"}, Short: "role", Title: "Role", Plural: "Roles",
	Served: served("rbac.authorization.k8s.io", "v1"), Namespaced: true, LinkPath: "/apis/rbac.authorization.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
