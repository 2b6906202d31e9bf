package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// must parses a configuration that has no fault.
func must(t *testing.T, text string) Config {
	t.Helper()
	c, faults := Parse([]byte(text))
	if len(faults) > 0 {
		t.Fatalf("Parse(%q): faults\n%v", text, Faults(faults))
	}
	return c
}

func TestDefault_tagsAreReadable(t *testing.T) {
	for path, r := range paths(reflect.TypeFor[Config](), "") {
		field := fieldAt(t, reflect.New(reflect.TypeFor[Config]()).Elem(), path)
		for tag, value := range map[string]string{"default": r.value, "min": r.min, "max": r.max} {
			if value == "" {
				continue
			}
			if p := setScalar(field, value); !p.isZero() {
				t.Errorf("%s: its tag %s cannot be read: %v", path, tag, p)
			}
		}
		if len(r.oneof) > 0 && r.value == "" {
			t.Errorf("%s: takes one of %v but has no default", path, r.oneof)
		}
	}
}

// fieldAt finds the field of a path.
func fieldAt(t *testing.T, section reflect.Value, path string) reflect.Value {
	t.Helper()
	key, rest, deeper := strings.Cut(path, ".")
	for _, r := range rules(section.Type()) {
		if r.key != key {
			continue
		}
		if deeper {
			return fieldAt(t, section.Field(r.index), rest)
		}
		return section.Field(r.index)
	}
	t.Fatalf("no field for %s", path)
	return reflect.Value{}
}

func TestDefault(t *testing.T) {
	c := Default()
	got := map[string]any{
		"tree parent":      c.ClusterTreeParentID,
		"container":        c.ResourceContainerID,
		"share":            c.LM.API.Share,
		"first sync share": c.LM.API.FirstSyncShare,
		"audit":            c.Daemons.LMCacheSync.Interval,
		"server":           c.Server.Address,
		"delete after":     c.GlobalDeleteAfterDuration,
		"infra pods":       c.DeleteInfraPodsAfter,
		"level":            c.Log.Level,
		"recreate":         c.LM.Resource.OnRecreate,
	}
	want := map[string]any{
		"tree parent": resource.ID(1), "container": resource.ID(1), "share": 0.8, "first sync share": 0.95,
		"audit": time.Hour, "server": "127.0.0.1:8080", "delete after": time.Duration(0),
		"infra pods": 240 * time.Hour, "level": "info", "recreate": "replace",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Default() (-want +got):\n%s", diff)
	}
}

