package config

import (
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Kinds chooses what is mirrored.
type Kinds struct {
	// What is mirrored to begin with: essentials (nodes, namespaces, workloads,
	// services, volumes), standard (also what an operator looks for beside them),
	// or everything (also access rules, definitions and the metadata of secrets).
	// A file that sets monitoring.disable or monitoringMode and not this, as the
	// newest chart does, or one of Argus 6, means all the kinds that those knew, and none that is newer.
	Preset string `yaml:"preset" default:"standard" oneof:"essentials standard everything"`
	// Kinds to mirror beside the preset's: plural, singular or short names.
	Enable []string `yaml:"enable" check:"kinds"`
	// Kinds not to mirror. What the account holds for them is removed.
	Disable []string `yaml:"disable" check:"kinds"`
}

// Monitoring is the older way to choose what is mirrored, and what of it.
type Monitoring struct {
	// Kinds not to mirror, as kinds.disable.
	Disable []string `yaml:"disable" check:"kinds"`
	// Annotations that are left alone. Absent means those that change all the time,
	// as in the newest chart.
	Annotations Ignore `yaml:"annotations"`
	// Labels that are left alone.
	Labels Ignore `yaml:"labels"`
	// Tell the selectors of services, workloads, claims and network policies as
	// properties (kubernetes.spec.selector and the like), each with an expression
	// that finds the resources it selects. On an account without them it writes to
	// every such resource once.
	Selectors bool `yaml:"selectors" default:"false"`
	// Keep objects with the label logicmonitor/monitoring=disable out of the
	// account.
	HonorDisableLabel bool `yaml:"honorDisableLabel" default:"false"`
}

// Ignore names keys of labels or annotations that are neither written nor
// removed.
type Ignore struct {
	// Expressions over key, such as: key in ('a', 'b') or key =~ 'last-applied'.
	// Without the list for annotations, those that change all the time are
	// ignored, as in the newest chart.
	Ignore []string `yaml:"ignore"`
}

// Alerting says what starts without alerts.
type Alerting struct {
	// Kinds whose groups are made with alerting switched off.
	Disable []string `yaml:"disable" check:"kinds"`
	// Make the cluster's group, those of namespaces and roles, and new resources
	// with alerting switched off. That of the cluster's group counts for all below.
	DisableAll bool `yaml:"disableAll" default:"false"`
}

// GroupProperty is one property of a group of the tree.
type GroupProperty struct {
	// Name of the property. Required.
	Name string `yaml:"name"`
	// Its value. A property without one is not written.
	Value string `yaml:"value"`
	// Overwrite a value that is there already.
	Override bool `yaml:"override" default:"true"`
}

// LM is the LogicMonitor account.
type LM struct {
	// Base URL of the portal instead of https://ACCOUNT.COMPANY_DOMAIN: a
	// simulator or a gateway, without /santaba/rest.
	URL string `yaml:"url" check:"url"`
	// File with certificates (PEM) that are trusted beside the system's.
	CAFile string `yaml:"caFile"`
	// How long one request may take.
	Timeout time.Duration `yaml:"timeout" default:"30s" min:"1s"`
	// Collector that monitors the resources. 0 leaves the choice to
	// lm.collectorGroupID. The environment's COLLECTOR_ID wins.
	CollectorID resource.ID `yaml:"collectorID" default:"0" min:"0"`
	// Group of collectors that monitor the resources. 0 means the group named
	// "Kubernetes Cluster: " and the cluster's name.
	CollectorGroupID resource.ID `yaml:"collectorGroupID" default:"0" min:"0"`

	API      API      `yaml:"api"`
	Resource Resource `yaml:"resource"`
	// Notes in the portal about deployments.
	OpsNotes OpsNotes `yaml:"opsNotes" unused:"Argus writes no notes"`
}

// API is how much of the account's request limits Argus takes. The limits belong
// to the whole account, so others need their part.
type API struct {
	// Part of each limit that Argus uses.
	Share float64 `yaml:"share" default:"0.8" min:"0.05" max:"1"`
	// Part of each limit that Argus uses until everything has been mirrored once.
	FirstSyncShare float64 `yaml:"firstSyncShare" default:"0.95" min:"0.05" max:"1"`
	// Exceptions for single endpoints: a map from method and path
	// ("POST /device/devices") to how much Argus takes there.
	Limits map[string]Limit `yaml:"limits"`
}

// Limit is how much of one endpoint Argus takes: a number, a part, or the lesser
// of both.
type Limit struct {
	// Most requests in a window, whatever the account allows. 0 sets no number.
	Limit int `yaml:"limit" default:"0" min:"0"`
	// Length of that window. Requests are counted by the minute all the same, and
	// one a minute is always allowed.
	Window time.Duration `yaml:"window" default:"1m" min:"1s"`
	// Part of the account's limit, in place of lm.api.share and
	// lm.api.firstSyncShare. 0 leaves it to them.
	Share float64 `yaml:"share" default:"0" min:"0" max:"1"`
}

// Resource is how resources in the account are treated.
type Resource struct {
	// What happens to the resource of an object that is deleted and created again
	// under its name: replace it by a new one, or reuse it with its history.
	OnRecreate string `yaml:"onRecreate" default:"replace" oneof:"replace reuse"`
	// Kinds for which it is reused whatever onRecreate says, so that a pod of a
	// StatefulSet keeps its history.
	Reuse []string `yaml:"reuse" check:"kinds"`
	// Where it is reused: how long a resource whose object is gone waits for one that
	// is created again under its name, before it goes.
	ReuseWithin time.Duration `yaml:"reuseWithin" default:"1m" min:"0s"`
	// Kinds for which it is replaced whatever onRecreate says.
	Replace []string `yaml:"replace" check:"kinds"`
	// What happens when somebody deletes the resource of an object that exists:
	// recreate it, within an audit; or leave it so, until the object itself is
	// created again or Argus starts anew, since it keeps no state of its own. To keep
	// an object out of the account for good, write a rule or label it.
	WhenDeleted string `yaml:"whenDeleted" default:"recreate" oneof:"recreate leave"`
	// How many removals the configuration may ask for before a person does.
	DeletionBudget DeletionBudget `yaml:"deletionBudget"`
}

// DeletionBudget bounds the removals of resources whose objects exist and are kept
// out by the configuration: a rule, a kind that is switched off, a namespace.
type DeletionBudget struct {
	// Removals that each window has room for.
	Minimum int `yaml:"minimum" default:"50" min:"0"`
	// Room as a part of the resources in the account, where that is more. 1 sets no
	// bound.
	Share float64 `yaml:"share" default:"0.05" min:"0" max:"1"`
	// Length of the window.
	Window time.Duration `yaml:"window" default:"1h" min:"1m"`
	// What is over it goes when a person approves (argus approve-deletes), or when
	// two complete lists of the kind, at least so far apart, agree.
	AgreeAfter time.Duration `yaml:"agreeAfter" default:"5m" min:"1s"`
}

// OpsNotes is a feature of older versions.
type OpsNotes struct {
	Secrets Secrets `yaml:"secrets"`
}

// Secrets is a feature of older versions.
type Secrets struct {
	HelmCharts Switch `yaml:"helmCharts"`
}

// Switch is a feature of older versions.
type Switch struct {
	// On or off.
	Enabled bool `yaml:"enabled" default:"false"`
}

// Proxy is the way to the portal.
type Proxy struct {
	// URL of a proxy for requests to the portal. User and password belong into
	// the environment: PROXY_USER, PROXY_PASS.
	URL string `yaml:"url" check:"url"`
}

// Daemons are the intervals of periodic work. Each interval has a floor beside
// it: one below the floor is raised to it, with a notice.
type Daemons struct {
	LMCacheSync       CacheSync `yaml:"lmCacheSync"`
	Watcher           Watcher   `yaml:"watcher"`
	LMResourceSweeper Sweeper   `yaml:"lmResourceSweeper"`
	// Number of concurrent requests in older versions.
	Worker Pool `yaml:"worker" unused:"the account's limits decide how many requests are made at once"`
}

// CacheSync is the audit: the account is listed again and compared.
type CacheSync struct {
	// Time between two audits: the account is listed again and compared.
	Interval time.Duration `yaml:"interval" default:"1h"`
	// Shortest interval allowed.
	MinInterval time.Duration `yaml:"minInterval" default:"5m" min:"1s"`
}

// Watcher is the watching of the cluster.
type Watcher struct {
	// Time between two full comparisons of the cluster with the account.
	BulkSyncInterval time.Duration `yaml:"bulkSyncInterval" default:"30m" unused:"each audit (daemons.lmCacheSync.interval) compares everything"`
	// Shortest interval allowed.
	MinInterval time.Duration `yaml:"minInterval" default:"10m" min:"1s" unused:"it was the floor of bulkSyncInterval"`
	// Event runners of older versions.
	Runner Runner `yaml:"runner" unused:"there is one queue, which holds each object once and needs no bound"`
	// How long to wait until a changed address was taken over.
	SysIPsWaitTimeout time.Duration `yaml:"sysIpsWaitTimeout" default:"5m" unused:"a changed address is written in one request, without waiting"`
}

// Runner is a feature of older versions.
type Runner struct {
	// Number of runners.
	PoolSize int `yaml:"poolSize" default:"10" min:"1"`
	// Events a runner holds back.
	BackPressureQueueSizePerRunner int `yaml:"backPressureQueueSizePerRunner" default:"10" min:"1"`
}

// Sweeper deletes resources that were marked deleted when they are due.
type Sweeper struct {
	// Time between two looks for resources that are due.
	Interval time.Duration `yaml:"interval" default:"10m"`
	// Shortest interval allowed.
	MinInterval time.Duration `yaml:"minInterval" default:"10m" min:"1s"`
	// How long a marked resource stays. Absent or zero means
	// globalDeleteAfterDuration.
	ScheduledDeleteAfter time.Duration `yaml:"scheduledDeleteAfter" default:"P0D" min:"0s"`
}

// Pool is a feature of older versions.
type Pool struct {
	// Number of workers.
	PoolSize int `yaml:"poolSize" default:"10" min:"1"`
}

// Log is what Argus says about its work.
type Log struct {
	// Lowest level that is written. trace means debug; fatal and panic mean error.
	Level string `yaml:"level" default:"info" oneof:"info warn warning debug trace error fatal panic"`
	// Form of a line: auto is text on a terminal and json otherwise. A change counts
	// from the next start.
	Format string `yaml:"format" default:"auto" oneof:"auto text json"`
}

// Server answers probes and serves metrics.
type Server struct {
	// Address to listen on, host:port. The default is reachable from this machine
	// alone; in a pod, whose probes come from outside, it is ":8080". A change counts
	// from the next start.
	Address string `yaml:"address" default:"127.0.0.1:8080" check:"address"`
}

// Profiling is for people who work on Argus.
type Profiling struct {
	// Serve profiles under /debug/pprof/ of the server, to this machine alone. A
	// change counts from the next start.
	Enable bool `yaml:"enable" default:"false"`
}

// CollectorSetController is a feature of older versions.
type CollectorSetController struct {
	// Host name.
	Address string `yaml:"address" default:"collectorset-controller"`
	// Port.
	Port int `yaml:"port" default:"50000" min:"2" max:"65535"`
}

// Overview is a feature of older versions.
type Overview struct {
	// On or off.
	Enable bool `yaml:"enable" default:"false"`
	// When, as a cron line.
	Duration string `yaml:"duration" default:"* * * * *"`
}

// SelfMonitor is a feature of older versions.
type SelfMonitor struct {
	// On or off.
	Enable bool `yaml:"enable" default:"false"`
	// Port.
	Port int `yaml:"port" default:"2112" min:"2" max:"65535"`
}

// Jobs is a feature of older versions.
type Jobs struct {
	// Where events of Jobs go.
	EventMode string `yaml:"eventMode" default:"resources" oneof:"logs resources"`
	// Tenant of the logs.
	TenantIdentifier string `yaml:"tenantIdentifier" default:"argus"`
	// Longest label value, in characters.
	LabelsMaxLength int `yaml:"labelsMaxLength" default:"150" min:"0"`
	// Longest annotation value, in characters.
	AnnotationsMaxLength int `yaml:"annotationsMaxLength" default:"150" min:"0"`
	// Paths that are left out.
	ExcludeKeys []string `yaml:"excludeKeys"`
	// Events that are left out: add, update, delete.
	DisableIngestEvents []string `yaml:"disableIngestEvents"`
	// Sender of the logs.
	LogIngestWorker LogIngestWorker `yaml:"logIngestWorker"`
}

// LogIngestWorker is a feature of older versions.
type LogIngestWorker struct {
	// Number of workers.
	PoolSize int `yaml:"poolSize" default:"2" min:"1"`
	// Entries held.
	BufferSize int `yaml:"bufferSize" default:"100" min:"0"`
	// Entries in a request.
	BatchSize int `yaml:"batchSize" default:"10" min:"1"`
	// Milliseconds between requests.
	FlushIntervalMs int `yaml:"flushIntervalMs" default:"2000" min:"1"`
}
