package e2e_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/test/harness"
)

// A canary is a secret that is planted where Argus comes near it.
type canary string

// Canaries of the cluster. Those of data are not even to reach Argus; the others do,
// because they are metadata or of a kind that is read whole.
const (
	inSecret          canary = "CanarySecretData0"
	inConfigMap       canary = "CanaryConfigMapData1"
	inBinary          canary = "CanaryBinaryData2"
	inEnv             canary = "CanaryEnvValue3"
	inArgs            canary = "CanaryArgument4"
	inLastApplied     canary = "CanaryLastApplied5"
	inOriginal        canary = "CanaryKappOriginal6"
	inTokenAnnotation canary = "CanaryTokenValue7"
	inObjectSet       canary = "CanaryObjectSet8"
)

// Canaries of Argus itself.
const (
	ofAccessID  canary = "CanaryAccessID10"
	ofAccessKey canary = "CanaryAccessKey11"
	ofBearer    canary = "CanaryBearerToken12"
	ofProxyUser canary = "CanaryProxyUser13"
	ofProxyPass canary = "CanaryProxyPass14"
	ofEtcd      canary = "CanaryEtcdToken15"
)

// forms are the ways a canary may be written in something else: as it is, in
// hexadecimal digits, and in base64 at each of the three places it may begin.
func (c canary) forms() []string {
	all := []string{strings.ToLower(string(c)), hex.EncodeToString([]byte(c))}
	for shift := range 3 {
		encoded := base64.StdEncoding.EncodeToString(append(make([]byte, shift), c...))
		from, to := (shift*8+5)/6, (shift+len(c))*8/6
		all = append(all, strings.ToLower(encoded[from:to]))
	}
	return all
}

// sings reports which canaries a text holds, in any form.
func sings(tb testing.TB, where, text string, all ...canary) {
	tb.Helper()
	lower := strings.ToLower(text)
	for _, c := range all {
		for _, form := range c.forms() {
			if at := strings.Index(lower, form); at >= 0 {
				tb.Errorf("%s: %s is there: ...%q...", where, c, text[max(0, at-80):min(len(text), at+len(form)+40)])
				break
			}
		}
	}
}

func TestCanary_forms(t *testing.T) {
	for what, text := range map[string]string{
		"as it is":            "x" + string(inEnv),
		"in hex":              hex.EncodeToString([]byte("a" + string(inEnv))),
		"in base64":           base64.StdEncoding.EncodeToString([]byte(inEnv)),
		"in base64, later":    base64.StdEncoding.EncodeToString([]byte(`{"` + string(inEnv) + `"}`)),
		"in base64, later on": base64.URLEncoding.EncodeToString([]byte("x" + string(inEnv) + "y")),
	} {
		found := false
		for _, form := range inEnv.forms() {
			found = found || strings.Contains(strings.ToLower(text), form)
		}
		if !found {
			t.Errorf("%s: %s is not found in %q", what, inEnv, text)
		}
	}
}

// Where secrets stand in a cluster.
const planted = `
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: vault}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: e2e-vault-reader}
rules:
- {apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: e2e-vault-reader}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: e2e-vault-reader}
subjects: [{kind: ServiceAccount, name: reader, namespace: vault}]
---
apiVersion: v1
kind: Secret
metadata:
  name: key
  namespace: vault
  labels: {app: vault}
  annotations:
    note: seen
    kubectl.kubernetes.io/last-applied-configuration: '{"kind":"Secret","stringData":{"key":"CanaryLastApplied5"}}'
    kapp.k14s.io/original: '{"kind":"Secret","data":{"key":"Q2FuYXJ5S2FwcE9yaWdpbmFsNg=="},"x":"CanaryKappOriginal6"}'
    openshift.io/token-secret.value: CanaryTokenValue7
stringData: {key: CanarySecretData0}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: vault
  annotations: {objectset.rio.cattle.io/applied: CanaryObjectSet8}
data: {settings: "password=CanaryConfigMapData1"}
binaryData: {blob: Q2FuYXJ5QmluYXJ5RGF0YTI=}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: vault
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"spec":{"env":[{"name":"PASSWORD","value":"CanaryEnvValue3"}]}}'
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations: {kubectl.kubernetes.io/last-applied-configuration: CanaryLastApplied5}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: web
        image: web
        command: [web]
        args: ["--password=CanaryArgument4"]
        env:
        - {name: PASSWORD, value: CanaryEnvValue3}
        - {name: KEY, valueFrom: {secretKeyRef: {name: key, key: key}}}
`

// tap is a listener that keeps every byte it receives.
type tap struct {
	net.Listener
	received harness.Output
}

// Accept implements net.Listener.
func (l *tap) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return tapped{conn, l}, err
}

type tapped struct {
	net.Conn
	tap *tap
}

