package equal

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// A small cluster: a running pod, one that completed, one that has no address
// yet, a headless service, a node with a role, a secret.
const objects = `
namespaces:
- metadata: {name: shop}
pods:
- metadata:
    {name: web-1, namespace: shop, uid: u1, creationTimestamp: "2026-01-01T00:00:00Z", labels: {App: web, empty: ""},
     annotations: {example.com/owner: me, kubectl.kubernetes.io/restartedAt: now}}
  spec: {nodeName: n1}
  status: {phase: Running, podIP: 10.0.0.1}
- metadata: {name: done, namespace: shop, uid: u2, creationTimestamp: "2026-01-01T00:00:00Z"}
  status: {phase: Succeeded, podIP: 10.0.0.2}
- metadata: {name: early, namespace: shop, uid: u3, creationTimestamp: "2026-01-01T00:00:00Z"}
  status: {phase: Running}
services:
- metadata: {name: db, namespace: shop, uid: u4, creationTimestamp: "2026-01-01T00:00:00Z"}
  spec: {clusterIP: None}
nodes:
- metadata: {name: n1, uid: u5, creationTimestamp: "2026-01-01T00:00:00Z", labels: {node-role.kubernetes.io/worker: ""}}
  status: {addresses: [{type: Hostname, address: n1}, {type: InternalIP, address: 172.20.0.1}, {type: InternalIP, address: 172.20.0.2}]}
secrets:
- metadata: {name: bank, namespace: shop, uid: u6, creationTimestamp: "2026-01-01T00:00:00Z"}
  data: {pin: c2VjcmV0LTEyMzQ=}
`

// entry is an object of the dump as a test changes it.
type entry map[string]any

func cluster(t *testing.T) Cluster {
	t.Helper()
	var raw map[string][]map[string]any
	if err := yaml.Unmarshal([]byte(objects), &raw); err != nil {
		t.Fatal(err)
	}
	c := Cluster{Name: "lab", Objects: map[string][]unstructured.Unstructured{}}
	for plural, list := range raw {
		for _, o := range list {
			c.Objects[plural] = append(c.Objects[plural], unstructured.Unstructured{Object: o})
		}
	}
	return c
}

func deviceEntry(id int, name, display string, properties ...string) entry {
	e := entry{"id": id, "name": name, "displayName": display, "deviceType": 8, "preferredCollectorId": 7}
	e.set(append(properties, "auto.clustername", "lab", "kubernetes.resourceCreatedOn", "1767225600", "auto.createdBy", "LogicMonitor/Argus: 1")...)
	return e
}

// set adds or changes properties: name, value, name, value ...
func (e entry) set(pairs ...string) {
	list, _ := e["customProperties"].([]Property)
	for i := 0; i < len(pairs); i += 2 {
		list = append(e.without(list, pairs[i]), Property{pairs[i], pairs[i+1]})
	}
	e["customProperties"] = list
}

func (e entry) drop(name string) {
	list, _ := e["customProperties"].([]Property)
	e["customProperties"] = e.without(list, name)
}

func (entry) without(list []Property, name string) []Property {
	var kept []Property
	for _, p := range list {
		if p.Name != name {
			kept = append(kept, p)
		}
	}
	return kept
}

func groupEntry(id int, path string, members ...string) entry {
	return entry{"id": id, "fullPath": path, "numOfDirectDevices": len(members), "members": members}
}

// dump is the account that the cluster asks for, and somebody else's server.
type dump struct{ devices, groups []entry }

func theirs() dump {
	return dump{
		devices: []entry{{"id": 1, "name": "s1", "displayName": "server-1", "description": "theirs"}},
		groups:  []entry{groupEntry(1, ""), groupEntry(2, "Servers", "server-1")},
	}
}

