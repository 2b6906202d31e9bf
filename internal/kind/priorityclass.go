package kind

// PriorityClass needs nothing of the object but its metadata.
var PriorityClass = defineMetadata(Kind{
	ID: "priorityclasses", Aliases: []string{"priorityclass", "pc"}, Short: "pc", Title: "PriorityClass", Plural: "PriorityClasses",
	Served: served("scheduling.k8s.io", "v1"), LinkPath: "/apis/scheduling.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
