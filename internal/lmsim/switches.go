package lmsim

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// Switches are everything about the simulator that can be turned while it runs: the account's
// rules, what the API does beyond them, and how often faults strike. The JSON names are also the
// flags of cmd/lmsim and the fields of the admin API.
type Switches struct {
	account.Rules

	CountRefused bool    `json:"countRefused" help:"calls answered with 429 count against the window too"`
	TenantShare  float64 `json:"tenantShare" help:"part of every limit (0 to 1) that another user of the account takes, evenly over the window"`
	RateHeaders  bool    `json:"rateHeaders" help:"answers carry the three rate limit headers"`
	LongLogs     string  `json:"longLogs" help:"a log message over 32 KB is cut (truncate) or not accepted (refuse)"`
	Gzip         bool    `json:"gzip" help:"answers are compressed for callers that accept gzip"`

	Seed          uint64  `json:"seed" help:"seed of the dice behind every probability"`
	Latency       float64 `json:"latency" help:"seconds a call takes, half of it before it takes effect"`
	LatencyJitter float64 `json:"latencyJitter" help:"seconds of latency added at random, evenly between 0 and this"`
	Drop          float64 `json:"drop" help:"probability that the connection closes before a call takes effect"`
	Lose          float64 `json:"lose" help:"probability that a call takes effect and its answer is lost"`
	Reset         float64 `json:"reset" help:"probability that a call takes effect and the connection is reset"`
	Hang          float64 `json:"hang" help:"probability that a call is never answered and takes no effect"`
	HangAfter     float64 `json:"hangAfter" help:"probability that a call takes effect and is never answered"`
	HTML503       float64 `json:"html503" help:"probability of 503 with an HTML body, as during a portal upgrade"`
	Error200      float64 `json:"error200" help:"probability of status 200 with an error body and no effect"`
	Truncate      float64 `json:"truncate" help:"probability that a call takes effect and its answer ends half way"`
	SlowBody      float64 `json:"slowBody" help:"probability that an answer trickles over slowBodySeconds"`
	SlowSeconds   float64 `json:"slowBodySeconds" help:"how long a slow answer takes, in seconds"`
}

// DefaultSwitches returns the likeliest behavior of the real account and no faults.
func DefaultSwitches() Switches {
	return Switches{Rules: account.DefaultRules(), RateHeaders: true, LongLogs: "truncate", SlowSeconds: 5}
}

// Validate names the first switch whose value means nothing.
func (w Switches) Validate() error {
	for _, c := range []struct {
		name, value string
		allowed     []string
	}{
		{"emptyPropertyValue", w.EmptyPropertyValue, []string{"refuse", "drop", "store"}},
		{"unknownFilterField", w.UnknownFilterField, []string{"ignore", "refuse"}},
		{"unquotedStrings", w.UnquotedStrings, []string{"nothing", "match"}},
		{"propertyFilterElement", w.PropertyFilterElement, []string{"independent", "same"}},
		{"total", w.Total, []string{"exact", "negative"}},
		{"oversizedPage", w.OversizedPage, []string{"clamp", "refuse"}},
		{"shiftingPages", w.ShiftingPages, []string{"off", "unsorted", "always"}},
		{"deleteNonEmptyGroup", w.DeleteNonEmptyGroup, []string{"refuse", "move"}},
		{"longLogs", w.LongLogs, []string{"truncate", "refuse"}},
		{"duplicateDisplayName", fmt.Sprint(w.DuplicateDisplayName), []string{"400", "409"}},
		{"duplicateName", fmt.Sprint(w.DuplicateName), []string{"0", "400", "409"}},
		{"duplicateGroup", fmt.Sprint(w.DuplicateGroup), []string{"400", "409"}},
	} {
		if !contains(c.allowed, c.value) {
			return fmt.Errorf("switch %s: %q is not one of %s", c.name, c.value, strings.Join(c.allowed, ", "))
		}
	}
	return w.validateNumbers()
}

func (w Switches) validateNumbers() error {
	for name, p := range map[string]float64{
		"tenantShare": w.TenantShare, "drop": w.Drop, "lose": w.Lose, "reset": w.Reset, "hang": w.Hang,
		"hangAfter": w.HangAfter, "html503": w.HTML503, "error200": w.Error200, "truncate": w.Truncate, "slowBody": w.SlowBody,
	} {
		if math.IsNaN(p) || p < 0 || p > 1 {
			return fmt.Errorf("switch %s: %v is not between 0 and 1", name, p)
		}
	}
	for name, s := range map[string]float64{
		"listLag": w.ListLag, "getLag": w.GetLag, "membershipDelay": w.MembershipDelay, "systemIpsDelay": w.SystemIPsDelay,
		"collectorPurge": w.CollectorPurge, "noteLag": w.NoteLag, "latency": w.Latency, "latencyJitter": w.LatencyJitter, "slowBodySeconds": w.SlowSeconds,
	} {
		if math.IsNaN(s) || s < 0 || s > 1e6 {
			return fmt.Errorf("switch %s: %v is not a number of seconds", name, s)
		}
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// Switches returns the current switches.
func (s *Server) Switches() Switches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.switches
}

// SetSwitches replaces all switches.
func (s *Server) SetSwitches(w Switches) error {
	if err := w.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setSwitches(w)
	return nil
}

// PatchSwitches changes the switches named in a JSON object and returns all of them. An unknown
// name is an error and changes nothing.
func (s *Server) PatchSwitches(patch []byte) (Switches, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.switches
	d := json.NewDecoder(strings.NewReader(string(patch)))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		return s.switches, fmt.Errorf("read switches: %w", err)
	}
	if err := w.Validate(); err != nil {
		return s.switches, err
	}
	s.setSwitches(w)
	return w, nil
}

func (s *Server) setSwitches(w Switches) {
	if s.rng == nil || w.Seed != s.switches.Seed {
		s.rng = rand.New(rand.NewPCG(w.Seed, 0x6c6d73696d)) //nolint:gosec // dice that must repeat, not secrets
	}
	if w.TenantShare != s.switches.TenantShare {
		s.limits.tenantSince = s.clock()
	}
	s.switches = w
	s.account.Rules = w.Rules
}
