package kind

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/resource"
)

// Pod is known to LogicMonitor by its address, so that collectors reach it.
var Pod = selecting(define(Kind{
	ID: "pods", Aliases: []string{"pod", "po"}, Short: "pod", Title: "Pod", Plural: "Pods",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassPod,
}, mapPod), func(o *corev1.Pod) selector {
	return selectorOf("nodeSelector", o.Spec.NodeSelector)
})

// labelFargate marks pods of EKS on Fargate, whose address is the node's.
const labelFargate = "eks.amazonaws.com/fargate-profile"

func mapPod(pod *corev1.Pod, b *resource.Builder) error {
	if pod.Status.Phase == corev1.PodSucceeded {
		return resource.Excluded{Rule: "life cycle: the pod has completed"}
	}
	if pod.Status.PodIP == "" {
		return resource.NotReady{Reason: "the pod has no IP address yet"}
	}
	if pod.Spec.HostNetwork || pod.Labels[labelFargate] != "" {
		b.Name(pod.Name)
		b.Custom(resource.PropHostNetwork, "true", "spec.hostNetwork")
	} else {
		b.Name(pod.Status.PodIP)
	}
	b.System("ips", pod.Status.PodIP, "status.podIP")
	b.Auto("nodename", pod.Spec.NodeName, "spec.nodeName")
	return nil
}
