package kind

// StorageClass needs nothing of the object but its metadata.
var StorageClass = defineMetadata(Kind{
	ID: "storageclasses", Aliases: []string{"storageclass", "sc"}, Short: "sc", Title: "StorageClass", Plural: "StorageClasses",
	Served: served("storage.k8s.io", "v1"), LinkPath: "/apis/storage.k8s.io/v1", Class: ClassOther, Preset: PresetStandard,
})
