package watch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
)

// TestWatcher_ReadBesideTheAPI: an address that the apiserver does not know, as of
// a kind that it does not serve, and a proxy between that is lost both answer 404
// without a Status. client-go puts the name that was asked for into the error all
// the same; it is no proof that the object is gone.
func TestWatcher_ReadBesideTheAPI(t *testing.T) {
	if err := apierrors.NewGenericServerResponse(404, "get", schema.GroupResource{Resource: "pods"}, "a", "404 page not found", 0, true); absent(err, podKey("a")) {
		t.Errorf("absent(%v): got true, want false", err)
	}
	for name, body := range map[string]string{"the kind is not served": "404 page not found", "a proxy is lost": "<html>Not Found</html>"} {
		t.Run(name, func(t *testing.T) {
			api := newAPI(pod("a", "10.0.0.1"))
			follow(t, api, func(t *testing.T, w *Watcher, _ *heard) {
				api.change(func() {
					api.fault = func(r *http.Request) (int, string) {
						if strings.HasSuffix(r.URL.Path, "/pods/a") {
							return http.StatusNotFound, body
						}
						return 0, ""
					}
				})
				if got := w.Read(t.Context(), podKey("a")); got.Sight != plan.Unreadable {
					t.Errorf("read: got %v, want unreadable", got.Sight)
				}
			})
		})
	}
}

// asked keeps what the apiserver was last asked for.
type asked struct{ url *url.URL }

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.url = r.URL
	return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestSource_ReadsConsistently: a read that is to prove something names no version.
// One that does may be answered from a cache of the apiserver, which can be older
// than what was acted on before.
func TestSource_ReadsConsistently(t *testing.T) {
	for _, k := range []*kind.Kind{kind.Pod, kind.Node, kind.Secret, kind.Namespace} {
		api := &asked{}
		src, err := newSource(&rest.Config{Host: "http://api", Transport: api, QPS: -1}, k, lab, k.Served[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		namespace := ""
		if k.Namespaced {
			namespace = "shop"
		}
		_, err = src.get(t.Context(), namespace, "a")
		if api.url == nil || !strings.HasSuffix(api.url.Path, "/"+string(k.ID)+"/a") || api.url.Query().Has("resourceVersion") {
			t.Errorf("%s: asked for %v (%v), want the object and no version of it", k.ID, api.url, err)
		}
	}
}

// TestCluster_NamespaceChangesUnseen: what a namespace says of its objects counts
// also when it changed while it could not be watched.
func TestCluster_NamespaceChangesUnseen(t *testing.T) {
	api := newAPI(pod("a", "10.0.0.1"), namespace("shop", nil))
	gather(t, api, []*kind.Kind{kind.Namespace, kind.Pod}, nil, func(t *testing.T, c *Cluster, _ *heard) {
		if got := c.Hint(podKey("a")).Sight; got != plan.Present {
			t.Fatalf("hint: got %v, want present", got)
		}
		api.change(func() {
			api.fault = func(r *http.Request) (int, string) {
				if r.URL.Path == "/api/v1/namespaces" {
					return http.StatusInternalServerError, "down"
				}
				return 0, ""
			}
		})
		api.cut()
		time.Sleep(time.Minute)
		api.put(namespace("shop", map[string]string{"logicmonitor/monitoring": "disable"}))
		api.change(func() { api.fault = nil })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if got := c.Hint(podKey("a")).Sight; got != plan.Absent {
			t.Errorf("hint: got %v, want the pod to be excluded by its namespace", got)
		}
	})
}
