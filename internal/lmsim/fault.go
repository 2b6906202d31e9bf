package lmsim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// What a fault does to a call.
const (
	Drop      = "drop"      // the connection closes before the call takes effect
	Lose      = "lose"      // the call takes effect, the connection closes without an answer
	Reset     = "reset"     // the call takes effect, the connection is reset
	Hang      = "hang"      // no effect, no answer
	HangAfter = "hangAfter" // effect, no answer
	HTML503   = "html503"   // 503 with an HTML body, no effect
	Error200  = "error200"  // status 200 with an error body, no effect
	Status    = "status"    // the given status and code, no effect
	Truncate  = "truncate"  // effect, the answer ends half way
	SlowBody  = "slowBody"  // effect, the answer trickles over Seconds
	Delay     = "delay"     // Seconds of latency before the call takes effect
)

// A Fault strikes chosen calls. Zero fields choose everything.
type Fault struct {
	Name        string  `json:"name"`
	Action      string  `json:"action"`
	Method      string  `json:"method,omitempty"`
	Endpoint    string  `json:"endpoint,omitempty"` // template, such as /device/devices/{id}
	Nth         int     `json:"nth,omitempty"`      // only the n-th call that fits, from 1
	Times       int     `json:"times,omitempty"`    // at most so often
	Probability float64 `json:"probability,omitempty"`
	Status      int     `json:"status,omitempty"`
	Code        int     `json:"code,omitempty"`
	Seconds     float64 `json:"seconds,omitempty"`

	// Fit and Struck count, since the fault was set, the calls that fit and those it struck.
	Fit    int `json:"fit"`
	Struck int `json:"struck"`
}

func (f Fault) validate() error {
	switch f.Action {
	case Drop, Lose, Reset, Hang, HangAfter, HTML503, Error200, Truncate, SlowBody, Delay:
	case Status:
		if f.Status < 200 || f.Status > 599 {
			return fmt.Errorf("fault %s: status %d is not between 200 and 599", f.Name, f.Status)
		}
	default:
		return fmt.Errorf("fault %s: unknown action %q", f.Name, f.Action)
	}
	if f.Probability < 0 || f.Probability > 1 {
		return fmt.Errorf("fault %s: probability %v is not between 0 and 1", f.Name, f.Probability)
	}
	if f.Seconds < 0 || f.Seconds > 3600 {
		return fmt.Errorf("fault %s: seconds %v is not between 0 and 3600", f.Name, f.Seconds)
	}
	return nil
}

type faultSet []Fault

// SetFaults replaces all faults. Their counters start again.
func (s *Server) SetFaults(faults ...Fault) error {
	set := make(faultSet, 0, len(faults))
	for i, f := range faults {
		if f.Name == "" {
			f.Name = fmt.Sprintf("fault %d", i+1)
		}
		if err := f.validate(); err != nil {
			return err
		}
		f.Fit, f.Struck = 0, 0
		set = append(set, f)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = set
	return nil
}

// Faults returns the faults that are set, with their counters.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Fault{}, s.faults...)
}

// A plan is what the dice and the faults decided for one call.
type plan struct {
	action        string // empty for none
	status, code  int
	seconds       float64
	before, after time.Duration // latency on either side of the effect
}

// decide throws the dice for one call. Faults come before the probabilities; the first that
// strikes wins.
func (s *Server) decide(method, template string) plan {
	w := s.switches
	latency := w.Latency + w.LatencyJitter*s.rng.Float64()
	p := plan{before: secondsOf(latency / 2), after: secondsOf(latency / 2), seconds: w.SlowSeconds}
	for i := range s.faults {
		f := &s.faults[i]
		if !f.strikes(method, template, s.rng) {
			continue
		}
		if f.Action == Delay {
			p.before += secondsOf(f.Seconds)
			continue
		}
		p.action, p.status, p.code = f.Action, f.Status, f.Code
		if f.Seconds > 0 {
			p.seconds = f.Seconds
		}
		return p
	}
	for _, chance := range []struct {
		action string
		of     float64
	}{
		{Drop, w.Drop}, {Lose, w.Lose}, {Reset, w.Reset}, {Hang, w.Hang}, {HangAfter, w.HangAfter},
		{HTML503, w.HTML503}, {Error200, w.Error200}, {Truncate, w.Truncate}, {SlowBody, w.SlowBody},
	} {
		if chance.of > 0 && s.rng.Float64() < chance.of {
			p.action = chance.action
			return p
		}
	}
	return p
}

func (f *Fault) strikes(method, template string, rng *rand.Rand) bool {
	if f.Method != "" && f.Method != method || f.Endpoint != "" && f.Endpoint != template {
		return false
	}
	f.Fit++
	if f.Nth > 0 && f.Fit != f.Nth || f.Times > 0 && f.Struck >= f.Times {
		return false
	}
	if f.Probability > 0 && rng.Float64() >= f.Probability {
		return false
	}
	f.Struck++
	return true
}

// effect reports whether a call with this action still takes effect.
func (p plan) effect() bool {
	switch p.action {
	case Drop, Hang, HTML503, Error200, Status:
		return false
	}
	return true
}

func secondsOf(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
