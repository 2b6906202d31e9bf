package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// A witness looks at the true state of the cluster whenever a device is about to
// be deleted: an object that is there now was there when the delete was decided.
type witness struct {
	sim *lmsim.Server

	mu       sync.Mutex // guards what follows
	deletes  int
	observed []string // deletes of living objects
	repeated []string // creates of what the account holds already
}

func newWitness(sim *lmsim.Server) *witness { return &witness{sim: sim} }

// see looks at a request before the account does.
func (w *witness) see(r *http.Request) {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/device/devices") {
		w.seeCreate(r)
		return
	}
	id, ok := deletion(r)
	if !ok {
		return
	}
	d, ok := w.sim.Device(id)
	if !ok {
		return
	}
	alive, err := alive(r.Context(), property(&d, "auto.selflink"), property(&d, "auto.uid"))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deletes++
	switch {
	case err != nil && r.Context().Err() == nil:
		w.observed = append(w.observed, fmt.Sprintf("delete of %s could not be judged: %v", d.DisplayName, err))
	case alive:
		w.observed = append(w.observed, fmt.Sprintf("delete of %s, whose object lives", d.DisplayName))
	}
}

// seeCreate looks whether the account holds already what is to be created: who
// could not know must look first, and who lost an answer too.
func (w *witness) seeCreate(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was cut off
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var wanted struct {
		DisplayName      string
		CustomProperties []account.Property
	}
	if err := json.Unmarshal(body, &wanted); err != nil {
		return // the account refuses it
	}
	d, there := w.sim.DeviceByDisplayName(wanted.DisplayName)
	uid := property(&account.Device{Custom: wanted.CustomProperties}, "auto.uid")
	if !there || property(&d, "auto.uid") != uid {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.repeated = append(w.repeated, fmt.Sprintf("create of %s, which is there", wanted.DisplayName))
}

// alive says whether the object at a link lives under a UID. The links keep API
// versions that are gone.
func alive(ctx context.Context, link, uid string) (bool, error) {
	if link == "" {
		return false, errors.New("the device has no auto.selflink")
	}
	raw, err := restClient().Get().AbsPath(strings.Replace(link, "/v1beta1/", "/v1/", 1)).DoRaw(ctx)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	object, err := metadataOf(raw)
	return err == nil && string(object.UID) == uid, err
}

// metadataOf reads the metadata of an object in JSON.
func metadataOf(raw []byte) (m metav1.PartialObjectMetadata, err error) {
	err = json.Unmarshal(raw, &m)
	return m, err
}

func restClient() rest.Interface { return kube.client.CoreV1().RESTClient() }

// property of a device; empty if it has none.
func property(d *account.Device, name string) string {
	for _, p := range d.Custom {
		if strings.EqualFold(p.Name, name) {
			return p.Value
		}
	}
	return ""
}

// counts are how often each thing was created and deleted.
type counts struct{ created, deleted map[string]int }

// history reads the journal of an account: what was done how often to what, and
// everything in it that must never happen, at any moment.
func history(sim *lmsim.Server) (c counts, wrong []string) {
	c = counts{map[string]int{}, map[string]int{}}
	there, seen, steps := map[string]string{}, map[string]bool{}, map[string]string{}
	for _, commit := range sim.Journal(account.JournalQuery{}) {
		if commit.Who == "person" || commit.Type != "device" && commit.Type != "deviceGroup" {
			continue
		}
		switch commit.Op {
		case account.Created:
			c.created[commit.Type+" "+commit.Name]++
		case account.Deleted:
			c.deleted[commit.Type+" "+commit.Name]++
		}
		d := deviceOf(commit)
		uid := ""
		if d != nil {
			uid = property(d, "auto.uid")
		}
		if uid == "" {
			continue
		}
		switch other := there[uid]; {
		case commit.Op == account.Deleted:
			delete(there, uid)
			continue
		case commit.Op == account.Created && seen[uid]:
			wrong = append(wrong, fmt.Sprintf("%s was created twice for one object %s", commit.Name, uid))
		case other != "" && other != commit.ID:
			wrong = append(wrong, fmt.Sprintf("%s is a second resource for one object %s", commit.Name, uid))
		}
		there[uid], seen[uid] = commit.ID, true
		step := property(d, "kubernetes.label."+stepLabel)
		if step < steps[uid] {
			wrong = append(wrong, fmt.Sprintf("%s went back from step %s to %q", commit.Name, steps[uid], step))
		}
		steps[uid] = max(step, steps[uid])
	}
	return c, wrong
}

// deviceOf is the device that a commit is about, as it was left.
func deviceOf(c account.Commit) *account.Device {
	for _, record := range []any{c.After, c.Before} {
		if d, ok := record.(*account.Device); ok {
			return d
		}
	}
	return nil
}

// excess is what was done more often than it had to be.
func excess(got, measure counts) []string {
	var wrong []string
	for _, of := range []struct {
		done      string
		got, want map[string]int
	}{{"created", got.created, measure.created}, {"deleted", got.deleted, measure.deleted}} {
		for _, name := range slices.Sorted(maps.Keys(of.got)) {
			if n, want := of.got[name], of.want[name]; n > want {
				wrong = append(wrong, fmt.Sprintf("%s was %s %d times; undisturbed, %d", name, of.done, n, want))
			}
		}
	}
	return wrong
}

// judge compares what was done to an account with what had to be done to the
// undisturbed one, and fails for each violation.
func (s *subject) judge(tb testing.TB, measure counts) {
	tb.Helper()
	got, wrong := history(s.sim)
	s.judgeAlone(tb, append(wrong, excess(got, measure)...))
}

// judgeAlone fails for what is wrong whatever the measure.
func (s *subject) judgeAlone(tb testing.TB, wrong []string) {
	tb.Helper()
	s.witness.mu.Lock()
	wrong = append(wrong, s.witness.observed...)
	if !s.late {
		wrong = append(wrong, s.witness.repeated...)
	}
	s.witness.mu.Unlock()
	for what, n := range s.k8s.Changes() {
		if what != "leases" || !s.elects {
			wrong = append(wrong, fmt.Sprintf("%d requests to the apiserver were meant to change %s", n, what))
		}
	}
	for _, log := range s.logs {
		if strings.Contains(log.String(), canary) {
			wrong = append(wrong, "the content of a Secret is in a log")
		}
	}
	for _, w := range wrong {
		tb.Error(w)
	}
}
