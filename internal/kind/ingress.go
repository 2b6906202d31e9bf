package kind

// Ingress keeps a link whose group lacks ".k8s.io" and whose version ended with
// Kubernetes 1.22.
var Ingress = defineMetadata(Kind{
	ID: "ingresses", Aliases: []string{"ingress", "ing"}, Short: "ing", Title: "Ingress", Plural: "Ingresses",
	Served: served("networking.k8s.io", "v1", "v1beta1"), Namespaced: true, LinkPath: "/apis/networking/v1beta1", Class: ClassService, Preset: PresetStandard,
})