func ours() dump {
	d := theirs()
	in := func(path string) string { return "/api/v1/namespaces/shop/" + path }
	pod := deviceEntry(11, "10.0.0.1", "web-1-pod-shop-lab", "auto.name", "web-1", "auto.namespace", "shop", "auto.uid", "u1",
		"auto.selflink", in("pods/web-1"), "system.categories", "KubernetesPod", "auto.nodename", "n1", "kubernetes.label.App", "web",
		"kubernetes.label.empty", "null", "kubernetes.annotation.example.com/owner", "me")
	pod["systemProperties"] = []Property{{"system.ips", "10.0.0.1"}, {"system.groups", "somewhere"}}
	node := deviceEntry(13, "172.20.0.1", "n1-node-lab", "auto.name", "n1", "auto.uid", "u5", "auto.selflink", "/api/v1/nodes/n1",
		"system.categories", "KubernetesNode", "kubernetes.label.node-role.kubernetes.io/worker", "null")
	node["systemProperties"] = []Property{{"system.ips", "172.20.0.1"}}
	d.devices = append(d.devices, pod,
		deviceEntry(12, "db-svc-shop", "db-svc-shop-lab", "auto.name", "db", "auto.namespace", "shop", "auto.uid", "u4",
			"auto.selflink", in("services/db"), "system.categories", "KubernetesService"),
		node,
		deviceEntry(14, "bank-secret-shop", "bank-secret-shop-lab", "auto.name", "bank", "auto.namespace", "shop", "auto.uid", "u6",
			"auto.selflink", in("secrets/bank"), "system.categories", "KubernetesSecret"))
	for i, path := range []string{"", "/ClusterScoped", "/ClusterScoped/Etcd", "/ClusterScoped/PersistentVolumes",
		"/ClusterScoped/StorageClasses", "/Nodes", "/Namespaces"} {
		d.groups = append(d.groups, groupEntry(20+i, "Kubernetes Cluster: lab"+path))
	}
	d.groups = append(d.groups,
		groupEntry(30, "Kubernetes Cluster: lab/Nodes/All", "n1-node-lab"),
		groupEntry(31, "Kubernetes Cluster: lab/Nodes/worker", "n1-node-lab"),
		groupEntry(32, "Kubernetes Cluster: lab/Namespaces/shop", "web-1-pod-shop-lab", "db-svc-shop-lab", "bank-secret-shop-lab"))
	return d
}

func (d *dump) device(display string) entry {
	for _, e := range d.devices {
		if e["displayName"] == display {
			return e
		}
	}
	panic("no device " + display)
}

func (d *dump) group(path string) entry {
	for _, e := range d.groups {
		if e["fullPath"] == path {
			return e
		}
	}
	panic("no group " + path)
}

func (d *dump) remove(id int) {
	keep := func(list []entry) (kept []entry) {
		for _, e := range list {
			if e["id"] != id {
				kept = append(kept, e)
			}
		}
		return kept
	}
	d.devices, d.groups = keep(d.devices), keep(d.groups)
}

