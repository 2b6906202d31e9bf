package kind_test

import (
	"strings"

	"pgregory.net/rapid"
)

// Generators of odd objects: names of 253 characters and names that only RBAC
// takes, keys with a slash, keys that differ in case, empty values, long and
// foreign text, states that contradict each other.

var (
	plainName = rapid.OneOf(
		rapid.StringMatching(`[a-z0-9]([-a-z0-9.]{0,20}[a-z0-9])?`),
		rapid.StringMatching(`[a-z0-9]{253}`),
		rapid.SampledFrom([]string{"web", "web-pod-shop", "kube-dupl", "a.b", "0", "etcd", strings.Repeat("n", 232)}),
	)
	oddName = rapid.OneOf(plainName, rapid.SampledFrom([]string{
		"system:node", "system:controller:x", "a b", "Admin*", "a##b", "käse", " x", "a,b;c", "<role>", "per`mille", strings.Repeat("é", 126) + "x",
	}))
	key = rapid.OneOf(
		rapid.SampledFrom([]string{
			"app", "App", "APP", "app.kubernetes.io/name", "app.kubernetes.io/Name", "node-role.kubernetes.io/worker", "node-role.kubernetes.io/",
			"node-role.kubernetes.io/control-plane", "eks.amazonaws.com/fargate-profile", "kubectl.kubernetes.io/last-applied-configuration",
			"kapp.k14s.io/original", "openshift.io/token-secret.value", "my.password", "api.key", "name", "namespace", strings.Repeat("d", 253) + "/x", strings.Repeat("d", 200) + "." + strings.Repeat("k", 37) + "/key",
		}),
		rapid.StringMatching(`([a-z]{1,8}\.[a-z]{1,3}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?`),
	)
	labelValue      = rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[A-Za-z0-9]([-A-Za-z0-9_.]{0,30}[A-Za-z0-9])?`))
	annotationValue = rapid.OneOf(
		labelValue, rapid.String(),
		rapid.SampledFrom([]string{"{\"a\":[1,2]}\n", " ", "日本語 ✓ 😀", "null", "********", strings.Repeat("v", 24001), strings.Repeat("é", 24000)}),
	)
	address = rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2", "fd00::1"})
)

func anObject(f fact) *rapid.Generator[object] {
	return rapid.Custom(func(t *rapid.T) object {
		names := plainName
		if strings.Contains(f.id, "role") {
			names = oddName
		}
		metadata := object{
			"name": names.Draw(t, "name"),
			"uid":  rapid.StringMatching(`[0-9a-f]{8}`).Draw(t, "uid"),
		}
		if f.namespaced {
			metadata["namespace"] = rapid.StringMatching(`[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?`).Draw(t, "namespace")
		}
		if rapid.Bool().Draw(t, "has a time") {
			metadata["creationTimestamp"] = rapid.SampledFrom([]string{"2026-11-22T20:19:04Z", "1999-12-31T23:59:59Z", "2038-01-19T03:14:08Z"}).Draw(t, "time")
		}
		if labels := rapid.MapOfN(key, labelValue, 0, 8).Draw(t, "labels"); len(labels) > 0 {
			metadata["labels"] = anyValues(labels)
		}
		if annotations := rapid.MapOfN(key, annotationValue, 0, 6).Draw(t, "annotations"); len(annotations) > 0 {
			metadata["annotations"] = anyValues(annotations)
		}
		obj := object{"metadata": metadata}
		switch f.id {
		case "pods":
			obj["spec"] = object{"nodeName": rapid.SampledFrom([]string{"", "node-1"}).Draw(t, "node"), "hostNetwork": rapid.Bool().Draw(t, "host network")}
			obj["status"] = object{
				"phase": rapid.SampledFrom([]string{"", "Pending", "Running", "Running", "Failed", "Unknown", "Succeeded"}).Draw(t, "phase"),
				"podIP": rapid.OneOf(address, address, rapid.Just("")).Draw(t, "address"),
			}
		case "services":
			obj["spec"] = object{
				"type":      rapid.SampledFrom([]string{"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"}).Draw(t, "type"),
				"clusterIP": rapid.OneOf(address, rapid.SampledFrom([]string{"", "None"})).Draw(t, "address"),
			}
		case "nodes":
			obj["status"] = object{"addresses": rapid.SliceOfN(rapid.Custom(func(t *rapid.T) any {
				return object{
					"type":    rapid.SampledFrom([]string{"InternalIP", "ExternalIP", "Hostname", "InternalDNS"}).Draw(t, "type"),
					"address": rapid.OneOf(address, rapid.SampledFrom([]string{"node-1", "node-1.example.org"})).Draw(t, "address"),
				}
			}), 0, 4).Draw(t, "addresses")}
		}
		return obj
	})
}

func anyValues(m map[string]string) map[string]any {
	all := make(map[string]any, len(m))
	for k, v := range m {
		all[k] = v
	}
	return all
}
