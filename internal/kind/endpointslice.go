package kind

// EndpointSlice repeats what Endpoints shows, in objects that come and go with a
// service's pods: it is for those who ask for it.
var EndpointSlice = defineMetadata(Kind{
	ID: "endpointslices", Aliases: []string{"endpointslice"}, Short: "endpointslice", Title: "EndpointSlice", Plural: "EndpointSlices",
	Served: served("discovery.k8s.io", "v1", "v1beta1"), Namespaced: true, LinkPath: "/apis/discovery.k8s.io/v1", Class: ClassOther, Preset: PresetEverything,
})
