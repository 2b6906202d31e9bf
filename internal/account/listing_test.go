package account_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// filters is an account that understands filters of resources in its own way.
type filters struct {
	http.RoundTripper
	rewrite func(filter string) string
}

func (f *filters) RoundTrip(r *http.Request) (*http.Response, error) {
	q := r.URL.Query()
	if f.rewrite != nil && strings.HasSuffix(r.URL.Path, "/device/devices") && q.Has("filter") {
		r = r.Clone(r.Context())
		q.Set("filter", f.rewrite(q.Get("filter")))
		if q.Get("filter") == "" {
			q.Del("filter")
		}
		r.URL.RawQuery = q.Encode()
	}
	return f.RoundTripper.RoundTrip(r)
}

// TestAccount_ListsTheClusterWhole: whatever the account makes of a filter, the
// listing has every resource of this cluster and nobody else's.
func TestAccount_ListsTheClusterWhole(t *testing.T) {
	for name, rewrite := range map[string]func(string) string{
		"filters are honored":         nil,
		"filters are ignored":         func(string) string { return "" },
		"filters look somewhere else": func(string) string { return `name:"nobody"` },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sim *lmsim.Server) {
				if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
					t.Fatal(err)
				}
				way := &filters{RoundTripper: sim.Transport()}
				client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: way, Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)}})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				var lab *account.Account
				for i, cluster := range []string{"other", "lab"} {
					lab = fill(t, client, cluster, i)
				}
				way.rewrite = rewrite
				const list = "/device/devices"
				lists := sim.CountCalls(http.MethodGet, list, -1)
				var got []string
				if err := lab.List(t.Context(), func(o *resource.Observed) { got = append(got, o.Key.String()) }); err != nil {
					t.Fatal(err)
				}
				if n := sim.CountCalls(http.MethodGet, list, -1) - lists; rewrite == nil && n != 1 {
					t.Errorf("listed in %d requests, want 1: a page holds all", n)
				}
				others, err := lab.FindName(t.Context(), "a-pod-shop-other")
				for _, o := range others {
					if o.DisplayName == "a-pod-shop-other" && o.Key != (resource.Key{}) {
						t.Errorf("resource of another cluster: got key %s, want none", o.Key)
					}
				}
				if err != nil {
					t.Fatal(err)
				}
				slices.Sort(got)
				if diff := cmp.Diff([]string{"pods/shop/a", "pods/shop/b"}, slices.Compact(got)); diff != "" {
					t.Errorf("listed (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// cutShort is an account that cannot read its list of resources beyond the first page.
type cutShort struct{ http.RoundTripper }

func (c cutShort) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/device/devices") && r.Method == http.MethodGet && r.URL.Query().Get("offset") != "0" {
		return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	return c.RoundTripper.RoundTrip(r)
}

// TestAccount_AFailedPageIsAnError: what a page that cannot be read would hold is
// not taken for missing.
func TestAccount_AFailedPageIsAnError(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
			t.Fatal(err)
		}
		way := cutShort{&filters{RoundTripper: sim.Transport(), rewrite: func(string) string { return "" }}}
		client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: way, PageSize: 3, Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		lab := fill(t, client, "lab", 0)
		fill(t, client, "other", 1)
		listed := 0
		if err := lab.List(t.Context(), func(*resource.Observed) { listed++ }); err == nil || listed == 0 {
			t.Errorf("the second page failed: got %d listed and error %v, want some and an error", listed, err)
		}
	})
}

// fill makes the group of a cluster and two resources in it.
func fill(t *testing.T, client *lm.Client, cluster string, net int) *account.Account {
	t.Helper()
	identity := resource.Cluster{Name: cluster, UID: resource.UID("uid-" + cluster)}
	a := account.New(account.Config{
		Client: client, Cluster: identity, Version: "test", Log: slog.New(slog.DiscardHandler), Collectors: account.CollectorConfig{ID: 1},
	})
	group := resourcegroup.Group{Name: resourcegroup.ClusterGroup(cluster), AppliesTo: `auto.clustername == "` + cluster + `"`}
	if _, err := a.GroupWriter().Create(t.Context(), 1, &group); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"a", "b"} {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: "uid"},
			Status:     corev1.PodStatus{Phase: corev1.PodRunning, PodIP: "10.0." + string(rune('0'+net)) + "." + string(rune('1'+i))},
		}
		want, err := kind.Pod.Map(pod, kind.View{Cluster: identity})
		if err != nil {
			t.Fatal(err)
		}
		turn, err := a.Reserve(t.Context(), plan.Create)
		if err != nil {
			t.Fatal(err)
		}
		if r := a.Carry(t.Context(), turn, plan.Change{Op: plan.Create, Key: want.Key, Want: &want}); r.Outcome != plan.Done {
			t.Fatalf("create: got %v, %s", r.Outcome, r.Reason)
		}
	}
	return a
}

// TestAccount_EitherMarkOfDeletion: a resource that carries the time of its
// deletion lives no more, whatever its categories say.
func TestAccount_EitherMarkOfDeletion(t *testing.T) {
	bubble(t, func(t *testing.T, sim *lmsim.Server) {
		if _, err := sim.AddCollector(lmsim.Collector{}); err != nil {
			t.Fatal(err)
		}
		client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: sim.Transport(), Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)}})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		a := fill(t, client, "lab", 0)
		life := map[string]resource.Life{}
		for property, value := range map[string]string{resource.PropDeletedOn: "1700000000", resource.PropCategories: "KubernetesPodDeleted"} {
			found, err := a.FindName(t.Context(), "a-pod-shop-lab")
			if property == resource.PropCategories {
				found, err = a.FindName(t.Context(), "b-pod-shop-lab")
			}
			if err != nil || len(found) != 1 || found[0].Life != resource.Live {
				t.Fatalf("got %+v, %v, want one that lives", found, err)
			}
			turn, err := a.Reserve(t.Context(), plan.Update)
			if err != nil {
				t.Fatal(err)
			}
			change := plan.Change{Op: plan.Update, Key: found[0].Key, ID: found[0].ID, Set: []resource.Property{{Name: property, Value: value}}}
			if r := a.Carry(t.Context(), turn, change); r.Outcome != plan.Done {
				t.Fatalf("update: got %v, %s", r.Outcome, r.Reason)
			}
			seen, err := a.Resource(t.Context(), found[0].ID)
			if err != nil || seen == nil {
				t.Fatalf("read: got %v, %v", seen, err)
			}
			life[property] = seen.Life
		}
		want := map[string]resource.Life{resource.PropDeletedOn: resource.Deleted, resource.PropCategories: resource.Deleted}
		if diff := cmp.Diff(want, life); diff != "" {
			t.Errorf("life (-want +got):\n%s", diff)
		}
	})
}
