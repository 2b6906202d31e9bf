package kind

// Namespace makes groups and no resources.
var Namespace = defineMetadata(Kind{
	ID: "namespaces", Aliases: []string{"namespace", "ns"}, Short: "ns", Title: "Namespace", Plural: "Namespaces",
	Served: served("", "v1"), LinkPath: "/api/v1", GroupsOnly: true, Class: ClassNode,
})
