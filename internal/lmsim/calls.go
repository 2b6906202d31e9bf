package lmsim

import (
	"sort"
	"time"
)

// A Call is one request the simulator saw, refused ones included. It holds nothing of the
// request's headers but the User-Agent, so no credential can be in it.
type Call struct {
	Seq       uint64    `json:"seq"`
	Time      time.Time `json:"time"`
	Who       string    `json:"who,omitempty"` // name of the token
	Method    string    `json:"method"`
	Path      string    `json:"path"`
	Query     string    `json:"query,omitempty"`
	Template  string    `json:"template"`
	Status    int       `json:"status"` // 0 when no answer was sent
	Code      int       `json:"code,omitempty"`
	Fault     string    `json:"fault,omitempty"`
	UserAgent string    `json:"userAgent,omitempty"`
	Commits   uint64    `json:"commits"` // changes the call made
}

// A Count is how many calls of one kind ended the same way.
type Count struct {
	Method   string `json:"method"`
	Template string `json:"template"`
	Status   int    `json:"status"` // 0: struck by a fault, no answer
	Calls    int    `json:"calls"`
}

type callLog struct {
	kept   []Call // ring, oldest at next when full
	next   int
	max    int
	seq    uint64
	counts map[Count]int // keyed with Calls 0
}

func newCallLog(size int) callLog { return callLog{max: max(1, size), counts: map[Count]int{}} }

func (l *callLog) add(c Call) {
	l.seq++
	c.Seq = l.seq
	l.counts[Count{Method: c.Method, Template: c.Template, Status: c.Status}]++
	if len(l.kept) < l.max {
		l.kept = append(l.kept, c)
		return
	}
	l.kept[l.next] = c
	l.next = (l.next + 1) % l.max
}

// Calls returns the kept calls with a number above since, oldest first.
func (s *Server) Calls(since uint64) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &s.calls
	out := []Call{}
	for i := range l.kept {
		if c := l.kept[(l.next+i)%len(l.kept)]; c.Seq > since {
			out = append(out, c)
		}
	}
	return out
}

// Counts returns how many calls of each method, template and status there were since the start or
// the last reset, sorted.
func (s *Server) Counts() []Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Count, 0, len(s.calls.counts))
	for c, n := range s.calls.counts {
		c.Calls = n
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Template != b.Template {
			return a.Template < b.Template
		}
		if a.Method != b.Method {
			return a.Method < b.Method
		}
		return a.Status < b.Status
	})
	return out
}

// CountCalls returns how many calls fit; an empty method or template, or a status below 0, fits all.
func (s *Server) CountCalls(method, template string, status int) int {
	n := 0
	for _, c := range s.Counts() {
		if (method == "" || c.Method == method) && (template == "" || c.Template == template) && (status < 0 || c.Status == status) {
			n += c.Calls
		}
	}
	return n
}
