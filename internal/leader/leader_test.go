package leader_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	coordination "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	coordinationv1 "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/argus-k8s/argus/internal/leader"
)

// apiserver holds one Lease, with optimistic locking as the real one has.
type apiserver struct {
	coordinationv1.LeaseInterface

	mu     sync.Mutex
	lease  *coordination.Lease
	writes int
	down   map[string]error // by identity of who asks
}

// as is the apiserver for one replica.
type as struct {
	*apiserver
	who string
}

func (a as) Leases(string) coordinationv1.LeaseInterface { return a }

func (a as) Get(_ context.Context, name string, _ metav1.GetOptions) (*coordination.Lease, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.down[a.who]; err != nil {
		return nil, err
	}
	if a.lease == nil {
		return nil, apierrors.NewNotFound(coordination.Resource("leases"), name)
	}
	return a.lease.DeepCopy(), nil
}

func (a as) Create(_ context.Context, lease *coordination.Lease, _ metav1.CreateOptions) (*coordination.Lease, error) {
	return a.write(lease, "")
}

func (a as) Update(_ context.Context, lease *coordination.Lease, _ metav1.UpdateOptions) (*coordination.Lease, error) {
	return a.write(lease, lease.ResourceVersion)
}

func (a as) write(lease *coordination.Lease, from string) (*coordination.Lease, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.down[a.who]; err != nil {
		return nil, err
	}
	if have := a.version(); have != from {
		return nil, apierrors.NewConflict(coordination.Resource("leases"), lease.Name, errors.New("it was changed"))
	}
	a.writes++
	a.lease = lease.DeepCopy()
	a.lease.ResourceVersion = strconv.Itoa(a.writes)
	return a.lease.DeepCopy(), nil
}

func (a *apiserver) version() string {
	if a.lease == nil {
		return ""
	}
	return a.lease.ResourceVersion
}

// fail makes the apiserver refuse one replica, or no longer.
func (a *apiserver) fail(who string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.down == nil {
		a.down = map[string]error{}
	}
	a.down[who] = err
}

// annotate changes the Lease as a person does.
func (a *apiserver) annotate(name, value string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writes++
	a.lease.ResourceVersion = strconv.Itoa(a.writes)
	a.lease.Annotations = map[string]string{name: value}
}

func config(a *apiserver, who string) leader.Config {
	return leader.Config{
		Leases: as{a, who}, Namespace: "argus", Name: "argus", Identity: who, Log: slog.New(slog.DiscardHandler),
		LeaseDuration: leader.DefaultLeaseDuration, RenewDeadline: leader.DefaultRenewDeadline, RetryPeriod: leader.DefaultRetryPeriod,
	}
}

// replica campaigns until it is told to stop, or loses.
type replica struct {
	*leader.Election
	stop context.CancelFunc
	done chan error
}

func campaign(t *testing.T, a *apiserver, who string) replica {
	t.Helper()
	e, err := leader.New(config(a, who))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := replica{Election: e, stop: cancel, done: make(chan error, 1)}
	go func() { r.done <- e.Run(ctx) }()
	return r
}

// end stops a replica and returns what Run returned.
func (r replica) end(t *testing.T) error {
	t.Helper()
	r.stop()
	return <-r.done
}

func leads(t *testing.T, r replica, want bool) {
	t.Helper()
	until, err := r.Until()
	if got := err == nil; got != want {
		t.Errorf("may change something: got %v (%v), want %v", got, err, want)
	}
	if err != nil && !errors.Is(err, leader.ErrNotLeading) {
		t.Errorf("error: got %v, want ErrNotLeading", err)
	}
	if left := time.Until(until); want && (left <= leader.DefaultLeaseDuration-leader.DefaultRenewDeadline || left > leader.DefaultLeaseDuration) {
		t.Errorf("time left: got %v, want over %v and at most %v", left, leader.DefaultLeaseDuration-leader.DefaultRenewDeadline, leader.DefaultLeaseDuration)
	}
	if s := r.Standing(); s.Leads != want {
		t.Errorf("standing: got %+v, want leads %v", s, want)
	}
}