func (d *dump) account(t *testing.T) Account {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"devices": d.devices, "groups": d.groups, "collectors": []entry{{"id": 7}}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := ReadAccount(raw)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const (
	pod  = "web-1-pod-shop-lab"
	tree = "Kubernetes Cluster: lab"
)

// TestCompare: each kind of difference is found, and nothing else with it.
func TestCompare(t *testing.T) {
	tests := map[string]struct {
		spoil func(d *dump)
		want  []string
	}{
		"equal":                               {func(*dump) {}, nil},
		"annotation of Kubernetes":            {func(d *dump) { d.device(pod).set("kubernetes.annotation.kubectl.kubernetes.io/restartedAt", "then") }, nil},
		"missing resource":                    {func(d *dump) { d.remove(12) }, []string{"missing: db-svc-shop-lab"}},
		"extra resource":                      {func(d *dump) { d.devices = append(d.devices, deviceEntry(40, "x", "gone-pod-shop-lab")) }, []string{"extra: gone-pod-shop-lab"}},
		"resource of somebody else that came": {func(d *dump) { d.devices = append(d.devices, entry{"id": 40, "displayName": "server-2"}) }, []string{"extra: server-2"}},
		"completed pod":                       {func(d *dump) { d.devices = append(d.devices, deviceEntry(40, "10.0.0.2", "done-pod-shop-lab")) }, []string{"extra: done-pod-shop-lab"}},
		"wrong name":                          {func(d *dump) { d.device(pod)["name"] = "10.0.0.9" }, []string{pod + `: name is "10.0.0.9", want "10.0.0.1"`}},
		"display name in another case":        {func(d *dump) { d.device(pod)["displayName"] = "WEB-1-pod-shop-lab" }, []string{pod + `: display name is "WEB-1-pod-shop-lab", want "web-1-pod-shop-lab"`}},
		"wrong device type":                   {func(d *dump) { d.device(pod)["deviceType"] = 0 }, []string{pod + `: device type is "0", want "8"`}},
		"collector of nobody":                 {func(d *dump) { d.device(pod)["preferredCollectorId"] = 8 }, []string{pod + ": collector 8 does not exist"}},
		"wrong label":                         {func(d *dump) { d.device(pod).set("kubernetes.label.App", "api") }, []string{pod + `: property kubernetes.label.app is "api", want "web"`}},
		"label left behind":                   {func(d *dump) { d.device(pod).set("kubernetes.label.old", "x") }, []string{pod + ": property kubernetes.label.old should not be there"}},
		"missing label":                       {func(d *dump) { d.device(pod).drop("kubernetes.label.empty") }, []string{pod + ": property kubernetes.label.empty is missing"}},
		"wrong annotation":                    {func(d *dump) { d.device(pod).set("kubernetes.annotation.example.com/owner", "you") }, []string{pod + `: property kubernetes.annotation.example.com/owner is "you", want "me"`}},
		"wrong uid":                           {func(d *dump) { d.device(pod).set("auto.uid", "u9") }, []string{pod + `: property auto.uid is "u9", want "u1"`}},
		"wrong category":                      {func(d *dump) { d.device(pod).set("system.categories", "KubernetesPodDeleted") }, []string{pod + `: property system.categories is "KubernetesPodDeleted", want "KubernetesPod"`}},
		"wrong link":                          {func(d *dump) { d.device("n1-node-lab").set("auto.selflink", "/api/v1") }, []string{`n1-node-lab: property auto.selflink is "/api/v1", want "/api/v1/nodes/n1"`}},
		"address not followed":                {func(d *dump) { d.device(pod)["systemProperties"] = []Property{{"system.ips", "10.0.0.9"}} }, []string{pod + `: property system.ips is "10.0.0.9", want "10.0.0.1"`}},
		"address that is not the node's":      {func(d *dump) { d.device("n1-node-lab")["systemProperties"] = []Property{{"system.ips", "10.0.0.9"}} }, []string{"n1-node-lab: property system.ips should not be there"}},
		"made by somebody else":               {func(d *dump) { d.device(pod).set("auto.createdBy", "me") }, []string{pod + ": property auto.createdby should not be there"}},
		"last applied configuration":          {func(d *dump) { d.device(pod).set("kubernetes.annotation."+lastApplied, "{}") }, []string{pod + ": property kubernetes.annotation." + lastApplied + " should not be there"}},
		"property twice": {func(d *dump) {
			e := d.device(pod)
			e["customProperties"] = append(e["customProperties"].([]Property), Property{"AUTO.UID", "u1"})
		}, []string{pod + ": property auto.uid is there twice"}},
		"foreign device changed": {func(d *dump) { d.device("server-1")["description"] = "ours" }, []string{"foreign device changed: server-1"}},
		"foreign device gone":    {func(d *dump) { d.remove(1) }, []string{"foreign device gone: server-1"}},
		"foreign group changed":  {func(d *dump) { d.group("Servers")["description"] = "ours" }, []string{"foreign group changed: Servers"}},
		"foreign group gone":     {func(d *dump) { d.remove(2) }, []string{"foreign group gone: Servers"}},
		"root group counts more": {func(d *dump) { d.group("")["numOfHosts"] = 9 }, nil},
		"missing group":          {func(d *dump) { d.remove(31) }, []string{"missing group: " + tree + "/Nodes/worker"}},
		"extra group":            {func(d *dump) { d.groups = append(d.groups, groupEntry(50, tree+"/Namespaces/gone")) }, []string{"extra group: " + tree + "/Namespaces/gone"}},
		"group twice":            {func(d *dump) { d.groups = append(d.groups, groupEntry(50, tree+"/Nodes")) }, []string{"group twice: " + tree + "/Nodes"}},
		"group with one too few": {func(d *dump) {
			g := d.group(tree + "/Nodes/worker")
			g["members"], g["numOfDirectDevices"] = []string{}, 0
		}, []string{"group " + tree + "/Nodes/worker counts 0 resources, want 1", "group " + tree + "/Nodes/worker lacks n1-node-lab"}},
		"group with somebody else's":           {func(d *dump) { d.group(tree + "/Nodes/worker")["members"] = []string{"n1-node-lab", "server-1"} }, []string{"group " + tree + "/Nodes/worker should not hold server-1"}},
		"content of a secret":                  {func(d *dump) { d.device("bank-secret-shop-lab")["description"] = "pin secret-1234" }, []string{"bank-secret-shop-lab shows key pin of secret shop/bank"}},
		"content of a secret as it is encoded": {func(d *dump) { d.device(pod)["description"] = "c2VjcmV0LTEyMzQ=" }, []string{pod + " shows key pin of secret shop/bank"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			before, now := theirs(), ours()
			test.spoil(&now)
			got := Compare(cluster(t), before.account(t), now.account(t))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("differences, want -, got +:\n%s", diff)
			}
		})
	}
}

