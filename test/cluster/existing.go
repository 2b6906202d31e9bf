package cluster

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ErrExisting says that a cluster which Start did not start is left alone.
var ErrExisting = errors.New("not with a cluster that already existed")

// existing describes the cluster that KUBECONFIG points to. Its one context is
// copied into a file of our own, for KUBECONFIG may list several files.
func existing(o Options) (_ *Cluster, err error) {
	if os.Getenv(clientcmd.RecommendedConfigPathEnvVar) == "" {
		return nil, fmt.Errorf("use an existing cluster: set %s to its kubeconfig file", clientcmd.RecommendedConfigPathEnvVar)
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{})
	c := &Cluster{options: o, ownFolder: true}
	if c.config, err = loader.ClientConfig(); err != nil {
		return nil, fmt.Errorf("use an existing cluster: %w", err)
	}
	c.config.QPS = -1
	if c.client, err = kubernetes.NewForConfig(c.config); err != nil {
		return nil, fmt.Errorf("use an existing cluster: %w", err)
	}
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, fmt.Errorf("use an existing cluster: %w", err)
	}
	if err := clientcmdapi.MinifyConfig(&raw); err != nil {
		return nil, fmt.Errorf("use an existing cluster: %w", err)
	}
	if err := clientcmdapi.FlattenConfig(&raw); err != nil {
		return nil, fmt.Errorf("use an existing cluster: %w", err)
	}
	if c.layout.dir, err = os.MkdirTemp("", "argus-cluster-"); err != nil {
		return nil, fmt.Errorf("use an existing cluster: %w", err)
	}
	c.kubeconfig = c.layout.kubeconfig()
	if err := clientcmd.WriteToFile(raw, c.kubeconfig); err != nil {
		return nil, errors.Join(fmt.Errorf("use an existing cluster: %w", err), c.Stop())
	}
	return c, nil
}
