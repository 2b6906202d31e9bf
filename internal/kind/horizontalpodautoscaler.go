package kind

import autoscalingv1 "k8s.io/api/autoscaling/v1"

// HorizontalPodAutoscaler is read whole, in its first version, although its
// metadata is all that is shown: in that version, and not where metadata alone
// is asked for, the apiserver tells metrics and behavior as annotations, which
// accounts hold (autoscaling.alpha.kubernetes.io/...).
var HorizontalPodAutoscaler = define(Kind{
	ID: "horizontalpodautoscalers", Aliases: []string{"horizontalpodautoscaler", "hpas", "hpa"}, Short: "hpa",
	Title: "HorizontalPodAutoscaler", Plural: "HorizontalPodAutoscalers",
	Served: served("autoscaling", "v1"), Namespaced: true, LinkPath: "/apis/autoscaling/v1", Class: ClassOther,
}, nothingMore[*autoscalingv1.HorizontalPodAutoscaler])
