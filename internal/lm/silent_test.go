package lm_test

import (
	"io"
	"net"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/argus-k8s/argus/internal/lm"
)

// A relay passes bytes between a client and a server. Connections that it is told
// to forget stay open and carry nothing any more, as behind a firewall that lost
// its state.
type relay struct {
	net.Listener
	to   string
	work sync.WaitGroup

	mu    sync.Mutex // guards what follows
	conns []net.Conn
	lost  int // the first of them carry nothing
}

func newRelay(t *testing.T, to string) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l, to: to}
	r.work.Go(r.accept)
	t.Cleanup(func() {
		l.Close()
		r.mu.Lock()
		for _, c := range r.conns {
			c.Close()
		}
		r.mu.Unlock()
		r.work.Wait()
	})
	return r
}

func (r *relay) accept() {
	for {
		client, err := r.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", r.to)
		if err != nil {
			client.Close()
			continue
		}
		r.mu.Lock()
		n := len(r.conns)
		r.conns = append(r.conns, client, server)
		r.mu.Unlock()
		r.work.Go(func() { r.carry(n, server, client) })
		r.work.Go(func() { r.carry(n, client, server) })
	}
}

func (r *relay) carry(n int, to, from net.Conn) {
	defer to.Close()
	chunk := make([]byte, 4096)
	for {
		got, err := from.Read(chunk)
		if err != nil {
			return
		}
		r.mu.Lock()
		lost := n < r.lost
		r.mu.Unlock()
		if lost {
			_, _ = io.Copy(io.Discard, from) // until it is closed
			return
		}
		if _, err := to.Write(chunk[:got]); err != nil {
			return
		}
	}
}

// forget has the connections there are carry nothing from now on, and says how
// many there are.
func (r *relay) forget() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost = len(r.conns)
	return r.lost / 2
}

// A connection that fell silent costs the requests on it, and no later ones.
func TestTransport_leavesSilentConnections(t *testing.T) {
	var between *relay
	c, served := secure(t, func(s *httptest.Server, config *lm.Config) {
		between = newRelay(t, s.Listener.Addr().String())
		config.CAFiles, config.Timeout = []string{""}, time.Second
		config.BaseURL = "https://" + between.Addr().String()
	})
	if _, err := c.Group(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if n := between.forget(); n != 1 || (*served)[0] != "HTTP/2.0" {
		t.Fatalf("%d connections, the first request by %s; want one by HTTP/2", n, (*served)[0])
	}
	for range 10 {
		if _, err := c.CreateDevice(t.Context(), pod("x")); err == nil {
			return
		} else if !lm.IsAmbiguous(err) {
			t.Errorf("on the silent connection: got %v, want ambiguous", err)
		}
	}
	t.Error("ten requests were sent on a connection that carries nothing")
}
