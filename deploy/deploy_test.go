package deploy

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/argus-k8s/argus/internal/config"
)

// objects of all manifests, strictly decoded, by file.
func objects(t *testing.T) map[string]runtime.Object {
	t.Helper()
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	all := map[string]runtime.Object{}
	for _, file := range manifests(t) {
		data, err := Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		object, _, err := decoder.Decode(data, nil, nil)
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		all[file] = object
	}
	return all
}

// manifests are the files of Kubernetes objects.
func manifests(t *testing.T) []string {
	t.Helper()
	files, err := fs.Glob(Files, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(files, func(file string) bool { return file == "kustomization.yaml" })
}

// object of a file.
func object[T runtime.Object](t *testing.T, file string) T {
	t.Helper()
	o, ok := objects(t)[file].(T)
	if !ok {
		t.Fatalf("%s is a %T", file, objects(t)[file])
	}
	return o
}

func TestClusterRole_exactlyTheKindsByDefault(t *testing.T) {
	got := map[string]bool{}
	for _, rule := range object[*rbacv1.ClusterRole](t, "clusterrole.yaml").Rules {
		if diff := cmp.Diff([]string{"get", "list", "watch"}, rule.Verbs); diff != "" {
			t.Errorf("verbs on %v (-want +got):\n%s", rule.Resources, diff)
		}
		if len(rule.NonResourceURLs) > 0 || len(rule.APIGroups) != 1 {
			t.Errorf("a rule beyond one API group: %v", rule)
		}
		for _, name := range rule.Resources {
			if got[rule.APIGroups[0]+"/"+name] = true; strings.ContainsAny(rule.APIGroups[0]+name, "*/") {
				t.Errorf("a wildcard or subresource: %v", rule)
			}
		}
	}
	want := map[string]bool{}
	for _, k := range config.Default().EnabledKinds() {
		for _, gv := range k.Served {
			want[gv.Group+"/"+string(k.ID)] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("resources; run make generate (-want +got):\n%s", diff)
	}
	if got["/secrets"] {
		t.Error("secrets may be read by default")
	}
}

// TestRole: Events and its Lease, in its own namespace, are all that Argus may write.
func TestRole(t *testing.T) {
	role := object[*rbacv1.Role](t, "role.yaml")
	want := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}},
		{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"create"}},
		{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, ResourceNames: []string{"argus"}, Verbs: []string{"get", "update"}},
	}
	if diff := cmp.Diff(want, role.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	binding, account := object[*rbacv1.RoleBinding](t, "rolebinding.yaml"), object[*corev1.ServiceAccount](t, "serviceaccount.yaml")
	subjects := []rbacv1.Subject{{Kind: "ServiceAccount", Name: account.Name, Namespace: account.Namespace}}
	if diff := cmp.Diff(subjects, binding.Subjects); diff != "" || binding.RoleRef.Name != role.Name || binding.Namespace != account.Namespace || role.Namespace != account.Namespace {
		t.Errorf("binds %s in %s to (-want +got):\n%s", binding.RoleRef.Name, binding.Namespace, diff)
	}
}

func TestClusterRoleBinding(t *testing.T) {
	binding := object[*rbacv1.ClusterRoleBinding](t, "clusterrolebinding.yaml")
	role, account := object[*rbacv1.ClusterRole](t, "clusterrole.yaml"), object[*corev1.ServiceAccount](t, "serviceaccount.yaml")
	want := []rbacv1.Subject{{Kind: "ServiceAccount", Name: account.Name, Namespace: account.Namespace}}
	if diff := cmp.Diff(want, binding.Subjects); diff != "" || binding.RoleRef.Name != role.Name {
		t.Errorf("binds %s to (-want +got):\n%s", binding.RoleRef.Name, diff)
	}
}

func TestNamespace_isRestricted(t *testing.T) {
	namespace := object[*corev1.Namespace](t, "namespace.yaml")
	if got := namespace.Labels["pod-security.kubernetes.io/enforce"]; got != "restricted" {
		t.Errorf("pod security %q, want restricted", got)
	}
}

