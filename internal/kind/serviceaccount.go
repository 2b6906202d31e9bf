package kind

// ServiceAccount needs nothing of the object but its metadata.
var ServiceAccount = defineMetadata(Kind{
	ID: "serviceaccounts", Aliases: []string{"serviceaccount", "sa"}, Short: "sa", Title: "ServiceAccount", Plural: "ServiceAccounts",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther, Preset: PresetEverything,
})
