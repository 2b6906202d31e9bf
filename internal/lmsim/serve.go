package lmsim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// maxBody bounds what is read of a request.
const maxBody = 16 << 20

// A call is one request on its way through the checks.
type call struct {
	method  string
	path    string // decoded, without the base
	rawPath string // as it came, without the base
	query   url.Values
	header  http.Header
	body    []byte // as signed: uncompressed
	route   route
	params  map[string]string
	ingest  bool
	version int
	now     time.Time
	token   Token
}

// by is who the journal names.
func (c *call) by() account.By { return account.By{Who: c.token.Name, At: c.now} }

// serve does one call and returns what the caller is to see of it.
func (s *Server) serve(ctx context.Context, r *http.Request) answer {
	c, bad := newCall(r)
	s.mu.Lock()
	c.route.template = "unknown"
	routes := s.rest
	if c.ingest {
		routes = s.ingest
	}
	found, params, ok := match(routes, c.method, c.rawPath)
	if ok {
		c.route, c.params = found, params
	}
	p := s.decide(c.method, c.route.template)
	s.mu.Unlock()

	if err := pause(ctx, p.before); err != nil {
		s.record(c, r, answer{fate: fateGone}, p, 0)
		return answer{fate: fateGone}
	}
	a, commits := s.act(c, ok, bad, p)
	a.fate, a.seconds = fateOf(p), p.seconds
	s.record(c, r, a, p, commits)
	if err := pause(ctx, p.after); err != nil {
		a.fate = fateGone
	}
	if s.Switches().Gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		a.compress()
	}
	return a
}

// act takes a call through the checks, in the account's order, and lets it take effect.
func (s *Server) act(c *call, routed bool, bad error, p plan) (answer, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = s.clock()
	s.account.Advance(c.now)
	a := answer{header: http.Header{"Content-Type": {"application/json"}, "Date": {c.now.UTC().Format(http.TimeFormat)}}}
	if p.action == HTML503 {
		return a.html503(), 0
	}
	before := s.account.LastCommit()
	body, err := s.checked(c, routed, bad, p, &a)
	a.render(c, body, err)
	return a, s.account.LastCommit() - before
}

// checked runs the checks in order: route, credential, rate, role, body; then the call itself.
func (s *Server) checked(c *call, routed bool, bad error, p plan, a *answer) (any, error) {
	bucket := c.method + " " + c.route.template
	headers := func(m Meter) {
		if s.switches.RateHeaders {
			m.header(a.header)
		}
	}
	headers(s.limits.meter(bucket, c.now, s.switches))
	if !routed {
		return nil, &account.Error{Status: 404, Code: 1400, Message: "HTTP 404 Not Found"}
	}
	token, ok := s.authenticate(c)
	if !ok {
		return nil, &account.Error{Status: 401, Code: 1401, Message: "Authentication failed"}
	}
	c.token = token
	m, ok := s.limits.take(bucket, c.now, s.switches)
	headers(m)
	if !ok {
		return nil, &account.Error{Status: 429, Code: 1429, Message: "Rate limit exceeded"}
	}
	if !token.Role.allowed(c.route) {
		return nil, &account.Error{Status: 403, Code: 1403, Message: "Permission denied"}
	}
	if bad != nil {
		return nil, bad
	}
	if !p.effect() && p.action != Drop && p.action != Hang {
		return nil, p.refusal()
	}
	if !p.effect() {
		return nil, nil
	}
	return c.route.do(s, c)
}

// refusal is the error body of a fault that answers instead of the account.
func (p plan) refusal() error {
	if p.action == Error200 {
		return &account.Error{Status: 200, Code: 1500, Message: "Internal error"}
	}
	code := p.code
	if code == 0 {
		code = 1000 + p.status
	}
	return &account.Error{Status: p.status, Code: code, Message: "Fault of the simulator"}
}

// newCall reads a request. The error is for the caller, once the checks before it have passed.
func newCall(r *http.Request) (*call, error) {
	raw := r.URL.EscapedPath()
	c := &call{method: r.Method, query: r.URL.Query(), header: r.Header, version: version(r)}
	switch {
	case strings.HasPrefix(raw, "/santaba/rest/"):
		c.rawPath, c.path = raw[len("/santaba/rest"):], r.URL.Path[len("/santaba/rest"):]
	case strings.HasPrefix(raw, "/rest/"):
		c.rawPath, c.path, c.ingest = raw[len("/rest"):], r.URL.Path[len("/rest"):], true
	default:
		c.rawPath, c.path = raw, r.URL.Path
		c.rawPath = "/-" + c.rawPath // outside the API: no route can match
	}
	if r.Body == nil {
		return c, nil
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return c, &account.Error{Status: 400, Code: 1400, Message: "request body ended early"}
	}
	if len(body) > maxBody {
		return c, &account.Error{Status: 413, Code: 1413, Message: "request body too large"}
	}
	c.body, err = inflate(r.Header.Get("Content-Encoding"), body)
	return c, err
}

// version is the API version a request selects; without one the server takes it for version 1.
func version(r *http.Request) int {
	text := r.Header.Get("X-Version")
	if text == "" {
		text = r.URL.Query().Get("v")
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return n
	}
	return 1
}

// decode reads the JSON body of a call. Numbers and texts must have the right type.
func (c *call) decode(to any) error {
	if err := json.Unmarshal(c.body, to); err != nil {
		message := "malformed JSON body"
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			message = "field " + wrong.Field + " has the wrong type"
		}
		return &account.Error{Status: 400, Code: 1400, Message: message}
	}
	return nil
}

func (s *Server) record(c *call, r *http.Request, a answer, p plan, commits uint64) {
	entry := Call{Time: s.clock(), Who: c.token.Name, Method: c.method, Path: c.path, Query: c.query.Encode(), Template: c.route.template,
		Status: a.status, Code: a.code, Fault: p.action, UserAgent: r.UserAgent(), Commits: commits}
	switch a.fate {
	case fateClose, fateReset, fateHang, fateGone:
		entry.Status = 0
	case fateArrives, fateTruncate, fateSlow:
	}
	s.mu.Lock()
	s.calls.add(entry)
	s.mu.Unlock()
	s.log.Debug("call", "method", c.method, "template", c.route.template, "status", entry.Status, "fault", entry.Fault, "token", entry.Who)
}
