package kind

import networkingv1 "k8s.io/api/networking/v1"

// NetworkPolicy keeps a link whose group lacks ".k8s.io".
var NetworkPolicy = selecting(defineMetadata(Kind{
	ID: "networkpolicies", Aliases: []string{"networkpolicy", "netpol"}, Short: "netpol", Title: "NetworkPolicy", Plural: "NetworkPolicies",
	Served: served("networking.k8s.io", "v1"), Namespaced: true, LinkPath: "/apis/networking/v1", Class: ClassOther, Preset: PresetStandard,
}), func(o *networkingv1.NetworkPolicy) selector {
	return labelSelectorOf("podSelector", &o.Spec.PodSelector)
})
