package cli

import (
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/argus-k8s/argus/internal/config"
)

// secured is an apiserver that has one namespace, behind TLS with a certificate for
// 127.0.0.1, and the kubeconfig that leads to it.
func secured(t *testing.T, change func(*httptest.Server, *clientcmdapi.Cluster)) (kubeconfig string, served *atomic.Int32) {
	t.Helper()
	served = new(atomic.Int32)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"kube-system","uid":"uid-1"}}`)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
	cluster := clientcmdapi.NewCluster()
	if change != nil {
		change(server, cluster)
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if cluster.Server == "" {
		cluster.Server = "https://127.0.0.1"
	}
	cluster.Server += ":" + port
	if string(cluster.CertificateAuthorityData) == "its own" {
		cluster.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	}
	c := clientcmdapi.NewConfig()
	c.Clusters["c"], c.AuthInfos["u"], c.Contexts["x"] = cluster, &clientcmdapi.AuthInfo{Token: "canary-token"}, &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	c.CurrentContext = "x"
	text, err := clientcmd.Write(*c)
	if err != nil {
		t.Fatal(err)
	}
	return file(t, "kubeconfig", string(text)), served
}

// An apiserver that cannot prove who it is, or speaks a version of TLS that is
// broken, gets no request and so no token.
func TestRestConfig_tls(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*httptest.Server, *clientcmdapi.Cluster)
		says   string // "" when it is trusted
	}{
		"its authority is known": {
			func(_ *httptest.Server, c *clientcmdapi.Cluster) { c.CertificateAuthorityData = []byte("its own") }, "",
		},
		"an unknown authority": {nil, "certificate signed by unknown authority"},
		"another host": {func(_ *httptest.Server, c *clientcmdapi.Cluster) {
			c.CertificateAuthorityData, c.Server = []byte("its own"), "https://localhost" // the certificate is not for localhost
		}, "not localhost"},
		"TLS 1.0": {func(s *httptest.Server, c *clientcmdapi.Cluster) {
			c.CertificateAuthorityData, s.TLS.MaxVersion = []byte("its own"), tls.VersionTLS10
		}, "protocol version"},
		"TLS 1.1": {func(s *httptest.Server, c *clientcmdapi.Cluster) {
			c.CertificateAuthorityData, s.TLS.MaxVersion = []byte("its own"), tls.VersionTLS11
		}, "protocol version"},
	} {
		t.Run(name, func(t *testing.T) {
			kubeconfig, served := secured(t, test.change)
			config, err := restConfig(kubeconfig)
			if err != nil {
				t.Fatal(err)
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				t.Fatal(err)
			}
			_, err = readNamespace(t.Context(), client, "kube-system")
			switch {
			case test.says == "" && (err != nil || served.Load() != 1):
				t.Errorf("got %v after %d requests, want an answer", err, served.Load())
			case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says) || served.Load() != 0):
				t.Errorf("got %v after %d requests, want %q and none", err, served.Load(), test.says)
			}
		})
	}
}

// Who switches verification off is told so, loudly.
func TestAssemble_insecure(t *testing.T) {
	for insecure, want := range map[bool]int{false: 0, true: 1} {
		kubeconfig, _ := secured(t, func(_ *httptest.Server, c *clientcmdapi.Cluster) {
			if c.InsecureSkipTLSVerify = insecure; !insecure {
				c.CertificateAuthorityData = []byte("its own")
			}
		})
		var logs bytes.Buffer
		c := settings{Config: config.Default(), process: Process{}}
		c.ClusterName, c.Credentials.Account = "lab", "acme"
		c.Credentials.BearerToken.Value = config.NewSecret("canary")
		a, err := assemble(t.Context(), c, kubeconfig, nil, slog.New(slog.NewTextHandler(&logs, nil)))
		if err != nil {
			t.Fatal(err)
		}
		a.lm.Close()
		if n := strings.Count(logs.String(), "level=ERROR"); n != want || want > 0 && !strings.Contains(logs.String(), "NOT verified") {
			t.Errorf("insecure-skip-tls-verify %t is told %d times as an error, want %d: %s", insecure, n, want, logs.String())
		}
		if strings.Contains(logs.String(), "canary") {
			t.Errorf("a credential is in the log: %s", logs.String())
		}
	}
}

// The address in a kubeconfig may hold a password, and comes into errors and logs.
func TestApiserver(t *testing.T) {
	for host, want := range map[string]string{
		"https://10.0.0.1:6443":           "https://10.0.0.1:6443",
		"https://me:canary@10.0.0.1:6443": "https://me:xxxxx@10.0.0.1:6443",
		"10.0.0.1":                        "10.0.0.1",
		"https://me:canary@%zz":           "the address of the kubeconfig",
	} {
		if got := apiserver(&rest.Config{Host: host}); got != want {
			t.Errorf("apiserver at %q is called %q, want %q", host, got, want)
		}
	}
	kubeconfig, _ := secured(t, func(_ *httptest.Server, c *clientcmdapi.Cluster) { c.Server = "https://me:canary@127.0.0.1" })
	configuration := file(t, "config.yaml", "clusterName: lab\nlm: {url: 'http://127.0.0.1:1'}\n")
	code, _, stderr := invoke(t, credentials(), "plan", "--config", configuration, "--kubeconfig", kubeconfig)
	if code != exitFailed || !strings.Contains(stderr, "cannot be reached") || strings.Contains(stderr, "canary") {
		t.Errorf("got code %d, %q, want that it cannot be reached, without the password", code, stderr)
	}
}
