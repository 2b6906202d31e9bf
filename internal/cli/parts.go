package cli

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/config"
	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
	"github.com/argus-k8s/argus/internal/telemetry"
	"github.com/argus-k8s/argus/internal/watch"
)

// parts is Argus before anything runs: what run and plan both begin with.
type parts struct {
	config  settings
	index   *watch.Index
	log     *slog.Logger
	rest    *rest.Config
	client  kubernetes.Interface
	cluster resource.Cluster
	kinds   []*kind.Kind // that are mirrored
	off     []*kind.Kind // whose resources are removed
	view    kind.View
	census  *census // of what the rules of the view do
	policy  plan.Policy
	lm      *lm.Client
	account *account.Account
	metrics *prometheus.Registry
	budget  *mirror.Budget // run's, which outlives configurations; nil for plan
}

// assemble reads everything there is to read before the first request to the
// account. Its error says what to mend.
func assemble(ctx context.Context, c settings, kubeconfig string, guard lm.Guard, log *slog.Logger) (*parts, error) {
	a := &parts{config: c, index: watch.NewIndex(), log: log, metrics: telemetry.NewRegistry()}
	var err error
	if a.rest, err = restConfig(kubeconfig); err != nil {
		return nil, err
	}
	if a.rest.Insecure {
		log.Error("the certificate of the apiserver is NOT verified because the kubeconfig says insecure-skip-tls-verify: anyone on the way can read the token and all that Argus reads; name its certificate authority instead", telemetry.KeyURL, apiserver(a.rest))
	}
	if a.client, err = kubernetes.NewForConfig(a.rest); err != nil {
		return nil, fmt.Errorf("read how to reach the Kubernetes cluster: %w", err)
	}
	if a.cluster, err = a.identify(ctx); err != nil {
		return nil, err
	}
	a.kinds, a.off = c.EnabledKinds(), c.DisabledKinds()
	a.census = newCensus(c.rules)
	a.view = kind.View{
		Cluster: a.cluster, Selectors: c.Monitoring.Selectors, IgnoreLabel: c.ignoreLabel, IgnoreAnnotation: c.ignoreAnnotation, Exclude: a.exclude,
	}
	a.policy = plan.Policy{
		Ownership: a.view.Ownership(),
		Reuse:     c.Reuses, LeaveDeleted: c.LM.Resource.WhenDeleted == "leave",
		DisplayName: func(key resource.Key) string { return kind.DisplayName(key, c.ClusterName) },
		Retention:   plan.Retention{After: c.GlobalDeleteAfterDuration, Swept: c.Daemons.LMResourceSweeper.ScheduledDeleteAfter, OwnPods: c.DeleteInfraPodsAfter, DefaultName: kind.DefaultName},
	}
	proxy, err := proxyOf(c)
	if err != nil {
		return nil, err
	}
	client := a.lmConfig(proxy)
	client.Guard = guard
	if a.lm, err = lm.New(client); err != nil {
		return nil, fmt.Errorf("set up the LogicMonitor client: %w", err)
	}
	a.account = account.New(account.Config{
		Client: a.lm, Cluster: a.cluster, Version: telemetry.Version().Version, Container: c.ResourceContainerID,
		DisableAlerting: c.Alerting.DisableAll,
		Collectors:      account.CollectorConfig{ID: c.LM.CollectorID, Group: c.LM.CollectorGroupID}, Log: a.log,
	})
	return a, nil
}

// newLogger makes the process's logger. client-go logs by klog; its lines become
// ours.
func newLogger(p Process, c settings, level *slog.LevelVar) *slog.Logger {
	level.Set(telemetry.ParseLevel(c.Log.Level))
	log := telemetry.NewLogger(p.Stderr, c.Log.Format, level)
	klog.SetLogger(logr.FromSlogHandler(log.Handler()))
	notices(log, c)
	return log
}

// notices tells what a person should know of a configuration.
func notices(log *slog.Logger, c settings) {
	for _, n := range c.Notices {
		log.Warn("configuration", telemetry.KeyReason, n.String())
	}
}

// settings are a configuration that was found to be good, with its rules compiled.
type settings struct {
	config.Config
	process                       Process
	rules                         *filter.Set
	ignoreLabel, ignoreAnnotation func(key string) bool
}

// ownPods selects what no rule keeps out: a person who filters broadly still sees
// whether Argus and its collectors are well.
const ownPods = "app in (argus, collectorset-controller, collector)"

