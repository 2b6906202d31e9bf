package kind

// CustomResourceDefinition is read without its schemas, which can be megabytes.
var CustomResourceDefinition = defineMetadata(Kind{
	ID: "customresourcedefinitions", Aliases: []string{"customresourcedefinition", "crd", "crds"}, Short: "crd", Title: "CustomResourceDefinition", Plural: "CustomResourceDefinitions",
	Served: served("apiextensions.k8s.io", "v1", "v1beta1"), LinkPath: "/apis/apiextensions.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
