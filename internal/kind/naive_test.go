package kind_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// facts are the names of kinds as portals have them, written down once more and
// apart from the table: plural, short, title, path, and + for namespaced.
const facts = `
pods                      pod                 Pod                      /api/v1                                    +
deployments               deploy              Deployment               /apis/apps/v1                              +
services                  svc                 Service                  /api/v1                                    +
horizontalpodautoscalers  hpa                 HorizontalPodAutoscaler  /apis/autoscaling/v1                       +
nodes                     node                Node                     /api/v1                                    -
daemonsets                ds                  DaemonSet                /apis/apps/v1                              +
replicasets               rs                  ReplicaSet               /apis/apps/v1                              +
statefulsets              sts                 StatefulSet              /apis/apps/v1                              +
configmaps                cm                  ConfigMap                /api/v1                                    +
persistentvolumes         pv                  PersistentVolume         /api/v1                                    -
persistentvolumeclaims    pvc                 PersistentVolumeClaim    /api/v1                                    +
cronjobs                  cj                  CronJob                  /apis/batch/v1beta1                        +
jobs                      job                 Job                      /apis/batch/v1                             +
ingresses                 ing                 Ingress                  /apis/networking/v1beta1                   +
secrets                   secret              Secret                   /api/v1                                    +
endpoints                 ep                  EndPoint                 /api/v1                                    +
networkpolicies           netpol              NetworkPolicy            /apis/networking/v1                        +
clusterrolebindings       clusterrolebinding  ClusterRoleBinding       /apis/rbac.authorization.k8s.io/v1         -
clusterroles              clusterrole         ClusterRole              /apis/rbac.authorization.k8s.io/v1         -
customresourcedefinitions crd                 CustomResourceDefinition /apis/apiextensions.k8s.io/v1              -
endpointslices            endpointslice       EndpointSlice            /apis/discovery.k8s.io/v1                  +
gateways                  gtw                 Gateway                  /apis/gateway.networking.k8s.io/v1         +
httproutes                httproute           HTTPRoute                /apis/gateway.networking.k8s.io/v1         +
limitranges               limits              LimitRange               /api/v1                                    +
poddisruptionbudgets      pdb                 PodDisruptionBudget      /apis/policy/v1                            +
priorityclasses           pc                  PriorityClass            /apis/scheduling.k8s.io/v1                 -
resourcequotas            quota               ResourceQuota            /api/v1                                    +
rolebindings              rolebinding         RoleBinding              /apis/rbac.authorization.k8s.io/v1         +
roles                     role                Role                     /apis/rbac.authorization.k8s.io/v1         +
serviceaccounts           sa                  ServiceAccount           /api/v1                                    +
storageclasses            sc                  StorageClass             /apis/storage.k8s.io/v1                    -`

type fact struct {
	id, short, title, path string
	namespaced             bool
}

func readFacts(t *testing.T) []fact {
	t.Helper()
	var all []fact
	for _, line := range strings.Split(strings.TrimSpace(facts), "\n") {
		f := strings.Fields(line)
		all = append(all, fact{f[0], f[1], f[2], f[3], f[4] == "+"})
	}
	if got, want := len(all), len(kind.All)-2; got != want {
		t.Fatalf("%d kinds are written down, want %d: all but namespaces and etcd", got, want)
	}
	return all
}

// object is a Kubernetes object as JSON.
type object = map[string]any

// expected is what naively is written to the account for an object.
type expected struct {
	Outcome           string // "", "not ready" or "excluded"
	Name, DisplayName string
	Category          string
	Properties        map[string]string
	Roles             []string
}

// naive maps an object as the description of the first Argus says, with no regard
// to speed and without the code it is compared with.
func naive(f fact, obj object) expected {
	metadata := obj["metadata"].(object)
	labels, _ := metadata["labels"].(object)
	annotations, _ := metadata["annotations"].(object)
	name, namespace := text(metadata, "name"), text(metadata, "namespace")

	lmName, link := name+"-"+f.short, f.path+"/"+f.id+"/"+name
	e := expected{Category: "Kubernetes" + f.title, Properties: map[string]string{}}
	if f.namespaced {
		lmName += "-" + namespace
		link = f.path + "/namespaces/" + namespace + "/" + f.id + "/" + name
		e.put("auto.namespace", namespace)
	}
	e.Name = lmName
	e.put("auto.clustername", "lab")
	e.put("auto.name", name)
	e.put("auto.uid", text(metadata, "uid"))
	e.put("auto.selflink", link)
	if created, err := time.Parse(time.RFC3339, text(metadata, "creationTimestamp")); err == nil {
		e.put("kubernetes.resourceCreatedOn", fmt.Sprint(created.Unix()))
	}
	for _, key := range keys(labels) {
		e.put("kubernetes.label."+key, orNull(labels[key]))
	}
	for _, key := range keys(annotations) {
		switch key {
		case "kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original", "openshift.io/token-secret.value":
		default:
			e.put("kubernetes.annotation."+key, orNull(annotations[key]))
		}
	}
	spec, _ := obj["spec"].(object)
	status, _ := obj["status"].(object)
	switch f.id {
	case "pods":
		e.pod(name, labels, spec, status)
	case "services":
		if ip := text(spec, "clusterIP"); ip != "" && ip != "None" {
			e.Name = ip
		}
	case "nodes":
		e.node(labels, status)
	}
	if e.Outcome != "" {
		return expected{Outcome: e.Outcome}
	}
	e.Name = fits(e.Name, `[^a-zA-Z0-9:._-]`)
	e.DisplayName = fits(lmName+"-lab", "[\x00-\x1f\x7f*<?,;`]")
	return e
}

