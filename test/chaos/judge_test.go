package chaos_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// ask sends a request of somebody who holds a token to an account.
func ask(t *testing.T, sim *lmsim.Server, method, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://account/santaba/rest"+path, strings.NewReader(body))
	must(t, err)
	request.Header.Set("Authorization", "Bearer "+lmsim.DemoToken().Bearer)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Version", "3")
	answer, err := sim.Transport().RoundTrip(request)
	must(t, err)
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s, %v", method, path, answer.Status, text, err)
	}
}

// made creates a device for an object, and returns its path.
func made(t *testing.T, sim *lmsim.Server, name, uid, link string) string {
	t.Helper()
	properties := fmt.Sprintf(`{"name": "auto.uid", "value": %q}, {"name": "kubernetes.label.step", "value": "2"}`, uid)
	if link != "" {
		properties += fmt.Sprintf(`, {"name": "auto.selflink", "value": %q}`, link)
	}
	ask(t, sim, http.MethodPost, "/device/devices",
		fmt.Sprintf(`{"name": %q, "displayName": %q, "preferredCollectorId": 1, "hostGroupIds": "1", "customProperties": [%s]}`, name, name, properties))
	d, _ := sim.DeviceByDisplayName(name)
	return fmt.Sprintf("/device/devices/%d", d.ID)
}

// The oracle sees what it is there for.
func TestHistory(t *testing.T) {
	for name, tt := range map[string]struct {
		do   func(t *testing.T, sim *lmsim.Server)
		want []string
	}{
		"two objects": {func(t *testing.T, sim *lmsim.Server) {
			t.Helper()
			made(t, sim, "a", "1", "")
			made(t, sim, "b", "2", "")
		}, nil},
		"an object that comes back": {func(t *testing.T, sim *lmsim.Server) {
			t.Helper()
			ask(t, sim, http.MethodDelete, made(t, sim, "a", "1", ""), "")
			made(t, sim, "a", "2", "")
		}, nil},
		"two resources of one object": {func(t *testing.T, sim *lmsim.Server) {
			t.Helper()
			made(t, sim, "a", "1", "")
			made(t, sim, "b", "1", "")
		}, []string{"b was created twice for one object 1"}},
		"a resource that was deleted and made again": {func(t *testing.T, sim *lmsim.Server) {
			t.Helper()
			ask(t, sim, http.MethodDelete, made(t, sim, "a", "1", ""), "")
			made(t, sim, "a", "1", "")
		}, []string{"a was created twice for one object 1"}},
		"a resource that is made another's": {func(t *testing.T, sim *lmsim.Server) {
			t.Helper()
			made(t, sim, "a", "1", "")
			ask(t, sim, http.MethodPut, made(t, sim, "b", "2", "")+"/properties/auto.uid", `{"name": "auto.uid", "value": "1"}`)
		}, []string{"b is a second resource for one object 1"}},
		"an older state over a newer one": {func(t *testing.T, sim *lmsim.Server) {
			t.Helper()
			ask(t, sim, http.MethodPut, made(t, sim, "a", "1", "")+"/properties/kubernetes.label.step", `{"name": "kubernetes.label.step", "value": "1"}`)
		}, []string{`a went back from step 2 to "1"`}},
	} {
		t.Run(name, func(t *testing.T) {
			sim := newAccount(t)
			tt.do(t, sim)
			if _, got := history(sim); !cmp.Equal(tt.want, got) {
				t.Errorf("history finds (-want +got):\n%s", cmp.Diff(tt.want, got))
			}
		})
	}
}

func TestExcess(t *testing.T) {
	measure := counts{map[string]int{"a": 2, "b": 1}, map[string]int{"a": 1}}
	for name, tt := range map[string]struct {
		got  counts
		want []string
	}{
		"as often":    {measure, nil},
		"less":        {counts{map[string]int{"a": 1}, nil}, nil},
		"more of one": {counts{map[string]int{"a": 3}, map[string]int{"a": 1}}, []string{"a was created 3 times; undisturbed, 2"}},
		"of another":  {counts{nil, map[string]int{"b": 1}}, []string{"b was deleted 1 times; undisturbed, 0"}},
	} {
		if got := excess(tt.got, measure); !cmp.Equal(tt.want, got) {
			t.Errorf("%s (-want +got):\n%s", name, cmp.Diff(tt.want, got))
		}
	}
}

// A delete is held against the cluster as it is: the object with its UID is there,
// or not, or another one of its name, or nobody can say.
func TestWitness(t *testing.T) {
	const link = "/api/v1/namespaces/default"
	ns, err := kube.client.CoreV1().Namespaces().Get(t.Context(), "default", metav1.GetOptions{})
	must(t, err)
	for name, tt := range map[string]struct {
		uid, link, want string
	}{
		"living":      {string(ns.UID), link, "delete of living, whose object lives"},
		"another":     {"other", link, ""},
		"gone":        {string(ns.UID), "/api/v1/namespaces/nowhere", ""},
		"unknown":     {string(ns.UID), "", "delete of unknown could not be judged"},
		"old-version": {string(ns.UID), "/apis/batch/v1beta1/namespaces/default/cronjobs/none", ""},
	} {
		sim := newAccount(t)
		w, path := newWitness(sim), made(t, sim, name, tt.uid, tt.link)
		for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
			request, err := http.NewRequestWithContext(t.Context(), method, "http://account/santaba/rest"+path, http.NoBody)
			must(t, err)
			w.see(request)
		}
		got := strings.Join(w.observed, "\n")
		if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) || w.deletes != 1 {
			t.Errorf("%s: the witness saw %d deletes and says %q, want one and %q", name, w.deletes, got, tt.want)
		}
	}
}

// A create of what is there is seen, and the account still gets its body.
func TestWitness_create(t *testing.T) {
	sim := newAccount(t)
	made(t, sim, "there", "1", "")
	for body, want := range map[string]int{
		`{"displayName": "there", "customProperties": [{"name": "auto.uid", "value": "1"}]}`: 1,
		`{"displayName": "there", "customProperties": [{"name": "auto.uid", "value": "2"}]}`: 0,
		`{"displayName": "other", "customProperties": [{"name": "auto.uid", "value": "1"}]}`: 0,
	} {
		w := newWitness(sim)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://account/santaba/rest/device/devices", strings.NewReader(body))
		must(t, err)
		w.see(request)
		left, err := io.ReadAll(request.Body)
		if err != nil || string(left) != body || len(w.repeated) != want {
			t.Errorf("%s: repeated %q, want %d; the account gets %q, %v", body, w.repeated, want, left, err)
		}
	}
}
