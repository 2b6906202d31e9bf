package kind

import corev1 "k8s.io/api/core/v1"

// PersistentVolumeClaim needs nothing of the object but its metadata, and its
// selector where the view asks for it.
var PersistentVolumeClaim = selecting(defineMetadata(Kind{
	ID: "persistentvolumeclaims", Aliases: []string{"persistentvolumeclaim", "pvc"}, Short: "pvc", Title: "PersistentVolumeClaim", Plural: "PersistentVolumeClaims",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassOther,
}), func(o *corev1.PersistentVolumeClaim) selector {
	return labelSelectorOf("selector", o.Spec.Selector)
})
