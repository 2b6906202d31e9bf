package kind

// ResourceQuota needs nothing of the object but its metadata.
var ResourceQuota = defineMetadata(Kind{
	ID: "resourcequotas", Aliases: []string{"resourcequota", "quota"}, Short: "quota", Title: "ResourceQuota", Plural: "ResourceQuotas",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther, Preset: PresetStandard,
})
