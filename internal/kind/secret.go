package kind

// Secret is read without its data, so that none of it reaches this process.
var Secret = defineMetadata(Kind{
	ID: "secrets", Aliases: []string{"secret"}, Short: "secret", Title: "Secret", Plural: "Secrets",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther, Preset: PresetEverything,
})
