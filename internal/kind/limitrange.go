package kind

// LimitRange needs nothing of the object but its metadata.
var LimitRange = defineMetadata(Kind{
	ID: "limitranges", Aliases: []string{"limitrange", "limits"}, Short: "limits", Title: "LimitRange", Plural: "LimitRanges",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther, Preset: PresetStandard,
})
