package lmsim

import (
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Limits are the account's rate limits: so many calls of one method on one endpoint in a rolling
// window. A limit of 0 means no limit, and then no headers.
type Limits struct {
	Window    int            `json:"window"`    // seconds
	Methods   map[string]int `json:"methods"`   // by method
	Endpoints map[string]int `json:"endpoints"` // by "METHOD /template", before Methods
}

// DefaultLimits are the numbers LogicMonitor is said to use (docs/logicmonitor-api.md §3).
func DefaultLimits() Limits {
	return Limits{
		Window:  60,
		Methods: map[string]int{"GET": 500, "POST": 200, "PUT": 200, "PATCH": 250, "DELETE": 300},
		Endpoints: map[string]int{
			"GET /device/devices":                 700,
			"GET /device/devices/{id}/properties": 700,
			"GET /device/groups":                  400,
			"GET /device/groups/{id}":             1000,
			"POST /setting/opsnotes":              100,
		},
	}
}

// NoLimits lets everything through.
func NoLimits() Limits { return Limits{Window: 60} }

func (l Limits) of(bucket string) int {
	if n, ok := l.Endpoints[bucket]; ok {
		return n
	}
	method, _, _ := strings.Cut(bucket, " ")
	return l.Methods[method]
}

// A Meter is the state of one bucket.
type Meter struct {
	Bucket    string `json:"bucket"` // "METHOD /template"
	Limit     int    `json:"limit"`
	Used      int    `json:"used"`   // by callers of this server
	Tenant    int    `json:"tenant"` // by the other user of the account
	Remaining int    `json:"remaining"`
	Window    int    `json:"window"`
	Refused   int    `json:"refused"` // since the start or the last reset
}

type limiter struct {
	limits      Limits
	buckets     map[string]*bucket
	tenantSince time.Time
}

// A bucket remembers the exact times of the calls in its window.
type bucket struct {
	ours, others window
	refused      int
}

// A window is a queue of times, oldest first.
type window struct {
	times []time.Time
	head  int
}

func newLimiter(l Limits) limiter { return limiter{limits: l, buckets: map[string]*bucket{}} }

func (w *window) expire(before time.Time) int {
	for w.head < len(w.times) && !w.times[w.head].After(before) {
		w.head++
	}
	if w.head > 1024 && w.head*2 > len(w.times) {
		w.times = append(w.times[:0], w.times[w.head:]...)
		w.head = 0
	}
	return len(w.times) - w.head
}

func (w *window) add(at time.Time, n int) {
	for range n {
		w.times = append(w.times, at)
	}
}

func (l *limiter) bucket(name string) *bucket {
	b, ok := l.buckets[name]
	if !ok {
		b = &bucket{}
		l.buckets[name] = b
	}
	return b
}

// take uses one call of a bucket's window if there is one left.
func (l *limiter) take(name string, now time.Time, w Switches) (Meter, bool) {
	m := l.meter(name, now, w)
	if m.Limit <= 0 {
		return m, true
	}
	b := l.bucket(name)
	if m.Remaining <= 0 {
		b.refused++
		m.Refused++
		if w.CountRefused {
			b.ours.add(now, 1)
		}
		return m, false
	}
	b.ours.add(now, 1)
	m.Used++
	m.Remaining--
	return m, true
}

func (l *limiter) meter(name string, now time.Time, w Switches) Meter {
	limit := l.limits.of(name)
	m := Meter{Bucket: name, Limit: limit, Window: l.limits.Window}
	if limit <= 0 {
		return m
	}
	b := l.bucket(name)
	start := now.Add(-time.Duration(l.limits.Window) * time.Second)
	m.Used = b.ours.expire(start)
	m.Tenant = b.others.expire(start) + l.tenant(limit, now, w.TenantShare)
	m.Remaining = max(0, limit-m.Used-m.Tenant)
	m.Refused = b.refused
	return m
}

// tenant is what the other user has spent of a limit: its share, reached evenly over one window.
func (l *limiter) tenant(limit int, now time.Time, share float64) int {
	if share <= 0 {
		return 0
	}
	part := 1.0
	if w := float64(l.limits.Window); w > 0 {
		part = min(1, now.Sub(l.tenantSince).Seconds()/w)
	}
	return int(share * float64(limit) * part)
}

func (m Meter) header(h http.Header) {
	if m.Limit <= 0 {
		return
	}
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(m.Limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(m.Remaining))
	h.Set("X-Rate-Limit-Window", strconv.Itoa(m.Window))
}

// Limits returns the current rate limits. The maps are copies.
func (s *Server) Limits() Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits.limits.clone()
}

func (l Limits) clone() Limits {
	out := Limits{Window: l.Window, Methods: map[string]int{}, Endpoints: map[string]int{}}
	for k, v := range l.Methods {
		out.Methods[k] = v
	}
	for k, v := range l.Endpoints {
		out.Endpoints[k] = v
	}
	return out
}

// SetLimits changes the rate limits from the next call on; what was used stays used.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.limits = l.clone()
}

// UseBudget spends n calls of a bucket ("METHOD /template") as another user of the account would.
func (s *Server) UseBudget(bucket string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.bucket(bucket).others.add(s.clock(), n)
}

// Meters returns the state of every bucket that was ever used, by name.
func (s *Server) Meters() []Meter {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	out := []Meter{}
	for name := range s.limits.buckets {
		out = append(out, s.limits.meter(name, now, s.switches))
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Bucket < out[j].Bucket })
	return out
}

// PutLimits checks and sets the rate limits.
func (s *Server) PutLimits(l Limits) error {
	if l.Window < 1 || l.Window > 86_400 {
		return fmt.Errorf("limits: window %d is not between 1 and 86400 seconds", l.Window)
	}
	for _, m := range []map[string]int{l.Methods, l.Endpoints} {
		for name, n := range m {
			if n < 0 || n > maxSeed {
				return fmt.Errorf("limits: %s: %d is not between 0 and %d", name, n, maxSeed)
			}
		}
	}
	s.SetLimits(l)
	return nil
}
