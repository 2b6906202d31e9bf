package kind

// HTTPRoute is of the Gateway API, which a cluster may or may not have installed.
var HTTPRoute = defineMetadata(Kind{
	ID: "httproutes", Aliases: []string{"httproute"}, Short: "httproute", Title: "HTTPRoute", Plural: "HTTPRoutes",
	Served: served("gateway.networking.k8s.io", "v1", "v1beta1"), Namespaced: true, LinkPath: "/apis/gateway.networking.k8s.io/v1", Class: ClassService, Preset: PresetStandard,
})