// TestElection_HandsOver: one leads, and when it ends the other does within a
// retry period, because the lease is given back.
func TestElection_HandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &apiserver{}
		first := campaign(t, api, "first")
		<-first.Elected()
		second := campaign(t, api, "second")
		time.Sleep(time.Hour)
		leads(t, first, true)
		leads(t, second, false)
		if got := second.Standing().Leader; got != "first" {
			t.Errorf("who leads: got %q, want first", got)
		}
		if most := int(time.Hour/leader.DefaultRetryPeriod) + 2; api.writes > most {
			t.Errorf("renewals in an hour: got %d, want at most %d", api.writes, most)
		}
		if err := first.end(t); err != nil {
			t.Errorf("end: got %v, want none", err)
		}
		leads(t, first, false)
		began := time.Now()
		<-second.Elected()
		if took, most := time.Since(began), 2*leader.DefaultRetryPeriod; took > most {
			t.Errorf("handed over after %v, want at most %v", took, most)
		}
		leads(t, second, true)
		second.end(t)
	})
}

// TestElection_CutOff: a leader that does not reach the apiserver stops before
// anybody else may begin, and ends.
func TestElection_CutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &apiserver{}
		first := campaign(t, api, "first")
		<-first.Elected()
		second := campaign(t, api, "second")
		time.Sleep(time.Minute)
		api.fail("first", apierrors.NewServiceUnavailable("cut off"))
		for range 600 {
			_, mine := first.Until()
			_, others := second.Until()
			if mine == nil && others == nil {
				t.Fatal("two may change something at once")
			}
			time.Sleep(time.Second / 5)
		}
		if err := <-first.done; !errors.Is(err, leader.ErrLost) {
			t.Errorf("run: got %v, want ErrLost", err)
		}
		leads(t, first, false)
		leads(t, second, true)
		second.end(t)
	})
}

// TestElection_Refused: somebody who may not read the Lease says so and waits.
func TestElection_Refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &apiserver{}
		api.fail("first", apierrors.NewForbidden(coordination.Resource("leases"), "argus", errors.New("no role")))
		first := campaign(t, api, "first")
		time.Sleep(time.Minute)
		leads(t, first, false)
		if s := first.Standing(); !apierrors.IsForbidden(s.Err) || s.Leader != "" {
			t.Errorf("standing: got %+v, want that the Lease may not be read", s)
		}
		api.fail("first", nil)
		<-first.Elected()
		leads(t, first, true)
		first.end(t)
	})
}

// TestElection_Annotation: what a person writes to the Lease stays over renewals,
// and costs nobody the lead.
func TestElection_Annotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := &apiserver{}
		first := campaign(t, api, "first")
		<-first.Elected()
		api.annotate("approve", "hold-1")
		time.Sleep(10 * time.Minute)
		leads(t, first, true)
		if got, err := first.Annotation(t.Context(), "approve"); got != "hold-1" || err != nil {
			t.Errorf("annotation: got %q, %v, want hold-1", got, err)
		}
		if got, err := first.Annotation(t.Context(), "other"); got != "" || err != nil {
			t.Errorf("annotation that is not there: got %q, %v", got, err)
		}
		first.end(t)
	})
}

// TestNew_Faults: all faults are named at once.
func TestNew_Faults(t *testing.T) {
	_, err := leader.New(leader.Config{LeaseDuration: time.Second, RenewDeadline: time.Second, RetryPeriod: time.Second})
	if err == nil {
		t.Fatal("got no error")
	}
	for _, want := range []string{"namespace of the Lease", "name of the Lease", "identity of this replica", "lease duration is 1s, want more than the renew deadline, 1s", "retry period is 1s"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}
