package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// deployed applies the manifests that give Argus its rights in a cluster, the
// very files of deploy, and returns a token of the ServiceAccount.
func deployed(tb testing.TB) (token string) {
	tb.Helper()
	for _, file := range []string{"namespace.yaml", "serviceaccount.yaml", "clusterrole.yaml", "clusterrolebinding.yaml", "role.yaml", "rolebinding.yaml"} {
		manifest, err := os.ReadFile(filepath.Join("..", "..", "deploy", file))
		must(tb, err)
		apply(tb, string(manifest))
	}
	request, err := kube.client.CoreV1().ServiceAccounts("argus").CreateToken(tb.Context(), "argus", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	must(tb, err)
	return request.Status.Token
}

// role is the ClusterRole that deployed applied.
func role(tb testing.TB) *rbacv1.ClusterRole {
	tb.Helper()
	r, err := kube.client.RbacV1().ClusterRoles().Get(tb.Context(), "argus", metav1.GetOptions{})
	must(tb, err)
	return r
}

// setRules replaces the rules of the ClusterRole.
func setRules(tb testing.TB, rules []rbacv1.PolicyRule) {
	tb.Helper()
	patch, err := json.Marshal(map[string]any{"rules": rules})
	must(tb, err)
	_, err = kube.client.RbacV1().ClusterRoles().Patch(tb.Context(), "argus", types.MergePatchType, patch, metav1.PatchOptions{})
	must(tb, err)
}

// without are the rules less one resource.
func without(rules []rbacv1.PolicyRule, resource string) []rbacv1.PolicyRule {
	var left []rbacv1.PolicyRule
	for _, rule := range rules {
		rule := *rule.DeepCopy()
		kept := rule.Resources[:0]
		for _, r := range rule.Resources {
			if r != resource {
				kept = append(kept, r)
			}
		}
		if rule.Resources = kept; len(kept) > 0 {
			left = append(left, rule)
		}
	}
	return left
}

// kubeconfig writes a file with a server and a token and nothing else.
func kubeconfig(tb testing.TB, server, token string, ca []byte) string {
	tb.Helper()
	c := clientcmdapi.NewConfig()
	c.Clusters["c"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	c.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: token}
	c.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	c.CurrentContext = "x"
	file := filepath.Join(tb.TempDir(), "kubeconfig")
	must(tb, clientcmd.WriteToFile(*c, file))
	return file
}

// witness stands between Argus and the apiserver and remembers what was asked.
type witness struct {
	URL string
	CA  []byte

	mu      sync.Mutex // guards what follows
	seen    []question
	answers map[string]*bytes.Buffer // by resource, of those that are kept
}

// A question is one request to the apiserver and the status of its answer.
type question struct {
	method, path string
	watch        bool
	status       int
}

// newWitness returns a witness that keeps the answers about some resources, to the
// byte.
func newWitness(tb testing.TB, keep ...string) *witness {
	tb.Helper()
	target, err := url.Parse(kube.URL())
	must(tb, err)
	transport, err := rest.TransportFor(&rest.Config{Host: kube.URL(), TLSClientConfig: rest.TLSClientConfig{CAData: kube.CA()}})
	must(tb, err)
	w := &witness{answers: map[string]*bytes.Buffer{}}
	for _, resource := range keep {
		w.answers[resource] = &bytes.Buffer{}
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding") // answers are to be read here
		},
		Transport:     transport,
		FlushInterval: -1, // a watch is told as it happens
		ModifyResponse: func(r *http.Response) error {
			q := question{r.Request.Method, r.Request.URL.Path, r.Request.URL.Query().Get("watch") != "", r.StatusCode}
			w.note(q)
			r.Body = w.keeping(q, r.Body)
			return nil
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}, // Argus ended a watch
	}
	server := httptest.NewUnstartedServer(proxy)
	server.EnableHTTP2 = true // as the apiserver
	server.StartTLS()         // or no token would be sent
	tb.Cleanup(server.Close)
	w.URL = server.URL
	w.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return w
}

func (w *witness) note(q question) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, q)
}

// keeping is the body of an answer, which is kept as it is read if it is to be.
func (w *witness) keeping(q question, body io.ReadCloser) io.ReadCloser {
	for resource, kept := range w.answers {
		if q.about(resource) {
			return struct {
				io.Reader
				io.Closer
			}{io.TeeReader(body, lockedWriter{&w.mu, kept}), body}
		}
	}
	return body
}

// answered are all bytes of the answers about a resource so far.
func (w *witness) answered(resource string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.answers[resource].String()
}

type lockedWriter struct {
	mu *sync.Mutex
	to io.Writer
}

// Write implements io.Writer.
func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(p)
}

// questions that fit, so far.
func (w *witness) questions(fits func(question) bool) []question {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []question
	for _, q := range w.seen {
		if fits(q) {
			all = append(all, q)
		}
	}
	return all
}

func (q question) refused() bool { return q.status == http.StatusForbidden }

// changes says whether the question could change something in the cluster; to
// ask for one's own permissions changes nothing.
func (q question) changes() bool {
	return q.method != http.MethodGet && !strings.HasSuffix(q.path, "/selfsubjectaccessreviews")
}

// about says whether the question is for objects of a resource.
func (q question) about(resource string) bool {
	for part := range strings.SplitSeq(q.path, "/") {
		if part == resource {
			return true
		}
	}
	return false
}

// frozen asks Argus for the metric of a kind.
func (a *argus) frozen(ctx context.Context, kind string) (string, error) {
	return a.Metric(ctx, `argus_kind_frozen{kind="`+kind+`"}`)
}