// loadConfig reads and checks the configuration. Its error names every fault.
func loadConfig(p Process, f flags) (settings, error) {
	c, err := config.Load(f.config...)
	if err != nil {
		return settings{}, err
	}
	if f.lmURL != "" {
		c.LM.URL = f.lmURL
	}
	if err := c.ReadEnvironment(p.Lookup); err != nil {
		return settings{}, err
	}
	s := settings{Config: c, process: p}
	rules := c.FilterConfig()
	rules.Keep = ownPods
	// Loading has checked the rules and noted what is odd about them.
	if s.rules, _, err = filter.Compile(rules); err != nil {
		return s, err
	}
	if s.ignoreLabel, _, err = filter.CompileIgnore("monitoring.labels.ignore", c.Monitoring.Labels.Ignore); err != nil {
		return s, err
	}
	s.ignoreAnnotation, _, err = filter.CompileIgnore("monitoring.annotations.ignore", c.IgnoredAnnotations())
	return s, err
}

// exclude asks the rules about an object, with what the index knows of its
// namespace.
func (a *parts) exclude(k *kind.Kind, obj metav1.Object) string {
	var namespace filter.NamespaceInfo
	if key := (resource.Key{Kind: kind.Namespace.ID, Name: obj.GetNamespace()}); key.Name != "" &&
		slices.Contains(a.index.GroupsOf(key), kind.NamespaceDisabled) {
		namespace.Labels = map[string]string{filter.DisableLabel: filter.DisableValue}
	}
	return a.census.ask(k, obj, namespace).Rule
}

// lmConfig translates the configuration for the client.
func (a *parts) lmConfig(proxy lm.Proxy) lm.Config {
	c := a.config
	out := lm.Config{
		Account: c.Credentials.Account, Domain: c.Credentials.Domain, BaseURL: c.LM.URL,
		Version: telemetry.Version().Version, IgnoreSSL: c.IgnoreSSL, Timeout: c.LM.Timeout,
		Share: c.LM.API.Share, FirstSyncShare: c.LM.API.FirstSyncShare,
		Logger: a.log, Metrics: a.metrics, Proxy: proxy,
		Credentials: credential.Config{
			AccessID: secret(c.Credentials.AccessID), AccessIDFile: c.Credentials.AccessID.File,
			AccessKey: secret(c.Credentials.AccessKey), AccessKeyFile: c.Credentials.AccessKey.File,
			Bearer: secret(c.Credentials.BearerToken), BearerFile: c.Credentials.BearerToken.File,
		},
	}
	if c.LM.CAFile != "" {
		out.CAFiles = []string{c.LM.CAFile}
	}
	for endpoint, limit := range c.LM.API.Limits {
		if out.Limits == nil {
			out.Limits = map[lm.Endpoint]lm.Limit{}
		}
		out.Limits[lm.Endpoint(endpoint)] = lm.Limit{Share: limit.Share, Cap: perMinute(limit)}
	}
	return out
}

// perMinute is how many requests a minute a limit allows: at least one, since 0
// would mean any number, and 0 if it sets none.
func perMinute(l config.Limit) int {
	if l.Limit == 0 {
		return 0
	}
	return max(1, int(float64(l.Limit)*float64(time.Minute)/float64(l.Window)))
}

// proxyOf is the way to the account, with its user and password.
func proxyOf(c settings) (lm.Proxy, error) {
	user, err := c.Credentials.ProxyUser.Read()
	if err != nil {
		return lm.Proxy{}, fmt.Errorf("read the proxy's user: %w", err)
	}
	password, err := c.Credentials.ProxyPass.Read()
	if err != nil {
		return lm.Proxy{}, fmt.Errorf("read the proxy's password: %w", err)
	}
	return lm.Proxy{URL: c.Proxy.URL, User: user.Reveal(), Password: credential.Secret(password.Reveal())}, nil
}

func secret(s config.Source) credential.Secret { return credential.Secret(s.Value.Reveal()) }

// layout is the tree of groups that the configuration asks for.
func (a *parts) layout() resourcegroup.Layout {
	c := a.config
	l := resourcegroup.Layout{
		Cluster: a.cluster, Version: telemetry.Version().Version, Legacy: c.EnableLegacyResourceTree, Kinds: a.kinds,
		MarkDeleted: c.GlobalDeleteAfterDuration > 0, NamespaceDeleted: c.EnableNamespacesDeletedGroups,
		DisableAlerting: c.Alerting.DisableAll, KindAlertingOff: map[resource.Kind]bool{},
		KindProperties: map[resource.Kind][]resourcegroup.Property{},
	}
	for _, k := range kind.All {
		l.KindAlertingOff[k.ID] = c.AlertingDisabled(k.ID)
	}
	for of, list := range c.ResourceGroupProps {
		var converted []resourcegroup.Property
		for _, p := range list {
			converted = append(converted, resourcegroup.Property{Name: p.Name, Value: p.Value, Override: p.Override})
		}
		if k, err := kind.Parse(of); err == nil {
			l.KindProperties[k.ID] = append(l.KindProperties[k.ID], converted...)
		} else {
			l.ClusterProperties = append(l.ClusterProperties, converted...)
		}
	}
	return l
}