// Read implements net.Conn.
func (c tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	_, _ = c.tap.received.Write(p[:n])
	return n, err
}

// serve answers on a socket of this machine, behind a tap.
func serveTapped(tb testing.TB, handler http.Handler) (address string, t *tap) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(tb, err)
	t = &tap{Listener: listener}
	server := &httptest.Server{Listener: t, Config: &http.Server{Handler: handler}}
	server.Start()
	tb.Cleanup(server.Close)
	return server.URL, t
}

// No secret of the cluster and none of Argus's own comes out of it anywhere: not in
// what the account or the proxy receives, to the byte, beside the one header that
// is made for it; not in logs at their most talkative, metrics, probes, profiles or
// what commands print; and data of Secrets and ConfigMaps does not even come in.
func TestCanary(t *testing.T) {
	namespace(t, "vault")
	apply(t, planted)
	settle(t)
	request, err := kube.client.CoreV1().ServiceAccounts("vault").CreateToken(t.Context(), "reader", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(t, err)
	for name, s := range map[string]struct {
		env   map[string]string
		proxy bool
	}{
		"LMv1 through a proxy": {env: map[string]string{"ACCESS_ID": string(ofAccessID), "ACCESS_KEY": string(ofAccessKey),
			"PROXY_USER": string(ofProxyUser), "PROXY_PASS": string(ofProxyPass)}, proxy: true},
		"a bearer token": {env: map[string]string{"ACCESS_ID": "", "ACCESS_KEY": "", "BEARER_TOKEN": string(ofBearer)}},
	} {
		t.Run(name, func(t *testing.T) {
			p := unreachablePortal(t)
			p.AddToken(lmsim.Token{Name: "canary", AccessID: string(ofAccessID), AccessKey: string(ofAccessKey), Bearer: string(ofBearer), Role: lmsim.Administrator()})
			var account, proxy *tap
			p.URL, account = serveTapped(t, p)
			w := newWitness(t, "secrets", "configmaps")
			c := setup{portal: p, cluster: "vault", env: s.env, kubeconfig: kubeconfig(t, w.URL, request.Status.Token, w.CA), config: `
etcdDiscoveryToken: CanaryEtcdToken15
kinds: {enable: [secrets, configmaps]}
monitoring: {annotations: {ignore: []}, selectors: true}
log: {level: trace, format: json}
profiling: {enable: true}
`}
			if s.proxy {
				proxy = c.throughProxy(t)
			}
			a := c.startProcess(t)
			watched(t, a, p)

			token := canary(request.Status.Token)
			own := []canary{ofAccessKey, ofProxyUser, ofProxyPass, ofEtcd, token}
			cluster := []canary{inSecret, inConfigMap, inBinary, inEnv, inArgs, inLastApplied, inOriginal, inTokenAnnotation, inObjectSet}
			all := append(append([]canary{ofAccessID, ofBearer}, own...), cluster...)

			for _, resource := range []string{"secrets", "configmaps"} {
				answered := w.answered(resource)
				if !strings.Contains(answered, "vault") {
					t.Errorf("the answers about %s were not seen", resource)
				}
				sings(t, "what the apiserver says of "+resource, answered, inSecret, inConfigMap, inBinary)
			}
			sent := account.received.String()
			if n := strings.Count(sent, "Authorization: "); n < 10 {
				t.Errorf("the account received %d signed requests, want far more", n)
			}
			authorization := regexp.MustCompile(`(?m)^Authorization: [^\r\n]*\r$`)
			sings(t, "what the account receives, with signatures", sent, append(own, cluster...)...)
			sings(t, "what the account receives, without signatures", authorization.ReplaceAllString(sent, ""), all...)
			if proxy != nil {
				toProxy := regexp.MustCompile(`(?m)^(Proxy-)?Authorization: [^\r\n]*\r$`).ReplaceAllString(proxy.received.String(), "")
				sings(t, "what the proxy receives, without its header and the signature", toProxy, all...)
			}
			for where, text := range everythingSaid(t, a, c, p) {
				sings(t, where, text, all...)
			}
		})
	}
}

// throughProxy has Argus reach the account by a proxy alone.
func (s *setup) throughProxy(tb testing.TB) *tap {
	tb.Helper()
	target, err := url.Parse(s.portal.URL)
	must(tb, err)
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	address, t := serveTapped(tb, &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	s.config += "proxy: {url: '" + address + "'}\n"
	s.portal.URL = "http://account.invalid"
	return t
}

// watched waits until Argus has mirrored what was planted, and has it write again
// after a change of data and one of a label.
func watched(tb testing.TB, a *process, p *portal) {
	tb.Helper()
	shows := func(name, property, value string) {
		tb.Helper()
		eventually(tb, patience, name+" shows "+property, func(context.Context) error {
			devices, _ := p.contents(tb)
			for _, d := range devices {
				if d.DisplayName == name && d.property(property) == value {
					return nil
				}
			}
			return fmt.Errorf("%d resources, none of them so", len(devices))
		})
	}
	shows("key-secret-vault-vault", "kubernetes.annotation.note", "seen")
	shows("settings-cm-vault-vault", "auto.name", "settings")
	shows("web-deploy-vault-vault", "auto.name", "web")
	a.awaitIdle(tb)
	patch := []byte(`{"metadata":{"labels":{"app":"changed"}},"stringData":{"key":"x` + string(inSecret) + `"}}`)
	_, err := kube.client.CoreV1().Secrets("vault").Patch(tb.Context(), "key", types.MergePatchType, patch, metav1.PatchOptions{})
	must(tb, err)
	shows("key-secret-vault-vault", "kubernetes.label.app", "changed")
	patch = []byte(`{"metadata":{"labels":{"app":"vault"}}}`)
	_, err = kube.client.CoreV1().Secrets("vault").Patch(tb.Context(), "key", types.MergePatchType, patch, metav1.PatchOptions{})
	must(tb, err)
	shows("key-secret-vault-vault", "kubernetes.label.app", "vault")
}

// everythingSaid is all that Argus and its commands say, and the pages of the account, each
// by where it was found.
func everythingSaid(tb testing.TB, a *process, s setup, p *portal) map[string]string {
	tb.Helper()
	texts := map[string]string{}
	for _, path := range []string{
		"/metrics", "/readyz", "/readyz?verbose", "/healthz?verbose", "/debug/pprof/", "/debug/pprof/heap?gc=1", "/debug/pprof/heap?debug=1",
		"/debug/pprof/allocs", "/debug/pprof/goroutine", "/debug/pprof/goroutine?debug=2", "/debug/pprof/threadcreate?debug=1", "/debug/pprof/block?debug=1",
		"/debug/pprof/mutex?debug=1", "/debug/pprof/symbol", "/debug/pprof/profile?seconds=1", "/debug/pprof/trace?seconds=1",
	} {
		status, body, err := a.Ask(tb.Context(), path)
		must(tb, err)
		if status != http.StatusOK || body == "" {
			tb.Errorf("GET %s: got %d and %d bytes, want an answer", path, status, len(body))
		}
		texts[path] = unzipped(body)
	}
	if status, _, err := a.Ask(tb.Context(), "/debug/pprof/cmdline"); err != nil || status != http.StatusNotFound {
		tb.Errorf("the command line is served: got %d, %v", status, err)
	}
	ctx, cancel := context.WithTimeout(tb.Context(), 2*patience)
	defer cancel()
	for _, command := range [][]string{
		{"plan"}, {"explain", "secrets/key", "-n", "vault"}, {"explain", "configmaps/settings", "-n", "vault"}, {"explain", "deploy/web", "-n", "vault"},
		{"config", "print"}, {"config", "validate"},
	} {
		options := s.args(tb, command[0])[1:]
		if command[0] == "config" { // which knows files alone
			options = options[:2]
		}
		args := append(command[:len(command):len(command)], options...)
		code, stdout, stderr := runMain(ctx, args, s.environment())
		where := "argus " + strings.Join(command, " ")
		if code == 1 || stdout == "" {
			tb.Errorf("%s: code %d, %q", where, code, stderr)
		}
		texts[where] = stdout + stderr
	}
	wrong := s
	wrong.env = maps.Clone(s.env)
	for _, name := range []string{"ACCESS_KEY", "BEARER_TOKEN"} {
		if wrong.env[name] != "" {
			wrong.env[name] += "wrong"
		}
	}
	code, _, stderr := runMain(ctx, wrong.args(tb, "plan"), wrong.environment())
	if code != 1 || !strings.Contains(stderr, "401") {
		tb.Errorf("argus plan with a wrong key: code %d, %q, want that it is refused", code, stderr)
	}
	texts["the error of a wrong key"] = stderr
	admin := p.AdminHandler()
	for _, path := range []string{"/", "/api/summary", "/api/counts", "/api/calls", "/api/dump", "/api/logs", "/api/journal", "/api/groups", "/api/search?q=key", "/api/meters"} {
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != http.StatusOK {
			tb.Errorf("GET %s of the account's pages: got %d", path, w.Code)
		}
		texts["the account's page "+path] = w.Body.String()
	}
	a.Stop(tb)
	texts["the log"] = a.Log.String()
	if !strings.Contains(texts["the log"], "changed resource") || !strings.Contains(texts["argus explain secrets/key -n vault"], `"seen"`) {
		tb.Error("the log or explain says nothing of what was planted")
	}
	return texts
}

// unzipped is a profile as it is inside.
func unzipped(body string) string {
	r, err := gzip.NewReader(bytes.NewReader([]byte(body)))
	if err != nil {
		return body
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return body
	}
	return string(text)
}
