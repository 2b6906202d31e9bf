package kind

// PodDisruptionBudget needs nothing of the object but its metadata.
var PodDisruptionBudget = defineMetadata(Kind{
	ID: "poddisruptionbudgets", Aliases: []string{"poddisruptionbudget", "pdb"}, Short: "pdb", Title: "PodDisruptionBudget", Plural: "PodDisruptionBudgets",
	Served: served("policy", "v1", "v1beta1"), Namespaced: true, LinkPath: "/apis/policy/v1", Class: ClassOther, Preset: PresetStandard,
})
