package lm

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/lm/credential"
)

// maxSkew is how far a signature's time may be off: LogicMonitor accepts 30
// minutes; one minute less, because the Date header is exact to a second and the
// answer was under way.
const maxSkew = 29 * time.Minute

// authGate keeps a client whose credentials are refused from hammering the
// account: until they change, one probe per pause goes out.
type authGate struct {
	pause time.Duration

	mu    sync.Mutex // guards the fields below
	last  *Error
	key   credential.Key
	probe time.Time // when the next probe may go
}

// pass returns nil if a request signed with the key may go out, and otherwise the
// refusal it would get.
func (g *authGate) pass(e Endpoint, key credential.Key) *Error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.last == nil || g.key != key {
		return nil
	}
	now := time.Now()
	if !now.Before(g.probe) {
		g.probe = now.Add(g.pause)
		return nil
	}
	held := *g.last
	held.Endpoint, held.repeatable = e, false
	held.Message = fmt.Sprintf("not sent, the credentials were refused a moment ago; next try in %v: %s",
		g.probe.Sub(now).Round(time.Second), g.last.Message)
	return &held
}

func (g *authGate) refused(err *Error, key credential.Key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last, g.key, g.probe = err, key, time.Now().Add(g.pause)
}

func (g *authGate) accepted(key credential.Key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.key == key {
		g.last = nil
	}
}

// readClock compares the account's clock with ours and returns how far ours is ahead.
func (s *shared) readClock(res *http.Response, sent time.Time) time.Duration {
	date, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return 0
	}
	// The wall clock, without the monotonic reading, is what signs.
	now := time.Now().Round(0)
	middle := now.Add(-now.Sub(sent.Round(0)) / 2)
	skew := middle.Sub(date).Round(time.Second)
	s.skew.Store(&skew)
	return skew
}

// explain adds to a refusal of the credentials what is known of its cause.
func explain(err *Error, skew time.Duration, scheme string) {
	if scheme != schemeLMv1 || skew.Abs() < maxSkew {
		return
	}
	side := "ahead of"
	if skew < 0 {
		side = "behind"
	}
	err.Skew = skew
	err.Message = fmt.Sprintf("the clock of this machine is %v %s LogicMonitor's, which accepts at most 30 minutes: fix NTP (%s)",
		skew.Abs(), side, err.Message)
}
