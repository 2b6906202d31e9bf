package kind

// Endpoints has a capital P in its title, and is the object of API version v1.
// EndpointSlices are a kind of their own.
var Endpoints = defineMetadata(Kind{
	ID: "endpoints", Aliases: []string{"endpoint", "ep"}, Short: "ep", Title: "EndPoint", Plural: "EndPoints",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassService, Preset: PresetStandard,
})
