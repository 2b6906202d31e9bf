package kind

// PersistentVolume needs nothing of the object but its metadata.
var PersistentVolume = defineMetadata(Kind{
	ID: "persistentvolumes", Aliases: []string{"persistentvolume", "pv"}, Short: "pv", Title: "PersistentVolume", Plural: "PersistentVolumes",
	Served: served("", "v1"), LinkPath: "/api/v1", Class: ClassOther,
})