func TestDeployment_securityBar(t *testing.T) {
	d := object[*appsv1.Deployment](t, "deployment.yaml")
	pod := d.Spec.Template.Spec
	if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 {
		t.Fatalf("%d containers, want one", len(pod.Containers))
	}
	c := pod.Containers[0]
	facts := map[string]bool{
		"one replica":              *d.Spec.Replicas == 1,
		"updates without a gap":    d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType && d.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue() == 0,
		"not root":                 *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532,
		"default seccomp":          pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no host namespaces":       !pod.HostNetwork && !pod.HostPID && !pod.HostIPC,
		"read-only root":           *c.SecurityContext.ReadOnlyRootFilesystem,
		"no escalation":            !*c.SecurityContext.AllowPrivilegeEscalation,
		"not privileged":           !*c.SecurityContext.Privileged,
		"drops all":                slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}),
		"adds none":                len(c.SecurityContext.Capabilities.Add) == 0,
		"requests cpu and memory":  !c.Resources.Requests.Cpu().IsZero() && !c.Resources.Requests.Memory().IsZero(),
		"limits memory":            !c.Resources.Limits.Memory().IsZero(),
		"its account":              pod.ServiceAccountName == object[*corev1.ServiceAccount](t, "serviceaccount.yaml").Name,
		"asks for the token":       *pod.AutomountServiceAccountToken,
		"found by DataSources":     d.Spec.Template.Labels["app"] == "argus",
		"selects its pods":         d.Spec.Selector.MatchLabels["app.kubernetes.io/name"] == d.Spec.Template.Labels["app.kubernetes.io/name"],
		"startup asks healthz":     c.StartupProbe.HTTPGet.Path == "/healthz",
		"liveness asks healthz":    c.LivenessProbe.HTTPGet.Path == "/healthz",
		"readiness asks readyz":    c.ReadinessProbe.HTTPGet.Path == "/readyz",
		"probes ask the open port": c.Ports[0].ContainerPort == 8080 && c.LivenessProbe.HTTPGet.Port.StrVal == c.Ports[0].Name,
	}
	for fact, holds := range facts {
		if !holds {
			t.Errorf("the Deployment breaks: %s", fact)
		}
	}
	for _, v := range pod.Volumes {
		if v.HostPath != nil {
			t.Errorf("volume %s is on the host", v.Name)
		}
	}
}

// TestPodReadsItsConfiguration gives Argus's own loader what the pod would get.
func TestPodReadsItsConfiguration(t *testing.T) {
	configMap := object[*corev1.ConfigMap](t, "configmap.yaml")
	c, faults := config.Parse([]byte(configMap.Data["config.yaml"]))
	if len(faults) > 0 || len(c.Notices) > 0 {
		t.Errorf("faults %v, notices %v; want none", config.Faults(faults), c.Notices)
	}
	if c.Server.Address != ":8080" {
		t.Errorf("server.address %q, want :8080, which the probes ask", c.Server.Address)
	}
	secret := object[*corev1.Secret](t, "secret.example.yaml")
	folder := t.TempDir()
	for key := range secret.StringData {
		if err := os.WriteFile(folder+"/"+key, []byte("value"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	variables := map[string]string{}
	for _, e := range object[*appsv1.Deployment](t, "deployment.yaml").Spec.Template.Spec.Containers[0].Env {
		variables[e.Name] = strings.Replace(e.Value, "/etc/argus/credentials", folder, 1)
	}
	err := c.ReadEnvironment(func(name string) (string, bool) { v, ok := variables[name]; return v, ok })
	if err != nil {
		t.Errorf("with the keys of the Secret: %v", err)
	}
}

func TestSecret_holdsPlaceholdersOnly(t *testing.T) {
	for key, value := range object[*corev1.Secret](t, "secret.example.yaml").StringData {
		if !regexp.MustCompile(`^REPLACE-`).MatchString(value) {
			t.Errorf("%s holds %q, want a placeholder", key, value)
		}
	}
}

func TestKustomization_holdsAllButTheSecret(t *testing.T) {
	data, err := Files.ReadFile("kustomization.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var k struct {
		APIVersion, Kind string
		Resources        []string
	}
	if err := yaml.UnmarshalStrict(data, &k); err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(manifests(t), func(file string) bool { return file == "secret.example.yaml" })
	slices.Sort(k.Resources)
	if diff := cmp.Diff(want, k.Resources); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
}
