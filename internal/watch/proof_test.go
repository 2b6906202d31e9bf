package watch

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

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
