package kind

// Job needs nothing of the object but its metadata.
var Job = defineMetadata(Kind{
	ID: "jobs", Aliases: []string{"job"}, Short: "job", Title: "Job", Plural: "Jobs",
	Served: served("batch", "v1"), Namespaced: true, LinkPath: "/apis/batch/v1", Class: ClassWorkload, Preset: PresetStandard,
})
