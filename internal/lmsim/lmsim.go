// Package lmsim is a LogicMonitor account on your machine: the REST API of devices, device groups,
// properties, collectors, ops notes, recycle bin and log ingest, faithful where the contract is
// known and adjustable where it is not (docs/lmsim.md).
//
// It exists so that a client can be tested against rate limits, lost answers, late effects and
// ignored filters. It is difficult on purpose, and it must share no type with the client: a wrong
// JSON tag would otherwise be wrong on both sides.
package lmsim

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// Options configure a Server. The zero value is a fresh account with the likeliest behavior, real
// time and the demo token.
type Options struct {
	// Clock tells the time. Every late effect, limit and time stamp follows it. Default time.Now.
	Clock func() time.Time
	// Tokens may call the API. Default: DemoToken.
	Tokens []Token
	// Switches are the behavior to start with. Default: DefaultSwitches().
	Switches *Switches
	// Limits are the rate limits to start with. Default: DefaultLimits().
	Limits *Limits
	// JournalSize and CallLogSize bound how many commits and calls are kept. Default 20,000 each.
	JournalSize, CallLogSize int
	// Log takes one debug line a call. Default: nothing is logged.
	Log *slog.Logger
}

// A Server is one account. It implements http.Handler for the account's REST API and is safe for
// concurrent use. It starts no goroutine: effects that happen later happen when it is next used.
type Server struct {
	clock  func() time.Time
	log    *slog.Logger
	rest   []route // below /santaba/rest
	ingest []route // below /rest

	mu       sync.Mutex // guards everything below
	account  *account.Account
	switches Switches
	faults   faultSet
	tokens   []Token
	limits   limiter
	calls    callLog
	rng      *rand.Rand
	journal  int // size of the journal, for a reset
	born     time.Time
	saved    uint64 // generation of the account that was last saved, neverSaved for none
}

// neverSaved is a generation no account reaches.
const neverSaved = math.MaxUint64

// New returns a fresh account.
func New(o Options) *Server {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tokens == nil {
		o.Tokens = []Token{DemoToken()}
	}
	if o.JournalSize == 0 {
		o.JournalSize = 20_000
	}
	if o.CallLogSize == 0 {
		o.CallLogSize = 20_000
	}
	switches, limits := DefaultSwitches(), DefaultLimits()
	if o.Switches != nil {
		switches = *o.Switches
	}
	if o.Limits != nil {
		limits = *o.Limits
	}
	s := &Server{clock: o.Clock, log: o.Log, rest: restRoutes(), ingest: ingestRoutes(), tokens: append([]Token(nil), o.Tokens...), journal: o.JournalSize, saved: neverSaved}
	s.limits = newLimiter(limits)
	s.calls = newCallLog(o.CallLogSize)
	s.born = s.clock()
	s.account = account.New(switches.Rules, s.journal, s.born)
	s.setSwitches(switches)
	return s
}

// ServeHTTP answers a call of the REST API over a socket, with whatever fate the faults decide.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := s.serve(r.Context(), r)
	a.send(w, r)
}

// locked runs f with the lock held and every effect that is due done.
func (s *Server) locked(f func(a *account.Account, now time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.account.Advance(now)
	f(s.account, now)
}

// pause waits, unless the caller gives up first.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
