package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
