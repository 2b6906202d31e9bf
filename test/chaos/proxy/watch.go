package proxy

import (
	"context"
	"net/http"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A stream is one watch that runs.
type stream struct {
	Request
	ends chan Fault // takes the fault that ends it
}

// closeWatches ends the watches that a fault is about.
func (p *Kubernetes) closeWatches(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.watches {
		if !f.fits(s.Request) {
			continue
		}
		select {
		case s.ends <- f:
			p.faults.note(Close, 1)
		default: // it ends already
		}
	}
}

// Watches is the number of watches of a kind that run; "" means all.
func (p *Kubernetes) Watches(kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for s := range p.watches {
		if kind == "" || kind == s.Target {
			n++
		}
	}
	return n
}

// noteExpired counts what the apiserver itself says about versions that are gone.
func (p *Kubernetes) noteExpired(code int32) {
	if code != http.StatusGone {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.expired++
}

// Expired is how often the apiserver itself said that a version is gone.
func (p *Kubernetes) Expired() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.expired
}

// stream passes a watch on, event by event.
func (p *Kubernetes) stream(w http.ResponseWriter, r *http.Request, request Request, answer *http.Response) {
	s := &stream{Request: request, ends: make(chan Fault, 1)}
	p.mu.Lock()
	p.watches[s] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.watches, s)
		p.mu.Unlock()
	}()

	ctx, cancel := context.WithCancel(r.Context())
	frames := make(chan []byte)
	form := newForm(answer.Header.Get("Content-Type"), answer.Body)
	var reader sync.WaitGroup
	reader.Go(func() { readFrames(ctx, form, frames) })
	defer reader.Wait()
	defer answer.Body.Close()
	defer cancel()

	copyHeader(w, answer)
	flush := http.NewResponseController(w).Flush
	_ = flush() // the caller waits for the header; what fails shows with the first event
	for {
		frame, ok := p.next(ctx, s, form, frames)
		if !ok {
			return
		}
		if frame == nil {
			continue
		}
		if _, err := w.Write(frame); err != nil {
			return
		}
		if err := flush(); err != nil {
			return
		}
	}
}

// readFrames hands on what a watch says until it ends.
func readFrames(ctx context.Context, form form, frames chan<- []byte) {
	defer close(frames)
	for {
		frame, err := form.read()
		if err != nil {
			return
		}
		select {
		case frames <- frame:
		case <-ctx.Done():
			return
		}
	}
}

// next is what a watch says next: nil if it is swallowed, not ok at the end.
func (p *Kubernetes) next(ctx context.Context, s *stream, form form, frames <-chan []byte) (frame []byte, ok bool) {
	held, changed := p.faults.waiting(s.Request, Pause, ServeAt)
	if held {
		frames = nil // until the fault is lifted
	}
	select {
	case <-ctx.Done():
		return nil, false
	case <-changed:
		return nil, true
	case f := <-s.ends:
		return p.lastWords(f, s, form)
	case frame, ok = <-frames:
	}
	if !ok || p.swallows(s, form, frame) {
		return nil, ok
	}
	return frame, true
}

// lastWords ends a watch. One that is told that its version is too old hears that
// first, and the end is that of the stream after.
func (p *Kubernetes) lastWords(f Fault, s *stream, form form) (frame []byte, ok bool) {
	if f.N != http.StatusGone {
		return nil, false
	}
	frame, err := form.failure(status(http.StatusGone, metav1.StatusReasonExpired, "too old resource version"))
	select {
	case s.ends <- Fault{}: // a clean end follows
	default: // another one already
	}
	return frame, err == nil
}

// swallows says whether an event is to be lost.
func (p *Kubernetes) swallows(s *stream, form form, frame []byte) bool {
	e, err := form.event(frame)
	switch {
	case err != nil:
		return false
	case e.kind == eventError:
		p.noteExpired(e.code)
		return false
	case e.initialEnd:
		_, lost := p.faults.strike(NoBookmark, s.Request)
		return lost
	case e.kind == eventBookmark:
		return false
	}
	_, lost := p.faults.strike(Drop, s.Request)
	return lost
}
