package kind

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/argus-k8s/argus/internal/resource"
)

// Service is known to LogicMonitor by its cluster address where it has one.
var Service = selecting(define(Kind{
	ID: "services", Aliases: []string{"service", "svc"}, Short: "svc", Title: "Service", Plural: "Services",
	Served: served("", "v1"), Namespaced: true, LinkPath: "/api/v1", Class: ClassService,
}, mapService), func(o *corev1.Service) selector {
	return selectorOf("selector", o.Spec.Selector)
})

// mapService leaves headless services and those of type ExternalName, which have
// no address, their default name.
func mapService(service *corev1.Service, b *resource.Builder) error {
	if ip := service.Spec.ClusterIP; ip != "" && ip != corev1.ClusterIPNone {
		b.Name(ip)
	}
	return nil
}
