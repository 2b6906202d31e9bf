package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxRepeats bounds how many different lines are remembered; beyond it, lines
// are written as they come.
const maxRepeats = 1000

// A RepeatHandler holds back warnings and errors that are the same as one that
// was written shortly before, and writes how many there were when the time is
// over. Lines are the same when level, message and attributes are, but for
// attempt, duration and retry_in. Its clock is the time of the records. It is
// safe for concurrent use.
type RepeatHandler struct {
	next   slog.Handler
	prefix string // groups and attributes that came with With
	shared *repeats
}

// repeats is shared by all handlers made from one.
type repeats struct {
	window time.Duration
	mu     sync.Mutex // guards seen
	seen   map[string]*repeat
}

// repeat is one line that was written.
type repeat struct {
	until  time.Time // when it may be written again
	held   int       // how many were not
	last   slog.Record
	writer slog.Handler
}

// NewRepeatHandler wraps a handler; the same line is written once in a window.
func NewRepeatHandler(next slog.Handler, window time.Duration) *RepeatHandler {
	return &RepeatHandler{next: next, shared: &repeats{window: window, seen: map[string]*repeat{}}}
}

// Enabled implements slog.Handler.
func (h *RepeatHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (h *RepeatHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var prefix strings.Builder
	prefix.WriteString(h.prefix)
	for _, a := range attrs {
		identify(&prefix, a)
	}
	return &RepeatHandler{next: h.next.WithAttrs(attrs), prefix: prefix.String(), shared: h.shared}
}

// WithGroup implements slog.Handler.
func (h *RepeatHandler) WithGroup(name string) slog.Handler {
	return &RepeatHandler{next: h.next.WithGroup(name), prefix: h.prefix + "\x00" + name + ".", shared: h.shared}
}

// Handle implements slog.Handler.
func (h *RepeatHandler) Handle(ctx context.Context, record slog.Record) error {
	write, due := h.shared.admit(h, record)
	for _, r := range due {
		r.last.AddAttrs(slog.Int(KeyRepeated, r.held))
		if err := r.writer.Handle(ctx, r.last); err != nil {
			return err
		}
	}
	if !write {
		return nil
	}
	return h.next.Handle(ctx, record)
}

// admit says whether a record is to be written, and which lines have to be
// written before because their time is over and there were more of them.
func (s *repeats) admit(h *RepeatHandler, record slog.Record) (write bool, due []repeat) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due = s.expire(record.Time)
	if record.Level < slog.LevelWarn {
		return true, due
	}
	key := identity(h.prefix, record)
	if r, ok := s.seen[key]; ok {
		r.held++
		r.last, r.writer = record.Clone(), h.next
		return false, due
	}
	if len(s.seen) < maxRepeats {
		s.seen[key] = &repeat{until: record.Time.Add(s.window)}
	}
	return true, due
}

// expire forgets the lines whose time is over and returns those that were held
// back, oldest first. Each begins a new window, so that a line that goes on is
// written once in each.
func (s *repeats) expire(now time.Time) []repeat {
	var due []repeat
	for key, r := range s.seen {
		switch {
		case now.Before(r.until):
		case r.held == 0:
			delete(s.seen, key)
		default:
			due = append(due, *r)
			*r = repeat{until: now.Add(s.window)}
		}
	}
	slices.SortFunc(due, func(a, b repeat) int { return a.last.Time.Compare(b.last.Time) })
	return due
}

// identity of a line.
func identity(prefix string, record slog.Record) string {
	var b strings.Builder
	b.WriteString(record.Level.String())
	b.WriteString(record.Message)
	b.WriteString(prefix)
	record.Attrs(func(a slog.Attr) bool {
		identify(&b, a)
		return true
	})
	return b.String()
}

func identify(b *strings.Builder, a slog.Attr) {
	switch a.Key {
	case KeyAttempt, KeyDuration, KeyRetryIn:
		return
	}
	b.WriteByte(0)
	b.WriteString(a.Key)
	b.WriteByte('=')
	b.WriteString(a.Value.Resolve().String())
}
