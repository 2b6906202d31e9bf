package lm

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lm/ratelimit"
)

const schemeLMv1 = "LMv1"

// maxDrain is how much of an unread answer is read so that its connection can be
// used again, in bytes.
const maxDrain = 64 << 10

// errTimeout is the cause of an attempt that took too long.
var errTimeout = errors.New("no complete answer within the time allowed")

// A failure is an attempt that did not succeed, and what deciding about another
// one needs.
type failure struct {
	err     *Error
	key     credential.Key
	sent    bool // it went out and was answered
	refused bool // by the rate limit: nothing was done, and the lane knows
}

// attempt signs and sends a request once, with a turn, and reads the answer.
func (c *Client) attempt(ctx context.Context, l *lane, r request, body []byte, turn *ratelimit.Permit) *failure {
	defer turn.Cancel()
	key, err := c.keys.Key()
	if err != nil {
		c.log.Warn("credential files cannot be read; the last good credentials stay in use", "error", err)
	}
	until, f := c.mayChange(l)
	if f == nil {
		f = c.mayNotSend(l, key, turn)
	}
	if f != nil {
		return f
	}
	if !r.repeated {
		l.guard.First()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.Timeout, errTimeout)
	defer cancel()
	if !until.IsZero() {
		ctx, cancel = context.WithDeadlineCause(ctx, until, errTimeout)
		defer cancel()
	}
	var connected atomic.Bool
	connected.Store(!c.traced)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected.Store(true) }})
	began := time.Now()
	req, err := c.sign(ctx, r, body, key, began)
	if err != nil {
		turn.Unsend()
		return &failure{err: &Error{Class: ClassInvalid, Endpoint: r.endpoint, Message: clean(err.Error(), key)}}
	}
	res, err := c.http.Do(req)
	if err != nil {
		if connected.Load() {
			turn.Done(ratelimit.Answer{Lost: true})
		} else {
			turn.Unsend()
		}
		failed := lost(ctx, r.endpoint, unwrapURL(err), connected.Load(), key)
		c.metrics.request(r.endpoint, lostLabel(ctx), time.Since(began))
		return &failure{err: failed, key: key}
	}
	defer func() {
		_, _ = io.CopyN(io.Discard, res.Body, maxDrain) // as far as it goes
		_ = res.Body.Close()
	}()
	answer := limits(res)
	turn.Done(answer)
	if answer.Limited {
		c.metrics.limited(r.endpoint, answer.Limit, answer.Remaining)
	}
	f = c.read(ctx, l, r, res, key, began)
	c.metrics.request(r.endpoint, statusLabel(res.StatusCode), time.Since(began))
	return f
}

// mayChange asks the guard whether anything may be changed now, and until when.
func (c *Client) mayChange(l *lane) (until time.Time, f *failure) {
	if c.config.Guard == nil || l.endpoint.Method() == http.MethodGet {
		return time.Time{}, nil
	}
	until, err := c.config.Guard()
	if err != nil {
		c.metrics.unsent(l.endpoint, "guarded")
		f = &failure{err: &Error{Class: ClassUnavailable, Endpoint: l.endpoint, Message: "not sent: " + err.Error()}}
	}
	return until, f
}

// mayNotSend asks everyone who has a say whether the request may go out.
func (c *Client) mayNotSend(l *lane, key credential.Key, turn *ratelimit.Permit) *failure {
	if err := c.gate.pass(l.endpoint, key); err != nil {
		c.metrics.unsent(l.endpoint, "held")
		return &failure{err: err, key: key}
	}
	if !l.guard.Allow() {
		c.metrics.unsent(l.endpoint, "throttled")
		return &failure{err: &Error{Class: ClassUnavailable, Endpoint: l.endpoint,
			Message: "not sent: most requests of the last two minutes failed, so only some are tried"}}
	}
	if !turn.Send() {
		return &failure{refused: true, err: &Error{Class: ClassRateLimited, Endpoint: l.endpoint,
			Message: "not sent: the account refused another request after this one got its turn"}}
	}
	return nil
}

