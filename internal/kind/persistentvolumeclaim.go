package kind

// PersistentVolumeClaim needs nothing of the object but its metadata.
var PersistentVolumeClaim = defineMetadata(Kind{
	ID: "persistentvolumeclaims", Aliases: []string{"persistentvolumeclaim", "pvc"}, Short: "pvc", Title: "PersistentVolumeClaim", Plural: "PersistentVolumeClaims",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther,
})
