package kind

// ConfigMap is read without its data. The first Argus could not be made to mirror
// it.
var ConfigMap = defineMetadata(Kind{
	ID: "configmaps", Aliases: []string{"configmap", "cm"}, Short: "cm", Title: "ConfigMap", Plural: "ConfigMaps",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther, Preset: PresetEverything,
})