// sign makes the HTTP request.
func (c *Client) sign(ctx context.Context, r request, body []byte, key credential.Key, now time.Time) (*http.Request, error) {
	base := c.restURL
	if r.endpoint == EndpointIngestLogs {
		base = c.ingestURL
	}
	escaped := r.escaped()
	target := base + escaped
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	sent := body
	var err error
	compress := r.endpoint == EndpointIngestLogs && len(body) >= minCompress
	if compress {
		if sent, err = gzipped(body); err != nil {
			return nil, err
		}
	}
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(sent)
	}
	req, err := http.NewRequestWithContext(ctx, r.endpoint.Method(), target, content)
	if err != nil {
		return nil, err
	}
	signed := r.path()
	if r.signEscaped {
		signed = escaped
	}
	req.Header.Set("Authorization", key.Authorization(r.endpoint.Method(), now, body, signed))
	req.Header.Set("User-Agent", "argus/"+c.config.Version)
	req.Header.Set("X-Version", "3")
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if compress {
		req.Header.Set("Content-Encoding", "gzip")
	}
	return req, nil
}

// read takes in an answer.
func (c *Client) read(ctx context.Context, l *lane, r request, res *http.Response, key credential.Key, sent time.Time) *failure {
	skew := c.readClock(res, sent)
	if res.StatusCode < http.StatusInternalServerError {
		l.guard.Accepted()
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		err := refusal(r.endpoint, res, key)
		switch {
		case err.Class == ClassUnauthorized:
			explain(err, skew, key.Scheme())
		case res.StatusCode < http.StatusInternalServerError:
			c.gate.accepted(key)
		}
		return &failure{err: err, key: key, sent: true, refused: res.StatusCode == http.StatusTooManyRequests}
	}
	c.gate.accepted(key)
	watched := &watchedBody{from: res.Body}
	err := r.decode(watched)
	if err == nil {
		return nil
	}
	return &failure{err: unusable(ctx, r.endpoint, res, err, watched.failed, key), key: key}
}

// unusable is the error of a success whose body is not one.
func unusable(ctx context.Context, e Endpoint, res *http.Response, err, readErr error, key credential.Key) *Error {
	failed := &Error{
		Endpoint: e, Status: res.StatusCode,
		RequestID: clean(res.Header.Get("X-Request-Id"), key),
		cause:     harmless(err, key),
	}
	if f, ok := errors.AsType[*fault](err); ok {
		failed.Code = f.code()
		failed.Class = classify(e, res.StatusCode, f.code())
		failed.Message = clean("an error in the answer: "+f.message(), key)
		failed.repeatable = failed.Class == ClassUnavailable
		return failed
	}
	if readErr != nil {
		broken := lost(ctx, e, readErr, true, key)
		failed.Class, failed.Message, failed.repeatable = broken.Class, "the answer broke off: "+broken.Message, broken.repeatable
		return failed
	}
	failed.Class = ClassMalformed
	if e.changes() {
		failed.Class = ClassAmbiguous
	}
	failed.Message = clean("the answer cannot be understood: "+err.Error(), key)
	return failed
}

// lost is the error of a request without a (complete) answer. If no connection
// was made for it, nothing was sent and it may be repeated, whatever it does.
func lost(ctx context.Context, e Endpoint, err error, connected bool, key credential.Key) *Error {
	failed := &Error{Endpoint: e, Message: clean(err.Error(), key), cause: harmless(err, key)}
	timeout := errors.Is(context.Cause(ctx), errTimeout)
	if timeout {
		failed.Message = errTimeout.Error()
	}
	switch {
	case connected && e.changes():
		failed.Class = ClassAmbiguous
		failed.Message = "sent, but its outcome is not known: " + failed.Message
	case ctx.Err() != nil && !timeout:
		failed.Class = ClassCanceled
	default:
		failed.Class = ClassUnavailable
		_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
		failed.repeatable = !certificate
	}
	return failed
}

func lostLabel(ctx context.Context) string {
	switch {
	case errors.Is(context.Cause(ctx), errTimeout):
		return "timeout"
	case ctx.Err() != nil:
		return "canceled"
	}
	return "error"
}

// unwrapURL drops what net/http puts around an error: method and URL, which the
// Endpoint tells, and which would carry the query into logs.
func unwrapURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// harmless returns a cause that may be printed: itself, or one with its text cleaned.
func harmless(err error, key credential.Key) error {
	if text := err.Error(); key.Redact(text) != text {
		return errors.New(strings.TrimSpace(clean(text, key)))
	}
	return err
}

// watchedBody remembers whether reading failed, to tell a body that broke off
// from one that is complete and wrong.
type watchedBody struct {
	from   io.Reader
	failed error
}

func (w *watchedBody) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if err != nil && err != io.EOF {
		w.failed = err
	}
	return n, err
}
