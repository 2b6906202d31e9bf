package cli

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/argus-k8s/argus/internal/leader"
)

// candidate campaigns for the Lease of a fake cluster.
func candidate(t *testing.T, client *fake.Clientset) *leader.Election {
	t.Helper()
	f := flags{election: electFlags{elect: true, given: true, name: "argus", namespace: "argus", lease: leader.DefaultLeaseDuration, renew: leader.DefaultRenewDeadline, retry: leader.DefaultRetryPeriod}}
	e, err := newElection(Process{Lookup: func(string) (string, bool) { return "", false }}, f, client, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func holder(t *testing.T, client *fake.Clientset) string {
	t.Helper()
	lease, err := client.CoordinationV1().Leases("argus").Get(context.WithoutCancel(t.Context()), "argus", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// TestLead_GivesBackLast: the Lease is held until the last change is done.
func TestLead_GivesBackLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		e := candidate(t, client)
		ctx, cancel := context.WithCancel(t.Context())
		err := lead(ctx, e, func(ctx context.Context) error {
			if err := await(ctx, e); err != nil {
				t.Errorf("await: got %v, want to lead", err)
			}
			if c := electionCondition(e); !c.Ready || c.Detail != "this replica leads" {
				t.Errorf("condition: got %+v", c)
			}
			cancel()
			<-ctx.Done()
			time.Sleep(20 * time.Second) // the last request
			if holder(t, client) == "" {
				t.Error("the Lease was given back before the last change was done")
			}
			return nil
		})
		if err != nil {
			t.Errorf("lead: got %v, want none", err)
		}
		if got := holder(t, client); got != "" {
			t.Errorf("held by %q after the end, want given back", got)
		}
	})
}

// TestLead_Lost: what acts ends when the Lease is lost, and that is told.
func TestLead_Lost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset()
		var cut atomic.Bool
		client.PrependReactor("*", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
			return cut.Load(), nil, apierrors.NewServiceUnavailable("cut off")
		})
		e := candidate(t, client)
		err := lead(t.Context(), e, func(ctx context.Context) error {
			if err := await(ctx, e); err != nil {
				t.Errorf("await: got %v, want to lead", err)
			}
			cut.Store(true)
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, leader.ErrLost) {
			t.Errorf("lead: got %v, want ErrLost", err)
		}
		if _, err := guard(e)(); !errors.Is(err, leader.ErrNotLeading) {
			t.Errorf("guard: got %v, want ErrNotLeading", err)
		}
		if c := electionCondition(e); c.Ready {
			t.Errorf("condition: got %+v, want not met", c)
		}
	})
}

// TestLead_Alone: without an election everything acts at once.
func TestLead_Alone(t *testing.T) {
	ran := false
	err := lead(t.Context(), nil, func(ctx context.Context) error { ran = true; return await(ctx, nil) })
	if err != nil || !ran || guard(nil) != nil || !leads(nil) {
		t.Errorf("got %v, ran %v, want no error and no guard", err, ran)
	}
}
