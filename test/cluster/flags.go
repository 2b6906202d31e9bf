package cluster

import (
	"fmt"
	"os"
	"strconv"

	"sigs.k8s.io/yaml"
)

// serviceRange is where the addresses of Services come from; its first one is
// in the apiserver's certificate.
const serviceRange = "10.96.0.0/12"

// podRange is where KWOK takes the addresses of pods from.
const podRange = "10.244.0.0/16"

// commandLine returns a component's arguments.
func commandLine(c Component, l layout, o Options) []string {
	var args []string
	switch c {
	case Etcd:
		args = etcdArgs(l)
	case APIServer:
		args = apiServerArgs(l, o)
	case ControllerManager:
		args = controllerManagerArgs(l)
	case Scheduler:
		args = append(servingArgs(l, l.ports.scheduler), "--config="+l.etc("scheduler.yaml"))
	case KWOK:
		args = kwokArgs(l, o)
	}
	if o.LogLevel > 0 {
		args = append(args, verbosity(c, o.LogLevel)...)
	}
	return append(args, o.Flags[c]...)
}

// verbosity is the flag that makes a component write more.
func verbosity(c Component, level int) []string {
	switch c {
	case Etcd:
		return []string{"--log-level=info"}
	case KWOK:
		return []string{"--v=DEBUG"}
	default:
		return []string{"--v=" + strconv.Itoa(level)}
	}
}

func etcdArgs(l layout) []string {
	return []string{
		"--name=argus",
		"--data-dir=" + l.data(Etcd),
		"--listen-client-urls=" + l.etcdURL(),
		"--advertise-client-urls=" + l.etcdURL(),
		"--listen-peer-urls=" + l.etcdPeerURL(),
		"--initial-advertise-peer-urls=" + l.etcdPeerURL(),
		"--initial-cluster=argus=" + l.etcdPeerURL(),
		"--unsafe-no-fsync", // survives a killed process, which is all that tests do
		"--log-level=warn",
	}
}

func apiServerArgs(l layout, o Options) []string {
	args := append(servingArgs(l, l.ports.apiServer),
		"--etcd-servers="+l.etcdURL(),
		"--cert-dir="+l.data(APIServer),
		"--client-ca-file="+l.pki("ca.crt"),
		"--authorization-mode=RBAC",
		"--allow-privileged=true",
		"--service-cluster-ip-range="+serviceRange,
		// A loopback address as an endpoint of Service kubernetes is refused.
		"--endpoint-reconciler-type=none",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file="+l.pki("service-accounts.key"),
		"--service-account-signing-key-file="+l.pki("service-accounts.key"),
		// One machine, friendly clients: no fairness, no limits.
		"--enable-priority-and-fairness=false",
		"--max-requests-inflight=0",
		"--max-mutating-requests-inflight=0",
		"--delete-collection-workers=8",
	)
	if !o.has(ControllerManager) {
		// Nobody makes the ServiceAccount that this plugin wants for each pod.
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	return args
}

func controllerManagerArgs(l layout) []string {
	return append(servingArgs(l, l.ports.controllerManager),
		"--kubeconfig="+l.kubeconfig(),
		"--leader-elect=false",
		"--use-service-account-credentials=false",
		"--service-account-private-key-file="+l.pki("service-accounts.key"),
		"--root-ca-file="+l.pki("ca.crt"),
		"--kube-api-qps=2000",
		"--kube-api-burst=4000",
		"--concurrent-deployment-syncs=20",
		"--concurrent-replicaset-syncs=50",
		"--concurrent-statefulset-syncs=20",
		"--concurrent-daemonset-syncs=20",
		"--concurrent-job-syncs=20",
		"--concurrent-endpoint-syncs=20",
		"--concurrent-service-endpoint-syncs=20",
		"--concurrent-namespace-syncs=20",
		"--concurrent-serviceaccount-token-syncs=20",
		"--concurrent-gc-syncs=50",
	)
}

func kwokArgs(l layout, o Options) []string {
	args := []string{
		"--kubeconfig=" + l.kubeconfig(),
		"--config=" + l.etc("stages.yaml"),
		"--cidr=" + podRange,
		"--node-lease-duration-seconds=40",
		"--server-address=" + loopback(l.ports.kwok),
		"--v=WARN", // it would write a line about every pod
	}
	if o.KWOKNodes != "" {
		return append(args, "--manage-all-nodes=false", "--manage-nodes-with-label-selector="+o.KWOKNodes)
	}
	return append(args, "--manage-all-nodes=true")
}

// servingArgs say where a Kubernetes program listens, and as whom.
func servingArgs(l layout, port int) []string {
	return []string{
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(port),
		"--tls-cert-file=" + l.pki("server.crt"),
		"--tls-private-key-file=" + l.pki("server.key"),
	}
}

// writeConfigs writes the configuration files of those components that have
// settings without a flag.
func writeConfigs(l layout, o Options) error {
	if o.has(Scheduler) {
		content, err := yaml.Marshal(schedulerConfig(l.kubeconfig()))
		if err != nil {
			return fmt.Errorf("write scheduler's configuration: %w", err)
		}
		if err := os.WriteFile(l.etc("scheduler.yaml"), content, 0o600); err != nil {
			return fmt.Errorf("write scheduler's configuration: %w", err)
		}
	}
	if o.has(KWOK) {
		return writeStages(l.stages(), l.etc("stages.yaml"))
	}
	return nil
}

// schedulerConfig is written rather than imported: the types' module is large
// and these few fields are stable.
func schedulerConfig(kubeconfig string) map[string]any {
	return map[string]any{
		"apiVersion":               "kubescheduler.config.k8s.io/v1",
		"kind":                     "KubeSchedulerConfiguration",
		"leaderElection":           map[string]any{"leaderElect": false},
		"clientConnection":         map[string]any{"kubeconfig": kubeconfig, "qps": 2000, "burst": 4000},
		"podInitialBackoffSeconds": 1,
		"podMaxBackoffSeconds":     2,
	}
}
