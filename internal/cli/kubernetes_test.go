package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	clienttesting "k8s.io/client-go/testing"

	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/telemetry"
)

// TestVersions: what the cluster group tells of this program, under the names of
// the first Argus, in one order.
func TestVersions(t *testing.T) {
	app := resource.Property{Name: "argus.app-version", Value: telemetry.Version().Version}
	for name, tt := range map[string]struct {
		environment map[string]string
		want        []resource.Property
	}{
		"no chart":          {nil, []resource.Property{app}},
		"an empty variable": {map[string]string{"HELM_CHART": ""}, []resource.Property{app}},
		"a chart": {map[string]string{"HELM_REVISION": "7", "HELM_CHART": "argus-15.1.0"}, []resource.Property{
			app, {Name: "argus.helm-chart", Value: "argus-15.1.0"}, {Name: "argus.helm-revision", Value: "7"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := versions(func(variable string) (string, bool) { v, ok := tt.environment[variable]; return v, ok })
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("versions (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSameCluster: the apiserver is this cluster's only while it shows the UID
// that Argus began with.
func TestSameCluster(t *testing.T) {
	client := fake.NewClientset(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: metav1.NamespaceSystem, UID: "one"}})
	a := &parts{client: client, rest: &rest.Config{Host: "https://10.0.0.1"}, cluster: resource.Cluster{Name: "lab", UID: "one"}}
	if err := a.sameCluster(t.Context()); err != nil {
		t.Errorf("the same cluster: got %v, want none", err)
	}
	a.cluster.UID = "another"
	if err := a.sameCluster(t.Context()); err == nil || !strings.Contains(err.Error(), "another cluster's now") {
		t.Errorf("another cluster: got %v, want that it is another one's", err)
	}
	gone := errors.New("no answer")
	client.PrependReactor("get", "namespaces", func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, gone })
	if err := a.sameCluster(t.Context()); !errors.Is(err, gone) {
		t.Errorf("no answer: got %v, want %v", err, gone)
	}
}
