package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// tokenOf is how to reach the apiserver as a ServiceAccount of the namespace
// default.
func tokenOf(t *testing.T, name string) *rest.Config {
	t.Helper()
	request, err := kube.client.CoreV1().ServiceAccounts("default").CreateToken(t.Context(), name, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(t, err)
	config := rest.AnonymousClientConfig(kube.Config())
	config.BearerToken = request.Status.Token
	return config
}

// gateways defines a kind that Argus knows and this cluster has not; each of its
// two versions can be switched off.
const gateways = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gateways.gateway.networking.k8s.io
  annotations: {api-approved.kubernetes.io: "https://example.com/a-test"}
spec:
  group: gateway.networking.k8s.io
  scope: Namespaced
  names: {plural: gateways, singular: gateway, kind: Gateway, listKind: GatewayList}
  versions:
  - {name: v1, served: %v, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v1beta1, served: %v, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`

const gateway = `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: Gateway
metadata: {name: front, namespace: default, labels: {step: %q}}
`

// gatewayStands is nil when the resource of the gateway is of the object as it is
// in the cluster.
func (s *subject) gatewayStands(ctx context.Context) error {
	raw, err := restClient().Get().AbsPath("/apis/gateway.networking.k8s.io/v1beta1/namespaces/default/gateways/front").DoRaw(ctx)
	if err != nil {
		return err
	}
	object, err := metadataOf(raw)
	if err != nil {
		return err
	}
	d, there := s.sim.DeviceByDisplayName("front-gtw-default-" + clusterName)
	switch {
	case !there:
		return errors.New("the gateway has no resource")
	case property(&d, "auto.uid") != string(object.UID) || property(&d, "kubernetes.label."+stepLabel) != object.Labels[stepLabel]:
		return fmt.Errorf("its resource is %v, the object %s in step %s", d.Custom, object.UID, object.Labels[stepLabel])
	}
	return nil
}

// The API version in use is switched off, and the other one takes its place. Then
// that goes too while the objects are still there: what is not served cannot be
// read, so the resource stays as it is, also over a restart. When the API is back,
// the account follows. In all this nothing is deleted, and nothing created twice.
func vanished(t *testing.T) {
	t.Helper()
	apply := func(format string, values ...any) {
		t.Helper()
		must(t, kube.Apply(t.Context(), fmt.Appendf(nil, format, values...)))
	}
	apply(gateways, true, true)
	t.Cleanup(func() {
		must(t, remove(context.WithoutCancel(t.Context()), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gateways.gateway.networking.k8s.io"))
	})
	apply(gateway, "1")
	s := newSubject(t)
	s.start(t)
	stands := func(what string) { t.Helper(); eventually(t, what, s.gatewayStands) }
	stands("the gateway is mirrored")

	apply(gateways, false, true)
	apply(gateway, "2")
	s.do(t, "k8s close(gateways)")
	stands("the other version is read")

	apply(gateways, false, false)
	s.do(t, "k8s close(gateways)")
	eventually(t, "the kind is not served", func(ctx context.Context) error {
		return s.says(ctx, `argus_kind_served{kind="gateways"}`, "0")
	})
	s.restart(t)
	s.awaitIdle(t)
	if _, there := s.sim.DeviceByDisplayName("front-gtw-default-" + clusterName); !there {
		t.Error("the resource went with an API that cannot be read")
	}

	apply(gateways, true, true)
	apply(gateway, "3")
	stands("the API is back")
	count, wrong := history(s.sim)
	const name = "device front-gtw-default-" + clusterName
	if count.created[name] != 1 || count.deleted[name] != 0 {
		t.Errorf("for one object there were %d creates and %d deletes, want 1 and 0", count.created[name], count.deleted[name])
	}
	s.judgeAlone(t, wrong)
}
