package account_test

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
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

// written keeps the body of what was last sent, and answers as if it were done.
type written struct{ body string }

func (w *written) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	w.body = string(body)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"id":7}`)), Request: r}, err
}

// TestAccount_WritesWhatAChangeSays: an update sends what is to be written and no
// more. The groups a resource is in, its collector and all else are people's.
func TestAccount_WritesWhatAChangeSays(t *testing.T) {
	set := []resource.Property{{Name: "kubernetes.label.app", Value: "web"}}
	for name, tt := range map[string]struct {
		change plan.Change
		want   string
	}{
		"a property":     {plan.Change{Set: set}, `{"customProperties":[{"name":"kubernetes.label.app","value":"web"}]}`},
		"an address":     {plan.Change{Name: "10.0.0.1"}, `{"name":"10.0.0.1"}`},
		"a display name": {plan.Change{DisplayName: "web-0"}, `{"displayName":"web-0"}`},
		"marked deleted": {plan.Change{Retires: true}, `{"disableAlerting":true}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				way := &written{}
				client, err := lm.New(lm.Config{BaseURL: "http://sim", Transport: way, Credentials: credential.Config{Bearer: "bearer"}})
				if err != nil {
					t.Fatal(err)
				}
				defer client.Close()
				a := account.New(account.Config{Client: client, Cluster: resource.Cluster{Name: "lab"}, Log: slog.New(slog.DiscardHandler)})
				turn, err := a.Reserve(t.Context(), plan.Update)
				if err != nil {
					t.Fatal(err)
				}
				tt.change.Op, tt.change.ID = plan.Update, 7
				if got := a.Carry(t.Context(), turn, tt.change); got.Outcome != plan.Done || way.body != tt.want {
					t.Errorf("got %v (%s), sent %s, want %s", got.Outcome, got.Reason, way.body, tt.want)
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
