package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/telemetry"
)

// How long a start waits for the apiserver, and how long one question may take.
const (
	apiserverPatience = 20 * time.Second
	apiserverAnswer   = 10 * time.Second
)

// restConfig says how to reach the cluster: by a kubeconfig file that is named,
// by the ServiceAccount of the pod, or by the user's kubeconfig.
func restConfig(kubeconfig string) (*rest.Config, error) {
	config, err := rest.InClusterConfig()
	if kubeconfig != "" || errors.Is(err, rest.ErrNotInCluster) {
		rules := clientcmd.NewDefaultClientConfigLoadingRules()
		rules.ExplicitPath = kubeconfig
		config, err = clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
		if clientcmd.IsEmptyConfig(err) {
			return nil, errors.New("no Kubernetes cluster is known: name a file with --kubeconfig, set KUBECONFIG, or run in a pod with a ServiceAccount")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read how to reach the Kubernetes cluster: %w", err)
	}
	config.UserAgent = "argus/" + telemetry.Version().Version
	// The apiserver's own fairness bounds what Argus asks; a limit of its own
	// would hold up the fresh reads.
	config.QPS = -1
	// Kinds that are deprecated are mirrored as long as clusters serve them.
	config.WarningHandler = rest.NoWarnings{}
	return config, nil
}

// apiserver is the address of the apiserver, without the password that a kubeconfig
// may have in it.
func apiserver(config *rest.Config) string {
	u, err := url.Parse(config.Host)
	if err != nil {
		return "the address of the kubeconfig"
	}
	return u.Redacted()
}

// identify reads the identity of the cluster: the UID of kube-system, which lives
// as long as the cluster does.
func (a *parts) identify(ctx context.Context) (resource.Cluster, error) {
	deadline, host := time.Now().Add(apiserverPatience), apiserver(a.rest)
	for {
		ns, err := readNamespace(ctx, a.client, metav1.NamespaceSystem)
		switch {
		case err == nil:
			return resource.Cluster{Name: a.config.ClusterName, UID: resource.UID(ns.UID)}, nil
		case ctx.Err() != nil:
			return resource.Cluster{}, ctx.Err()
		case apierrors.IsUnauthorized(err):
			return resource.Cluster{}, fmt.Errorf("the apiserver at %s does not accept the credentials: check the kubeconfig or the ServiceAccount's token: %w", host, err)
		case apierrors.IsForbidden(err):
			return resource.Cluster{}, fmt.Errorf("the account may not read namespace %s, which identifies the cluster: give it get, list and watch on namespaces: %w", metav1.NamespaceSystem, err)
		case time.Now().After(deadline) || wrongCertificate(err):
			return resource.Cluster{}, fmt.Errorf("the apiserver at %s cannot be reached: check the address, the network between, and its certificate: %w", host, err)
		}
		a.log.Warn("the apiserver cannot be reached; waiting a little", telemetry.KeyURL, host, telemetry.KeyError, err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// sameCluster reads whether the apiserver still is this cluster's: behind one
// address another may have come up.
func (a *parts) sameCluster(ctx context.Context) error {
	ns, err := readNamespace(ctx, a.client, metav1.NamespaceSystem)
	if err != nil {
		return fmt.Errorf("read namespace %s, which identifies the cluster: %w", metav1.NamespaceSystem, err)
	}
	if resource.UID(ns.UID) != a.cluster.UID {
		return fmt.Errorf("the apiserver at %s is another cluster's now: its UID is %s, and Argus began with %s; mend the address and start Argus anew", apiserver(a.rest), ns.UID, a.cluster.UID)
	}
	return nil
}

// wrongCertificate says that somebody answered who is not who was asked for. It
// does not mend by waiting.
func wrongCertificate(err error) bool {
	var wrong *tls.CertificateVerificationError
	return errors.As(err, &wrong)
}

// facts about the cluster that its group in the account tells. What cannot be
// read now is left out.
func (a *parts) facts(context.Context) []resource.Property {
	facts := versions(a.config.process.Lookup)
	if v, err := a.client.Discovery().ServerVersion(); err == nil {
		facts = append(facts, resource.Property{Name: "kubernetes.version", Value: v.GitVersion})
	}
	return facts
}

// versions are the facts about this program: its own version and, where the
// environment tells it, the chart that installed it.
func versions(lookup func(string) (string, bool)) []resource.Property {
	facts := []resource.Property{{Name: "argus.app-version", Value: telemetry.Version().Version}}
	for _, of := range []struct{ variable, property string }{{"HELM_CHART", "argus.helm-chart"}, {"HELM_REVISION", "argus.helm-revision"}} {
		if value, _ := lookup(of.variable); value != "" {
			facts = append(facts, resource.Property{Name: of.property, Value: value})
		}
	}
	return facts
}

func readNamespace(ctx context.Context, client kubernetes.Interface, name string) (*metav1.ObjectMeta, error) {
	ctx, cancel := context.WithTimeout(ctx, apiserverAnswer)
	defer cancel()
	ns, err := client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return &ns.ObjectMeta, nil
}
