package account_test

import (
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/argus-k8s/argus/internal/account"
	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
	"github.com/argus-k8s/argus/internal/resourcegroup"
)

// answering is an account that has one answer; 0 is none.
type answering int

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if a == 0 {
		return nil, errors.New("connection reset by peer")
	}
	return &http.Response{StatusCode: int(a), Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// TestGroupWriter_CreatesOnce: a group that is there already, be it that a create
// was not answered, is found and not made again.
func TestGroupWriter_CreatesOnce(t *testing.T) {
	for name, fault := range map[string]string{"it is there": "", "the answer is lost": lmsim.Lose} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, sim *lmsim.Server) {
				client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: sim.Transport(), Credentials: credential.Config{Bearer: credential.Secret(lmsim.DemoToken().Bearer)}})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				w := account.New(account.Config{Client: client, Cluster: resource.Cluster{Name: "lab"}, Log: slog.New(slog.DiscardHandler)}).GroupWriter()
				group := &resourcegroup.Group{Name: "Nodes"}
				var made [2]resourcegroup.Observed
				for i := range made {
					if i == 0 && fault != "" {
						if err := sim.SetFaults(lmsim.Fault{Action: fault, Method: "POST", Times: 1}); err != nil {
							t.Fatal(err)
						}
					}
					if made[i], err = w.Create(t.Context(), 1, group); err != nil {
						t.Fatalf("create %d: %v", i+1, err)
					}
				}
				if made[0].ID == 0 || made[0].ID != made[1].ID {
					t.Errorf("created as %d and then %d, want one group", made[0].ID, made[1].ID)
				}
			})
		})
	}
}

// TestAccount_Outcomes: a change is given up for good only where the account says
// that it is wrong. What may have happened is lost; anything else waits.
func TestAccount_Outcomes(t *testing.T) {
	for answer, want := range map[answering]plan.Outcome{
		200: plan.Done,
		400: plan.Refused,
		401: plan.Postponed,
		403: plan.Postponed,
		404: plan.Gone,
		409: plan.Taken,
		429: plan.Postponed,
		500: plan.Lost,
		503: plan.Lost,
		0:   plan.Lost,
	} {
		synctest.Test(t, func(t *testing.T) {
			client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: answer, Credentials: credential.Config{Bearer: "bearer"}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			a := account.New(account.Config{Client: client, Cluster: resource.Cluster{Name: "lab"}, Log: slog.New(slog.DiscardHandler)})
			turn, err := a.Reserve(t.Context(), plan.Delete)
			if err != nil {
				t.Fatal(err)
			}
			defer turn.Cancel()
			if got := a.Carry(t.Context(), turn, plan.Change{Op: plan.Delete, ID: 7}); got.Outcome != want {
				t.Errorf("HTTP %d: got %v (%s), want %v", answer, got.Outcome, got.Reason, want)
			}
		})
	}
}
