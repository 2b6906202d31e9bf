package config

import (
	"net"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// v6Keys are the keys of Argus 6 and older and what they are called now. A key
// without a new name has no effect, and dropped says why.
func v6Keys() map[string]string {
	return map[string]string{
		"address":                          "collectorSetController",
		"cluster_name":                     "clusterName",
		"cluster_group_id":                 "clusterTreeParentID",
		"resource_group_id":                "resourceContainerID",
		"log_level":                        "log.level",
		"delete_resources":                 "globalDeleteAfterDuration",
		"disable_alerting":                 "alerting.disableAll",
		"proxy_url":                        "proxy.url",
		"ignore_ssl":                       "ignoreSSL",
		"resource_group_props":             "resourceGroupProps",
		"app_intervals":                    "daemons",
		"openmetrics":                      "selfMonitor",
		"number_of_workers":                "daemons.worker.poolSize",
		"number_of_parallel_runners":       "daemons.watcher.runner.poolSize",
		"parallel_runner_queue_size":       "daemons.watcher.runner.backPressureQueueSizePerRunner",
		"enable_new_resource_tree":         "enableLegacyResourceTree",
		"enable_namespaces_deleted_groups": "enableNamespacesDeletedGroups",
		"register_generic_filter":          "monitoring.honorDisableLabel",
		"delete_infra_pods_after":          "deleteInfraPodsAfter",
		"disable_resource_monitoring":      "monitoring.disable",
		"disable_resource_alerting":        "alerting.disable",
		"telemetry_cron_string":            "telemetryCronString",
		"sys_ips_wait_timeout":             "daemons.watcher.sysIpsWaitTimeout",
		"enable_profiling":                 "profiling.enable",
		"filters":                          "filters",
		"etcd_discovery_token":             "etcdDiscoveryToken",
		"displayName_include_namespace":    "",
		"displayName_include_clustername":  "",
	}
}

// v6Intervals are the keys below app_intervals.
func v6Intervals() map[string]string {
	return map[string]string{
		"periodic_sync_interval":       "daemons.watcher.bulkSyncInterval",
		"periodic_sync_min_interval":   "daemons.watcher.minInterval",
		"periodic_delete_interval":     "daemons.lmResourceSweeper.interval",
		"periodic_delete_min_interval": "daemons.lmResourceSweeper.minInterval",
		"cache_sync_interval":          "daemons.lmCacheSync.interval",
		"cache_sync_min_interval":      "daemons.lmCacheSync.minInterval",
	}
}

// FormerKeys are the keys of Argus 6 and the keys of today they stand for, for
// the manual; "" for a key that never had an effect.
func FormerKeys() map[string]string {
	all := v6Keys()
	delete(all, "app_intervals")
	for old, now := range v6Intervals() {
		all["app_intervals."+old] = now
	}
	return all
}

// v6Defaults are the values that keys had when a file of Argus 6 left them out,
// where they differ from now.
func v6Defaults(c *Config) {
	c.EnableLegacyResourceTree = true
	c.GlobalDeleteAfterDuration = v6DeleteAfter
	c.Daemons.LMResourceSweeper.MinInterval = v6SweepFloor
	c.Daemons.LMResourceSweeper.Interval = v6SweepFloor
	c.Daemons.LMCacheSync.MinInterval = v6AuditFloor
	c.Daemons.LMCacheSync.Interval = v6AuditFloor
}

// Times of Argus 6. It marked resources deleted and never removed them: the
// portal did, after the time that a property of a group said, or a person. So its
// files say no time, and an account may hold marks that are years old. A century
// leaves them all alone.
const (
	v6DeleteAfter = 100 * 365 * 24 * time.Hour
	v6SweepFloor  = 5 * time.Minute
	v6AuditFloor  = 10 * time.Minute
)

// speaksV6 tells files of Argus 6 by their key for the cluster's name.
func speaksV6(root *yaml.Node) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "cluster_name" {
			return true
		}
	}
	return false
}

// A translator rebuilds a file of Argus 6 in today's keys. Every node keeps its
// line, and names remembers what the user wrote.
type translator struct {
	d   *decoder
	out *yaml.Node
}