func TestParse_faults(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"an unknown key is answered with the nearest": {
			"clusterName: c\nclusterTreeParentId: 7\n",
			[]string{"line 2: unknown key clusterTreeParentId, did you mean clusterTreeParentID?"},
		},
		"an unknown key below another": {
			"clusterName: c\nlog:\n  lewel: info\n",
			[]string{"line 3: unknown key log.lewel, did you mean log.level?"},
		},
		"a key at the wrong place": {
			"clusterName: c\nbulkSyncInterval: 1h\n",
			[]string{"line 2: unknown key bulkSyncInterval; it belongs to daemons.watcher.bulkSyncInterval"},
		},
		"a key like no other": {
			"clusterName: c\nzzzzzzzz: 1h\n",
			[]string{"line 2: unknown key zzzzzzzz; remove it, or see docs/config.md for the keys there are"},
		},
		"a credential in the file is refused without being shown": {
			"clusterName: c\naccessKey: canary\n",
			[]string{"line 2: unknown key accessKey; credentials come from the environment: " + variableNames},
		},
		"all faults at once": {
			"log: {level: infoo}\nserver: {address: nowhere}\nlm:\n  api: {share: 2}\n  timeout: 5\n",
			[]string{
				"clusterName: is missing; write the cluster's name: clusterName: my-cluster",
				`line 1: log.level: unknown value "infoo"; did you mean info? write one of info, warn, warning, debug, trace, error, fatal, panic`,
				`line 2: server.address: not an address to listen on: "nowhere"; write host:port, such as 127.0.0.1:8080 or :8080`,
				"line 4: lm.api.share: must be at most 1, got 2",
				`line 5: lm.timeout: a duration needs a unit, got "5"; write it such as 30s, 10m or 1h`,
			},
		},
		"wrong shapes": {
			"clusterName: [c]\nlog: info\nmonitoring: {disable: pods}\nignoreSSL: yes\n",
			[]string{
				"line 1: clusterName: want a single value, got a list; see docs/config.md for its form",
				"line 2: log: want keys and values, got a single value; see docs/config.md for its form",
				"line 3: monitoring.disable: want a list, got a single value; see docs/config.md for its form",
				`line 4: ignoreSSL: want true or false, got "yes"`,
			},
		},
		"twice": {
			"clusterName: c\nclusterName: d\n",
			[]string{"line 2: clusterName: set twice, first in line 1; remove one of them"},
		},
		"a kind that is none": {
			"clusterName: c\nmonitoring:\n  disable: [deploymets]\n",
			[]string{`line 3: monitoring.disable[0]: unknown kind "deploymets"; did you mean deployments?`},
		},
		"a URL with a password, which is not repeated": {
			"clusterName: c\nproxy: {url: 'http://me:canary@proxy:3128'}\n",
			[]string{"line 2: proxy.url: holds a user name or password; remove them; a proxy's belong into PROXY_USER and PROXY_PASS"},
		},
		"limits": {
			"clusterName: c\nlm:\n  api:\n    limits:\n      /device: {limit: 3}\n      GET /device: {window: 1m}\n      PUT /device: {share: 0.5}\n",
			[]string{
				`line 5: lm.api.limits./device: want a method and a path; write it such as "POST /device/devices"`,
				"line 6: lm.api.limits.GET /device.limit: is missing; write the number of requests in a window, or a share",
			},
		},
		"group properties": {
			"clusterName: c\nresourceGroupProps:\n  clusters: [{name: a, value: b}]\n  cluster: [{value: b}, {name: 9lives, value: b}, {name: 'a##b', value: b}]\n",
			[]string{
				`line 3: resourceGroupProps.clusters: unknown kind "clusters"; write cluster or a kind`,
				"line 4: resourceGroupProps.cluster[0].name: is missing; name the property",
				`line 4: resourceGroupProps.cluster[1].name: does not begin with a letter: "9lives"; put one before it`,
				`line 4: resourceGroupProps.cluster[2].name: ends with a blank, or holds ## or a control character: "a##b"; leave it out`,
			},
		},
		"a merge key": {
			"clusterName: c\nx: &x {level: info}\nlog:\n  <<: *x\n",
			[]string{
				"line 2: unknown key x; remove it, or see docs/config.md for the keys there are",
				"line 4: merge keys (<<) are not understood; write the keys out",
			},
		},
		"an empty rule": {
			"clusterName: c\nfilters: ['']\n",
			[]string{`line 2: filters[0]: want a rule, such as 'namespace == "kube-system"'; write one or remove it`},
		},
		"a name that cannot be in an expression": {
			"clusterName: 'a\"b'\n",
			[]string{`line 1: clusterName: holds a quote, backslash or control character: "a\"b"; use letters, digits, blanks, '.', '_' and '-'`},
		},
		"malformed YAML is one fault": {
			"clusterName: c\nlog:\n  level: info\n bad: [\n",
			[]string{"line 3: not YAML: did not find expected key; look at the indentation, quotes and colons near this line"},
		},
		"two documents": {
			"clusterName: c\n---\nclusterName: d\n",
			[]string{"line 2: a second document begins here; keep one document in a file"},
		},
		"nothing": {"", []string{"clusterName: is missing; write the cluster's name: clusterName: my-cluster"}},
		"a list":  {"- a\n", []string{"line 1: want keys and values, got a list; see docs/config.md for its form"}},
		"words of both ages": {
			"cluster_name: c\nlog_level: debug\ndaemons: {}\n",
			[]string{"line 3: daemons: a key of newer files beside cluster_name, which is one of Argus 6; rename all keys, beginning with clusterName, or write app_intervals"},
		},
		"old words misspelt": {
			"cluster_name: c\nlog_levl: debug\napp_intervals: {cache_sync_intervall: 1h}\n",
			[]string{
				"line 2: unknown key log_levl, did you mean log_level?",
				"line 3: unknown key app_intervals.cache_sync_intervall, did you mean app_intervals.cache_sync_interval?",
			},
		},
		"old words with wrong values are named as written": {
			"cluster_name: c\ndelete_resources: maybe\napp_intervals: {cache_sync_interval: 60}\n",
			[]string{
				`line 2: delete_resources: want true or false, got "maybe"`,
				`line 3: app_intervals.cache_sync_interval: a duration needs a unit, got "60"; write it such as 30s, 10m or 1h`,
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, faults := Parse([]byte(test.text))
			got := strings.Split(Faults(faults).Error(), "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Parse(%q): faults (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestParse_chart(t *testing.T) {
	c, err := Load(filepath.Join("testdata", "chart"))
	if err != nil {
		t.Fatal(err)
	}
	if c.ClusterName != "shop-production" || c.ClusterTreeParentID != 42 || c.GlobalDeleteAfterDuration != 36*time.Hour {
		t.Errorf("got %q %d %v", c.ClusterName, c.ClusterTreeParentID, c.GlobalDeleteAfterDuration)
	}
	if want := []FilterRule{
		{Expression: `namespace == "kube-system"`, File: filepath.Join("testdata", "chart", "filters-config.yaml"), Line: 2},
		{Expression: `contains(owner,"Job,CronJob") && type == "pod"`, File: filepath.Join("testdata", "chart", "filters-config.yaml"), Line: 3},
	}; !cmp.Equal(want, c.Filters.Rules) {
		t.Errorf("filters (-want +got):\n%s", cmp.Diff(want, c.Filters.Rules))
	}
	if want := []GroupProperty{{Name: "team", Value: "shop", Override: false}, {Name: "lmlogs.k8sevent.enable", Value: "false", Override: true}}; !cmp.Equal(want, c.ResourceGroupProps["cluster"]) {
		t.Errorf("group properties (-want +got):\n%s", cmp.Diff(want, c.ResourceGroupProps["cluster"]))
	}
	var told []string
	for _, n := range c.Notices {
		if strings.HasPrefix(n.Text, "has no effect") {
			told = append(told, n.Path)
		}
	}
	want := []string{
		"collectorSetController", "etcdDiscoveryToken", "overview", "telemetryCronString",
		"daemons.watcher.bulkSyncInterval", "daemons.watcher.minInterval", "daemons.watcher.runner",
		"daemons.watcher.sysIpsWaitTimeout", "daemons.worker", "selfMonitor", "lm.opsNotes", "jobs", "ksmUrl",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("keys told to have no effect (-want +got):\n%s", diff)
	}
}

func TestParse_everyKeyOfV6(t *testing.T) {
	c, err := Load(filepath.Join("testdata", "v6"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{
		"name": c.ClusterName, "parent": c.ClusterTreeParentID, "container": c.ResourceContainerID, "level": c.Log.Level,
		"delete": c.GlobalDeleteAfterDuration, "legacy tree": c.EnableLegacyResourceTree, "alerting": c.Alerting.DisableAll,
		"audit": c.Daemons.LMCacheSync.Interval, "proxy": c.Proxy.URL, "disable": c.Monitoring.Disable,
		"generic": c.Monitoring.HonorDisableLabel, "infra": c.DeleteInfraPodsAfter, "profiling": c.Profiling.Enable,
		"controller": c.CollectorSetController, "workers": c.Daemons.Worker.PoolSize,
	}
	want := map[string]any{
		"name": "shop-production", "parent": resource.ID(1), "container": resource.ID(9), "level": "debug",
		"delete": time.Duration(0), "legacy tree": false, "alerting": true, "audit": time.Hour,
		"proxy": "http://proxy.example:3128", "disable": []string{"cronjobs", "ing"}, "generic": true,
		"infra": 48 * time.Hour, "profiling": true,
		"controller": CollectorSetController{Address: "collectorset-controller.argus", Port: 50000}, "workers": 12,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Load(v6) (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"pod", "pod", "service"}, kindsOf(c.Filters)); diff != "" {
		t.Errorf("filters (-want +got):\n%s", diff)
	}
	for _, n := range c.Notices {
		if strings.Contains(n.Path, "daemons") {
			t.Errorf("notice %q names a key the user did not write", n)
		}
	}
}

func kindsOf(f Filters) []string {
	kinds := make([]string, len(f.Rules))
	for i, r := range f.Rules {
		kinds[i] = r.Kind
	}
	return kinds
}

func TestParse_v6Defaults(t *testing.T) {
	c := must(t, "cluster_name: c\n")
	got := []any{c.EnableLegacyResourceTree, c.GlobalDeleteAfterDuration, c.Daemons.LMCacheSync.Interval, c.Daemons.LMResourceSweeper.Interval}
	want := []any{true, v6DeleteAfter, 10 * time.Minute, 5 * time.Minute}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tree, delete after, audit, sweep (-want +got):\n%s", diff)
	}
}

// TestParse_formerKinds: a file of a predecessor means the kinds that it mirrored,
// so that taking over creates nothing of kinds it did not know.
func TestParse_formerKinds(t *testing.T) {
	first := "pods deployments services horizontalpodautoscalers nodes etcd namespaces daemonsets replicasets statefulsets " +
		"persistentvolumes persistentvolumeclaims cronjobs jobs ingresses secrets endpoints networkpolicies"
	chart := "pods deployments services horizontalpodautoscalers nodes etcd namespaces daemonsets replicasets statefulsets configmaps " +
		"persistentvolumes persistentvolumeclaims cronjobs jobs ingresses secrets endpoints networkpolicies clusterrolebindings clusterroles " +
		"customresourcedefinitions limitranges poddisruptionbudgets priorityclasses resourcequotas rolebindings roles serviceaccounts storageclasses"
	tests := map[string]struct {
		file, want string
	}{
		"argus 6":                {"cluster_name: c\n", first},
		"argus 6, some are off":  {"cluster_name: c\ndisable_resource_monitoring: [secret, ing]\n", strings.NewReplacer(" secrets", "", " ingresses", "").Replace(first)},
		"chart, advanced mode":   {"clusterName: c\nmonitoring: {disable: []}\n", chart},
		"chart, nothing is said": {"clusterName: c\nmonitoring: {disable: }\n", chart},
		"chart, some are off":    {"clusterName: c\nmonitoring: {disable: [secrets, roles]}\n", strings.NewReplacer(" secrets", "", " roles", "").Replace(chart)},
		"chart, a mode is said":  {"clusterName: c\nmonitoringMode: Advanced\n", chart},
		"chart, essentials": {"clusterName: c\nmonitoringMode: Essentials\n", "pods deployments services horizontalpodautoscalers nodes etcd namespaces " +
			"daemonsets replicasets statefulsets persistentvolumes persistentvolumeclaims"},
		"chart, a kind is added": {"clusterName: c\nmonitoring: {disable: []}\nkinds: {enable: [gateways]}\n", strings.Replace(chart, " limitranges", " gateways limitranges", 1)},
		"a preset is said as well": {"clusterName: c\nmonitoring: {disable: [secrets]}\nkinds: {preset: essentials}\n", "pods deployments services " +
			"horizontalpodautoscalers nodes etcd namespaces daemonsets replicasets statefulsets persistentvolumes persistentvolumeclaims"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, k := range must(t, test.file).EnabledKinds() {
				got = append(got, string(k.ID))
			}
			if diff := cmp.Diff(strings.Fields(test.want), got); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
		})
	}
}

// TestParse_v6Marks: Argus 6 removed nothing that it had marked, so that its file
// must not have marks of years ago removed at once, whatever it says of groups.
func TestParse_v6Marks(t *testing.T) {
	tests := map[string]struct {
		file string
		want time.Duration
		told bool
	}{
		"nothing is said":   {"", v6DeleteAfter, true},
		"marked":            {"delete_resources: false\n", v6DeleteAfter, true},
		"marked, for a day": {"delete_resources: false\nresource_group_props: {cluster: [{name: kubernetes.resourcedeleteafterduration, value: P1DT0H0M0S, override: false}]}\n", v6DeleteAfter, true},
		"deleted":           {"delete_resources: true\n", 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := must(t, "cluster_name: c\n"+test.file)
			told := slices.ContainsFunc(c.Notices, func(n Notice) bool { return n.Path == "delete_resources" })
			if c.GlobalDeleteAfterDuration != test.want || told != test.told {
				t.Errorf("kept, told: got %v, %v, want %v, %v", c.GlobalDeleteAfterDuration, told, test.want, test.told)
			}
		})
	}
}

// TestConfig_AlertingDisabled: the switch of the whole cluster is the cluster
// group's, and does not have the groups of kinds written.
func TestConfig_AlertingDisabled(t *testing.T) {
	for text, want := range map[string]bool{"": false, "alerting: {disableAll: true}": false, "alerting: {disable: [no]}": true} {
		if got := must(t, "clusterName: c\n"+text).AlertingDisabled("nodes"); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

func TestParse_v6KeysLeadSomewhere(t *testing.T) {
	known := paths(reflect.TypeFor[Config](), "")
	for _, table := range []map[string]string{v6Keys(), v6Intervals()} {
		for old, now := range table {
			if _, ok := known[now]; now != "" && !ok {
				t.Errorf("%s is translated to %s, which is no key", old, now)
			}
		}
	}
}

func TestParse_rulesAreChecked(t *testing.T) {
	text := `clusterName: c
filters:
  - name ==
monitoring:
  labels:
    ignore: ["key in ("]
exclude:
  - selector: "a=("
`
	_, faults := Parse([]byte(text))
	var got []string
	for _, f := range faults {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Path))
		if f.Problem == "" {
			t.Errorf("%s: no problem is told", f.Path)
		}
	}
	if diff := cmp.Diff([]string{"3 filters[0]", "6 monitoring.labels.ignore[0]", "8 exclude[0].selector"}, got); diff != "" {
		t.Errorf("faults %v (-want +got):\n%s", Faults(faults), diff)
	}
}

func TestFilterConfig(t *testing.T) {
	c := must(t, "clusterName: c\nfilters: ['name == \"a\"']\nmonitoring: {honorDisableLabel: true, annotations: {ignore: []}}\nexclude: [{namespaces: [x]}]\n")
	f := c.FilterConfig()
	if len(f.Rules) != 1 || len(f.Exclude) != 1 || len(f.Include) != 0 || !f.HonorDisableLabel {
		t.Errorf("FilterConfig() = %+v, want what the file says", f)
	}
	if got := c.IgnoredAnnotations(); len(got) != 0 {
		t.Errorf("an empty list: %v are ignored, want none", got)
	}
	if got := Default().IgnoredAnnotations(); len(got) == 0 {
		t.Error("no list: none are ignored, want those of the chart")
	}
}

func TestParse_blocks(t *testing.T) {
	c := must(t, "clusterName: c\nexclude:\n  - {kinds: [po], namespaces: ['kube-*'], selector: a=b}\ninclude:\n  - cel: 'name == \"a\"'\n")
	want := []FilterBlock{{Kinds: []string{"po"}, Namespaces: []string{"kube-*"}, Selector: "a=b", Line: 3}, {CEL: `name == "a"`, Line: 5}}
	if diff := cmp.Diff(want, append(c.Exclude, c.Include...)); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

func TestParse_oldestFilters(t *testing.T) {
	c := must(t, "cluster_name: c\nfilters:\n  pod: 'name == \"a\" || name == \"b\"'\n")
	want := []FilterRule{{Kind: "pod", Expression: `name == "a" || name == "b"`, Joined: true, Line: 3}}
	if diff := cmp.Diff(want, c.Filters.Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestParse_raised(t *testing.T) {
	c := must(t, "clusterName: c\ndaemons: {lmCacheSync: {interval: 10s}}\nlm: {timeout: 1ms, api: {share: 1}}\n")
	if c.Daemons.LMCacheSync.Interval != 5*time.Minute || c.LM.Timeout != time.Second || c.LM.API.FirstSyncShare != 1 {
		t.Errorf("got %v %v %v, want 5m 1s 1", c.Daemons.LMCacheSync.Interval, c.LM.Timeout, c.LM.API.FirstSyncShare)
	}
	got := make([]string, len(c.Notices))
	for i, n := range c.Notices {
		got[i] = n.String()
	}
	want := []string{
		"line 3: lm.timeout: raised from 1ms to the least allowed, 1s",
		"line 2: daemons.lmCacheSync.interval: raised from 10s to the least allowed, 5m0s",
		"lm.api.firstSyncShare: raised to lm.api.share: the first time needs no less than every other",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestParse_notices(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"plain http leaves the machine": {"lm: {url: 'http://lm.example'}", "line 2: lm.url: requests are not encrypted: everyone on the way can read them"},
		"plain http stays here":         {"lm: {url: 'http://127.0.0.1:9'}", ""},
		"certificates unchecked":        {"ignoreSSL: true", "line 2: ignoreSSL: certificates are not checked: whoever answers gets the credentials; give lm.caFile instead"},
		"a null is an absent key":       {"ksmUrl:", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := must(t, "clusterName: c\n"+test.text+"\n")
			var got string
			for _, n := range c.Notices {
				got += n.String()
			}
			if got != test.want {
				t.Errorf("notices: got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	a, b := write("a.yaml", "clusterName: c\nlog: {level: debug}\n"), write("b.yaml", "log: {format: json}\n")
	if c, err := Load(a, b); err != nil || c.Log != (Log{"debug", "json"}) {
		t.Errorf("two files: got %+v, %v; want both their keys", c.Log, err)
	}
	twice := write("twice.yaml", "log: {level: info}\n")
	var faults Faults
	if _, err := Load(a, twice); !errors.As(err, &faults) || len(faults) != 1 || faults[0].Path != "log.level" || faults[0].File != twice {
		t.Errorf("a key in two files: got %v, want one fault in the second", err)
	}
	for _, missing := range []string{filepath.Join(dir, "none"), t.TempDir()} {
		if _, err := Load(missing); !errors.As(err, &faults) || faults[0].File != missing || faults[0].Mend == "" {
			t.Errorf("Load(%q): got %v, want a fault that names it and a mend", missing, err)
		}
	}
}

func TestEnabledKinds(t *testing.T) {
	ids := func(c Config) []resource.Kind {
		var ids []resource.Kind
		for _, k := range c.EnabledKinds() {
			ids = append(ids, k.ID)
		}
		return ids
	}
	has := func(all []resource.Kind, id resource.Kind) bool {
		for _, k := range all {
			if k == id {
				return true
			}
		}
		return false
	}
	for _, preset := range []string{"essentials", "standard", "everything"} {
		all := ids(must(t, "clusterName: c\nkinds: {preset: "+preset+"}"))
		if !has(all, "pods") || !has(all, "namespaces") || has(all, "secrets") != (preset == "everything") {
			t.Errorf("%s: got %v, want pods and namespaces, and secrets only in everything", preset, all)
		}
	}
	all := ids(must(t, "clusterName: c\nkinds: {disable: [po]}\nmonitoring: {disable: [svc, ns]}"))
	if has(all, "pods") || has(all, "services") || !has(all, "nodes") || !has(all, "namespaces") {
		t.Errorf("got %v, want neither pods nor services, and namespaces all the same", all)
	}
	if len(ids(Default())) > len(kind.All) {
		t.Errorf("more kinds than there are: %v", ids(Default()))
	}
}

func TestEffective_roundTrip(t *testing.T) {
	for _, dir := range []string{"chart", "v6"} {
		first, err := Load(filepath.Join("testdata", dir))
		if err != nil {
			t.Fatal(err)
		}
		out, err := first.Effective()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "canary") {
			t.Errorf("%s: a secret is printed:\n%s", dir, out)
		}
		second := must(t, string(out))
		first.Notices, second.Notices = nil, nil
		first.EtcdDiscoveryToken, second.EtcdDiscoveryToken = Secret{}, Secret{}
		for _, c := range []*Config{&first, &second} {
			for i := range c.Filters.Rules {
				c.Filters.Rules[i].File, c.Filters.Rules[i].Line = "", 0
			}
		}
		again, _ := first.Effective()
		back, _ := second.Effective()
		if diff := cmp.Diff(string(again), string(back)); diff != "" {
			t.Errorf("%s: read back (-first +second):\n%s", dir, diff)
		}
	}
}

func TestSecret_isNeverShown(t *testing.T) {
	s := NewSecret("canary")
	type holder struct{ S Secret }
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown = append(shown, fmt.Sprintf(verb, s), fmt.Sprintf(verb, holder{s}), fmt.Sprintf(verb, &holder{s}))
	}
	asJSON, err := json.Marshal(holder{s})
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(holder{s})
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "a", s, "b", holder{s})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "a", s, "b", holder{s})
	shown = append(shown, string(asJSON), string(asYAML), log.String(), s.String(), s.GoString())
	for _, text := range shown {
		if strings.Contains(text, "canary") || strings.Contains(text, "63616e617279") {
			t.Errorf("the secret is shown: %s", text)
		}
	}
	if s.Reveal() != "canary" {
		t.Errorf("Reveal() = %q, want the value", s.Reveal())
	}
}

func TestParseDuration(t *testing.T) {
	tests := map[string]struct {
		want time.Duration
		err  error
	}{
		"1h30m": {want: 90 * time.Minute}, "0s": {}, "0": {}, "P1DT0H0M0S": {want: 24 * time.Hour}, "PT1.5S": {want: 1500 * time.Millisecond},
		"P1W": {want: 168 * time.Hour}, "P0DT0H0M0S": {}, "60": {err: errDurationUnit}, "": {err: resource.ErrDurationForm},
		"soon": {err: resource.ErrDurationForm}, "P9999999Y": {err: resource.ErrDurationSize}, "Pnonsense": {err: resource.ErrDurationForm},
		"P": {err: resource.ErrDurationForm},
	}
	for text, test := range tests {
		got, err := ParseDuration(text)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v, %v", text, got, err, test.want, test.err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, dir := range []string{"chart", "v6"} {
		for _, name := range partNames() {
			data, err := os.ReadFile(filepath.Join("testdata", dir, name))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte("a: &a [*a]\nfilters: *a\nclusterName: !!binary x\n? [x]\n: y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, faults := Parse(data)
		for _, fault := range faults {
			if fault.Error() == "" || fault.Problem == "" {
				t.Errorf("a fault that says nothing: %#v", fault)
			}
		}
		if len(faults) > 0 {
			return
		}
		out, err := c.Effective()
		if err != nil {
			t.Fatalf("what was read cannot be printed: %v", err)
		}
		if _, faults := Parse(out); len(faults) > 0 {
			t.Errorf("what was printed cannot be read: %v\n%s", Faults(faults), out)
		}
	})
}

func TestConfig_Reuses(t *testing.T) {
	c, faults := Parse([]byte("clusterName: lab\nlm:\n  resource:\n    onRecreate: reuse\n    replace: [pod]\n    reuse: [sts]\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for id, want := range map[resource.Kind]bool{"pods": false, "statefulsets": true, "nodes": true} {
		if got := c.Reuses(id); got != want {
			t.Errorf("reuses %s: got %v, want %v", id, got, want)
		}
	}
}
