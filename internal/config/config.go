// Package config reads what a person tells Argus: the configuration file and the
// environment. One struct holds it all, the comments of its fields are the
// manual (docs/config.md is generated from them), and every fault of a file is
// reported at once with its place and its mend.
//
// It only reads and checks. It keeps no state, watches no file, and nothing in
// it decides what Argus does: other packages are handed the few fields they need.
package config

import (
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

//go:generate go run ./gen -o ../../docs/config.md

// Config is the whole configuration. A value of it is not changed after it was
// loaded, so it may be read by any goroutine.
//
// The tags of a field are its rules: default is the value when the key is
// absent, min and max its bounds, oneof the words it takes, check the form it
// must have, and unused says why a key of older versions has no effect.
type Config struct {
	// The name of this cluster: part of every display name and the value of
	// auto.clustername on every resource. Required. Changing it later makes a
	// new tree beside the old one.
	ClusterName string `yaml:"clusterName" check:"clusterName"`
	// Group of the account under which the cluster's tree is made, by its ID.
	// 1 is the root group.
	ClusterTreeParentID resource.ID `yaml:"clusterTreeParentID" default:"1" min:"1"`
	// The same group by its path in the account, names with slashes between them,
	// such as Teams/Platform. It wins over clusterTreeParentID.
	ClusterTreeParentPath string `yaml:"clusterTreeParentPath"`
	// Group in which the resources themselves live, by its ID. It must exist.
	ResourceContainerID resource.ID `yaml:"resourceContainerID" default:"1" min:"1"`
	// Use the tree of Argus 6 and older: groups by kind, then namespace, instead
	// of by namespace.
	EnableLegacyResourceTree bool `yaml:"enableLegacyResourceTree" default:"false"`
	// Give each namespace a group of its own for resources marked deleted. It
	// has a meaning only when globalDeleteAfterDuration is above zero.
	EnableNamespacesDeletedGroups bool `yaml:"enableNamespacesDeletedGroups" default:"false"`
	// How long a resource stays, marked deleted, after its object is gone. Zero
	// deletes it at once. ISO-8601 (P1DT0H0M0S) or Go form (24h).
	GlobalDeleteAfterDuration time.Duration `yaml:"globalDeleteAfterDuration" default:"P0D" min:"0s"`
	// The same for the pods of Argus itself and of its controller, which are not
	// deleted with all others.
	DeleteInfraPodsAfter time.Duration `yaml:"deleteInfraPodsAfter" default:"P10D" min:"0s"`
	// Accept any certificate of the portal or the proxy. Do not use it: give
	// lm.caFile instead.
	IgnoreSSL bool `yaml:"ignoreSSL" default:"false"`

	Kinds Kinds `yaml:"kinds"`
	// The newest chart's choice of kinds: Essentials (also called Essential or
	// Minimal) switches off by name the 18 kinds that the chart does, and so removes
	// what the account holds for them; Advanced switches off none.
	MonitoringMode string     `yaml:"monitoringMode" default:"Advanced" oneof:"Essentials Essential Minimal Advanced"`
	Monitoring     Monitoring `yaml:"monitoring"`
	Alerting       Alerting   `yaml:"alerting"`
	// Rules that keep objects out of the account, as a list of expressions, or
	// as a map from a kind to its expressions (the form of Argus 6). They may
	// stand in a file of their own (filters-config.yaml).
	Filters Filters `yaml:"filters"`
	// What is kept out of the account: an object that meets everything that one
	// of these blocks sets. It wins over include.
	Exclude []FilterBlock `yaml:"exclude"`
	// What alone is mirrored of the kinds that one of these blocks is about.
	Include []FilterBlock `yaml:"include"`
	// Properties of the groups of the tree: a map from cluster, or from a kind,
	// to a list of properties.
	ResourceGroupProps map[string][]GroupProperty `yaml:"resourceGroupProps"`

	LM      LM      `yaml:"lm"`
	Proxy   Proxy   `yaml:"proxy"`
	Daemons Daemons `yaml:"daemons"`
	Log     Log     `yaml:"log"`
	Server  Server  `yaml:"server"`
	// Profiles of the running process.
	Profiling Profiling `yaml:"profiling"`

	// When to write the version properties of the cluster group, as a cron line.
	TelemetryCronString string `yaml:"telemetryCronString" default:"*/10 * * * *" unused:"the properties are written when they change"`
	// Address of the collector controller.
	CollectorSetController CollectorSetController `yaml:"collectorSetController" unused:"Argus asks the account for its collectors itself"`
	// Token that found etcd members through a public discovery service.
	EtcdDiscoveryToken Secret `yaml:"etcdDiscoveryToken" unused:"the discovery service it was for has ended"`
	// Refresher of a pod annotation.
	Overview Overview `yaml:"overview" unused:"Argus writes nothing to the cluster"`
	// Second metrics server of older versions.
	SelfMonitor SelfMonitor `yaml:"selfMonitor" unused:"metrics are served at server.address"`
	// Events and logs of Jobs.
	Jobs Jobs `yaml:"jobs" unused:"Jobs are mirrored as resources only"`
	// Address of kube-state-metrics.
	KSMURL string `yaml:"ksmUrl" unused:"Argus reads the Kubernetes API only"`

	// Credentials come from the environment, never from a file of this form:
	// ReadEnvironment fills them.
	Credentials Credentials `yaml:"-"`
	// Notices are what a person should know about this configuration though
	// nothing is wrong: keys without effect, values that were raised.
	Notices []Notice `yaml:"-"`
}