// TestCompare_twice: one object with two resources, under two names or under one.
func TestCompare_twice(t *testing.T) {
	for _, display := range []string{"web-1-pod-shop-lab-2", pod} {
		now, before := ours(), theirs()
		twin := deviceEntry(40, "10.0.0.1", display, "auto.uid", "u1")
		now.devices = append(now.devices, twin)
		all := strings.Join(Compare(cluster(t), before.account(t), now.account(t)), "\n")
		if want := fmt.Sprintf("twice: %s and %s are the same object u1", pod, display); !strings.Contains(all, want) {
			t.Errorf("got %q, want %q in it", all, want)
		}
		if named := strings.Contains(all, "twice: "+pod+"\n"); named != (display == pod) {
			t.Errorf("display name %s: got %q", display, all)
		}
	}
}

func TestReadAccount_refusesWhatIsNoDump(t *testing.T) {
	for _, text := range []string{"", "[]", `{"devices": [3]}`, `{"groups": ["x"]}`} {
		if _, err := ReadAccount([]byte(text)); err == nil {
			t.Errorf("%q: got no error", text)
		}
	}
}

func TestCluster_Unsettled(t *testing.T) {
	tests := map[string]struct{ plural, object, want string }{
		"pod that runs":              {"pods", `{status: {phase: Running}}`, ""},
		"pod that waits":             {"pods", `{status: {phase: Pending}}`, "is not running"},
		"anything going":             {"services", `{metadata: {deletionTimestamp: "2026-01-01T00:00:00Z"}}`, "is being deleted"},
		"deployment complete":        {"deployments", `{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2}}`, ""},
		"deployment not looked at":   {"deployments", `{metadata: {generation: 3}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2}}`, "has not been looked at by its controller"},
		"deployment with old pods":   {"deployments", `{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 2}}`, "has 3 pods, wants 2"},
		"deployment half rolled":     {"deployments", `{metadata: {generation: 2}, spec: {replicas: 2}, status: {observedGeneration: 2, replicas: 2, updatedReplicas: 1, availableReplicas: 2}}`, "is not complete: 1 of 2"},
		"stateful set coming":        {"statefulsets", `{spec: {replicas: 3}, status: {availableReplicas: 2, updatedReplicas: 3}}`, "is not complete: 2 of 3"},
		"daemon set coming":          {"daemonsets", `{status: {desiredNumberScheduled: 4, numberAvailable: 3, updatedNumberScheduled: 4}}`, "is not complete: 3 of 4"},
		"replica set going":          {"replicasets", `{spec: {replicas: 0}, status: {replicas: 1}}`, "is not complete: 1 of 0"},
		"job under way":              {"jobs", `{metadata: {generation: 1}, status: {active: 1}}`, "is not complete: 0 of 1"},
		"job done":                   {"jobs", `{metadata: {generation: 1}, status: {succeeded: 1}}`, ""},
		"cron job has no such thing": {"cronjobs", `{metadata: {generation: 1}}`, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			object := map[string]any{}
			if err := yaml.Unmarshal([]byte(test.object), &object, yaml.DisallowUnknownFields); err != nil {
				t.Fatal(err)
			}
			o := unstructured.Unstructured{Object: integers(object).(map[string]any)}
			o.SetNamespace("shop")
			o.SetName("x")
			var want []string
			if test.want != "" {
				want = []string{test.plural + " shop/x " + test.want}
			}
			got := Cluster{Objects: map[string][]unstructured.Unstructured{test.plural: {o}}}.Unsettled()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// integers makes numbers what an API client makes them.
func integers(v any) any {
	switch v := v.(type) {
	case float64:
		return int64(v)
	case map[string]any:
		for key, value := range v {
			v[key] = integers(value)
		}
	}
	return v
}
