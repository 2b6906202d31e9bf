// Package lm is a client of the LogicMonitor REST API, version 3, and of its log
// ingestion, in LogicMonitor's own words: devices, device groups, collectors. It
// exists so that nobody above it has to know how requests are signed, paged,
// limited, repeated or refused. It must not know Kubernetes or what Argus wants,
// and it decides nothing about what the account should hold.
//
// Three promises hold throughout: a listing is complete or ends in an error; a
// request that may have changed the account is never sent twice by itself (see
// ClassAmbiguous); and no credential appears in an error, a log or a metric.
//
// Every rule of the API this package relies on is listed in
// docs/logicmonitor-api.md with how sure it is and the test that holds it.
package lm

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lm/overload"
	"github.com/argus-k8s/argus/internal/lm/ratelimit"
)

// A Client speaks to one account. New makes one; it is safe for concurrent use.
type Client struct {
	*shared
	permit *Permit // the turn the next matching request uses, if any
}

// shared is what all views of one Client share.
type shared struct {
	config    Config
	restURL   string // without a slash at the end
	ingestURL string
	http      *http.Client
	traced    bool // the transport tells when it has a connection
	keys      *credential.Source
	gate      authGate
	log       *slog.Logger
	metrics   *metrics

	// escapedPath is set once the account was seen to want paths signed as they
	// are sent rather than as they are meant.
	escapedPath atomic.Bool
	skew        atomic.Pointer[time.Duration]

	mu    sync.Mutex // guards the two below
	lanes map[Endpoint]*lane
	share float64
}

// A lane is one endpoint's limit and fortune: endpoints never wait for each other.
type lane struct {
	endpoint Endpoint
	bucket   *ratelimit.Bucket
	guard    *overload.Guard
}

// New checks the configuration, reads the credentials and CA files, and returns a
// Client. It sends nothing.
func New(config Config) (*Client, error) {
	config = config.withDefaults()
	rest, ingest, err := config.urls()
	if err != nil {
		return nil, err
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	transport, traced, err := config.transport()
	if err != nil {
		return nil, err
	}
	keys, err := credential.NewSource(config.Credentials, config.Proxy.secrets(rest)...)
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(config.Metrics)
	if err != nil {
		return nil, err
	}
	s := &shared{
		config:    config,
		restURL:   rest,
		ingestURL: ingest,
		http:      &http.Client{Transport: transport, CheckRedirect: refuseRedirect},
		traced:    traced,
		keys:      keys,
		log:       config.Logger,
		metrics:   m,
		lanes:     map[Endpoint]*lane{},
		share:     config.Share,
	}
	s.gate.pause = config.AuthPause
	if config.IgnoreSSL {
		s.log.Error("certificates of the LogicMonitor account are NOT verified because ignoreSSL is set: anyone on the way can read the credentials; give a CA file instead")
	}
	return &Client{shared: s}, nil
}

// refuseRedirect keeps signed requests from going elsewhere: the API never redirects.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// A Permit is the right to send one request to one endpoint now. It belongs to
// one goroutine at a time.
type Permit struct {
	endpoint Endpoint
	turn     *ratelimit.Permit
}

// Endpoint is what the Permit is for.
func (p *Permit) Endpoint() Endpoint { return p.endpoint }

// Cancel gives an unused turn back. It may be deferred: after use it does nothing.
func (p *Permit) Cancel() { p.turn.Cancel() }

// Reserve waits until one request to the endpoint may be sent, so that the caller
// can choose its work when its turn comes and not before. Turns are given in the
// order asked for. The error is the context's.
func (c *Client) Reserve(ctx context.Context, e Endpoint) (*Permit, error) {
	turn, err := c.waitTurn(ctx, c.lane(e), false)
	if err != nil {
		return nil, err
	}
	return &Permit{endpoint: e, turn: turn}, nil
}

// Using returns a view of the client whose next request to the Permit's endpoint
// uses that turn. Such a request is sent at most once and never waits: if the
// account refuses it (ClassRateLimited) or fails, the caller decides what to do
// with its next turn. Further requests of the view wait as usual.
func (c *Client) Using(p *Permit) *Client {
	return &Client{shared: c.shared, permit: p}
}

// BeginFirstSync lets the client use FirstSyncShare of the account's limits, until
// EndFirstSync.
func (c *Client) BeginFirstSync() { c.setShare(c.config.FirstSyncShare) }

// EndFirstSync goes back to Share.
func (c *Client) EndFirstSync() { c.setShare(c.config.Share) }

func (s *shared) setShare(share float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.share = share
	for _, l := range s.lanes {
		l.bucket.SetShare(s.config.limit(l.endpoint, share).Share)
	}
}

// BucketState is how the limit of one endpoint stands.
type BucketState = ratelimit.State

// BucketState returns the state of an endpoint's limit. It is the zero state
// while nothing was sent there.
func (c *Client) BucketState(e Endpoint) BucketState {
	return c.lane(e).bucket.State()
}

// BucketStates returns the states of all endpoints that were used.
func (c *Client) BucketStates() map[Endpoint]BucketState {
	states := map[Endpoint]BucketState{}
	for _, l := range c.usedLanes() {
		states[l.endpoint] = l.bucket.State()
	}
	return states
}

func (s *shared) usedLanes() []*lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.lanes))
}

// ClockSkew is how far this machine's clock is ahead of the account's, judged by
// the newest answer, and whether that is known. It is exact to about a second.
func (c *Client) ClockSkew() (time.Duration, bool) {
	if skew := c.skew.Load(); skew != nil {
		return *skew, true
	}
	return 0, false
}

func (s *shared) lane(e Endpoint) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lanes[e]
	if l == nil {
		l = &lane{
			endpoint: e,
			bucket:   ratelimit.NewBucket(s.config.limit(e, s.share)),
			guard:    overload.NewGuard(),
		}
		s.lanes[e] = l
	}
	return l
}

// Close ends idle connections. Requests under way go on.
func (c *Client) Close() { c.http.CloseIdleConnections() }