// put adds a property that the account can hold, unless its name is taken.
func (e *expected) put(key, value string) {
	if value == "" || len(key) > 255 {
		return
	}
	for taken := range e.Properties {
		if strings.EqualFold(taken, key) {
			return
		}
	}
	if utf8.RuneCountInString(value) > 24000 {
		value = string([]rune(value)[:24000])
	}
	e.Properties[key] = value
}

func (e *expected) pod(name string, labels, spec, status object) {
	ip := text(status, "podIP")
	e.Name = ip
	if spec["hostNetwork"] == true || text(labels, "eks.amazonaws.com/fargate-profile") != "" {
		e.Name = name
		e.put("kubernetes.pod.hostNetwork", "true")
	}
	e.put("system.ips", ip)
	e.put("auto.nodename", text(spec, "nodeName"))
	if ip == "" {
		e.Outcome = "not ready"
	}
	if text(status, "phase") == "Succeeded" {
		e.Outcome = "excluded"
	}
}

func (e *expected) node(labels, status object) {
	for _, key := range keys(labels) {
		if role := strings.TrimPrefix(key, "node-role.kubernetes.io/"); role != key && role != "" {
			e.Roles = append(e.Roles, role)
		}
	}
	addresses, _ := status["addresses"].([]any)
	for _, a := range addresses {
		if a := a.(object); a["type"] == "Hostname" {
			e.Name = text(a, "address")
		}
	}
	for i := len(addresses) - 1; i >= 0; i-- { // the first internal address is written last
		if a := addresses[i].(object); a["type"] == "InternalIP" {
			e.Name = text(a, "address")
		}
	}
}

func text(from object, field string) string { s, _ := from[field].(string); return s }

func keys(m object) []string {
	var all []string
	for key := range m {
		all = append(all, key)
	}
	sort.Strings(all)
	return all
}

func orNull(value any) string {
	if s, _ := value.(string); s != "" {
		return s
	}
	return "null"
}

// fits is the rule for names that the account would refuse; ours are ASCII here,
// except where the pattern takes characters that are not.
func fits(name, refused string) string {
	clean := regexp.MustCompile(refused).ReplaceAllString(name, "_")
	clean = strings.TrimSpace(strings.ReplaceAll(clean, "##", "__"))
	if clean == name && len(name) <= 255 {
		return name
	}
	for len(clean) > 244 || !utf8.ValidString(clean) {
		clean = clean[:len(clean)-1]
	}
	sum := fnv.New32a()
	sum.Write([]byte(name))
	return fmt.Sprintf("%s-%d", clean, sum.Sum32())
}

// TestMap_equalsTheNaiveMapping maps thousands of odd objects of all kinds twice.
func TestMap_equalsTheNaiveMapping(t *testing.T) {
	for _, f := range readFacts(t) {
		t.Run(f.id, func(t *testing.T) {
			k, ok := kind.ByID(resource.Kind(f.id))
			if !ok {
				t.Fatalf("ByID(%q): none, want a row", f.id)
			}
			rapid.Check(t, func(t *rapid.T) {
				obj := anObject(f).Draw(t, "object")
				want := naive(f, obj)
				if diff := cmp.Diff(want, mapJSON(t, k, obj)); diff != "" {
					t.Fatalf("mapped (-naive +ours):\n%s", diff)
				}
			})
		})
	}
}

func mapJSON(t *rapid.T, k *kind.Kind, obj object) expected {
	data, err := json.Marshal(obj)
	if err != nil {
		t.Fatal(err)
	}
	typed := k.New()
	if err := json.Unmarshal(data, typed); err != nil {
		t.Fatal(err)
	}
	r, err := k.Map(typed, lab)
	var notReady resource.NotReady
	var excluded resource.Excluded
	switch {
	case errors.As(err, &notReady):
		return expected{Outcome: "not ready"}
	case errors.As(err, &excluded):
		return expected{Outcome: "excluded"}
	case err != nil:
		t.Fatal(err)
	}
	if len(r.Categories) != 1 {
		t.Fatalf("Categories = %q, want one", r.Categories)
	}
	return expected{Name: r.Name, DisplayName: r.DisplayName, Category: r.Categories[0], Properties: properties(r), Roles: r.Groups}
}
