package kind

// Gateway is of the Gateway API, which a cluster may or may not have installed.
var Gateway = defineMetadata(Kind{
	ID: "gateways", Aliases: []string{"gateway", "gtw"}, Short: "gtw", Title: "Gateway", Plural: "Gateways",
	Served: served("gateway.networking.k8s.io", "v1", "v1beta1"), Namespaced: true, LinkPath: "/apis/gateway.networking.k8s.io/v1", Class: ClassService, Preset: PresetStandard,
})