// translate returns the file's content in today's keys.
func (d *decoder) translate(root *yaml.Node) *yaml.Node {
	t := translator{d: d, out: &yaml.Node{Kind: yaml.MappingNode, Line: root.Line}}
	t.section(root, "", v6Keys())
	return t.out
}

func (t *translator) section(node *yaml.Node, prefix string, names map[string]string) {
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], resolve(node.Content[i+1])
		at := join(prefix, key.Value)
		name, known := names[key.Value]
		switch first, twice := seen[key.Value]; {
		case twice:
			t.d.fault(key.Line, at, problem{"set twice, first in line " + itoa(first), "remove one of them"})
		case !known:
			t.unknown(key, prefix, names)
		case isNull(value):
		case name == "":
			t.d.notice(key.Line, at, "has no effect: it had none before")
		default:
			t.key(key, value, at, name)
		}
		seen[key.Value] = key.Line
	}
}

// key translates one key, whose value may have to change with it.
func (t *translator) key(key, value *yaml.Node, at, name string) {
	switch key.Value {
	case "app_intervals":
		if t.d.wants(value, yaml.MappingNode, at, "keys and values") {
			t.section(value, at, v6Intervals())
		}
		return
	case "openmetrics":
		if t.d.wants(value, yaml.MappingNode, at, "keys and values") {
			t.section(value, at, map[string]string{"port": "selfMonitor.port"})
		}
		return
	case "address":
		host, port, err := net.SplitHostPort(value.Value)
		if err != nil {
			host, port = value.Value, "50000"
		}
		t.put(key, scalarLike(value, host), at, name+".address")
		t.put(key, scalarLike(value, port), at, name+".port")
		return
	case "delete_resources":
		value = t.choose(value, at, "P0D", v6DeleteAfter.String())
	case "enable_new_resource_tree":
		value = t.choose(value, at, "false", "true")
	case "cluster_group_id", "resource_group_id":
		if value.Value == "0" {
			value = scalarLike(value, "1") // the root group was meant
		}
	}
	if value != nil {
		t.put(key, value, at, name)
	}
}

// choose replaces true and false by other values.
func (t *translator) choose(value *yaml.Node, at, whenTrue, whenFalse string) *yaml.Node {
	switch strings.ToLower(value.Value) {
	case "true":
		return scalarLike(value, whenTrue)
	case "false":
		return scalarLike(value, whenFalse)
	}
	t.d.fault(value.Line, at, problem{"want true or false, got " + quote(value.Value), ""})
	return nil
}

// put stores a value under a path of today.
func (t *translator) put(key, value *yaml.Node, written, path string) {
	t.d.names[path] = written
	node := t.out
	names := strings.Split(path, ".")
	for i, name := range names[:len(names)-1] {
		node = child(node, name, key.Line)
		if section := strings.Join(names[:i+1], "."); t.d.names[section] == "" {
			t.d.names[section] = written
		}
	}
	last := *key
	last.Value = names[len(names)-1]
	node.Content = append(node.Content, &last, value)
}

// child finds or makes a section.
func child(node *yaml.Node, name string, line int) *yaml.Node {
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	section := &yaml.Node{Kind: yaml.MappingNode, Line: line}
	node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name, Line: line}, section)
	return section
}

// unknown faults a key of neither age; one of today among old ones is told apart.
func (t *translator) unknown(key *yaml.Node, prefix string, names map[string]string) {
	known := make([]rule, 0, len(names))
	for _, old := range sortedKeys(names) {
		if now := names[old]; now == key.Value || strings.HasPrefix(now, key.Value+".") {
			t.d.fault(key.Line, join(prefix, key.Value), problem{
				"a key of newer files beside cluster_name, which is one of Argus 6",
				"rename all keys, beginning with clusterName, or write " + old,
			})
			return
		}
		known = append(known, rule{key: old})
	}
	t.d.unknown(key, join(prefix, key.Value), known)
}

func scalarLike(node *yaml.Node, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value, Line: node.Line, Column: node.Column}
}
