package lm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/argus-k8s/argus/internal/lm/overload"
	"github.com/argus-k8s/argus/internal/lm/ratelimit"
)

// A request is one operation, before it is signed.
type request struct {
	endpoint Endpoint
	values   []string // for {id} and {name} of the path
	query    url.Values
	body     any                   // sent as JSON; none if nil
	decode   func(io.Reader) error // reads a success; may be called again after a failed attempt

	// signEscaped signs the path as it is sent instead of as it is meant.
	signEscaped bool
	// repeated is set for attempts after a failure, which a budget bounds.
	repeated bool
}

// path is the path as it is meant, escaped as it is sent.
func (r request) path() string { return r.endpoint.at(r.values...) }

func (r request) escaped() string {
	values := make([]string, len(r.values))
	for i, v := range r.values {
		values[i] = url.PathEscape(v)
	}
	return r.endpoint.at(values...)
}

// encode writes the body once: what is signed is what is sent.
func (r request) encode() ([]byte, error) {
	if r.body == nil {
		return nil, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.body); err != nil {
		return nil, &Error{Class: ClassInvalid, Endpoint: r.endpoint, Message: fmt.Sprintf("encode the body: %v", err), cause: err}
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// maxRepeats bounds the repetitions of one request after failures, besides the budget.
const maxRepeats = 2

// tries is what was tried for one request so far.
type tries struct {
	repeats    int
	refused    bool // by the rate limit, at least once
	newKey     bool
	otherPath  bool
	signEscape bool
}

// do performs a request: waits for its turn, sends it, and repeats it where that
// cannot change the account twice. The error is an *Error.
func (c *Client) do(ctx context.Context, r request) error {
	body, err := r.encode()
	if err != nil {
		return err
	}
	l := c.lane(r.endpoint)
	t := tries{signEscape: c.escapedPath.Load()}
	for {
		turn, own, err := c.turn(ctx, l, t.refused)
		if err != nil {
			return canceled(r.endpoint, err)
		}
		r.signEscaped, r.repeated = t.signEscape, t.repeats > 0
		failed := c.attempt(ctx, l, r, body, turn)
		if failed == nil {
			if t.otherPath {
				c.escapedPath.Store(t.signEscape)
			}
			return nil
		}
		if !c.again(ctx, l, r, failed, &t, own) {
			return failed.err
		}
		c.metrics.retried(r.endpoint)
	}
}

// turn is the right to send one attempt: the caller's own, if it brought one that
// fits and is unused, or the next of the lane.
func (c *Client) turn(ctx context.Context, l *lane, refused bool) (turn *ratelimit.Permit, own bool, err error) {
	if p := c.permit; p != nil && p.endpoint == l.endpoint && p.turn.Unused() {
		return p.turn, true, nil
	}
	turn, err = c.waitTurn(ctx, l, refused)
	return turn, false, err
}

func (s *shared) waitTurn(ctx context.Context, l *lane, refused bool) (*ratelimit.Permit, error) {
	began := time.Now()
	defer func() { s.metrics.waited(l.endpoint, time.Since(began)) }()
	if refused {
		return l.bucket.ReserveAgain(ctx)
	}
	return l.bucket.Reserve(ctx)
}

// again tells whether a failed attempt is repeated, and waits until it may be.
func (c *Client) again(ctx context.Context, l *lane, r request, f *failure, t *tries, own bool) bool {
	if f.err.Class == ClassUnauthorized && f.sent {
		return c.otherSignature(r, f, t, own)
	}
	if own || ctx.Err() != nil {
		return false
	}
	if f.refused {
		t.refused = true // the lane makes it wait for the window
		return true
	}
	if !f.err.repeatable || t.repeats == maxRepeats || !l.guard.Retry() {
		return false
	}
	t.repeats++
	return sleep(ctx, overload.Backoff(t.repeats))
}

// otherSignature tells whether a request whose signature was refused - and which
// therefore did nothing - can be signed differently: because the credential files
// have changed, or because it is not known whether the account wants a path that
// needs escaping signed as it is meant or as it is sent. If not, the gate closes.
func (c *Client) otherSignature(r request, f *failure, t *tries, own bool) bool {
	if _, changed := c.keys.Refresh(f.key); changed && !t.newKey && !own {
		t.newKey = true
		return true
	}
	if !t.otherPath && f.key.Scheme() == schemeLMv1 && r.path() != r.escaped() {
		t.otherPath, t.signEscape = true, !t.signEscape
		return true
	}
	c.gate.refused(f.err, f.key)
	return false
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// canceled is the error of a request whose context ended before it was sent.
func canceled(e Endpoint, cause error) *Error {
	message := "canceled while waiting for a turn"
	if errors.Is(cause, context.DeadlineExceeded) {
		message = "deadline passed while waiting for a turn"
	}
	return &Error{Class: ClassCanceled, Endpoint: e, Message: message, cause: cause}
}
