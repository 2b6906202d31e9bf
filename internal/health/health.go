// Package health answers the probes of Kubernetes and serves metrics, on one
// server of its own: /healthz (does every loop still turn), /readyz (may Argus be
// relied on, and if not, what is it waiting for), /metrics, and profiles if asked.
// It only repeats what it is told; it decides nothing and touches no account.
package health

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How long a client may take, and how long the end may take. Requests are tiny
// and come from kubelets, scrapers and people.
const (
	readTimeout     = 5 * time.Second
	writeTimeout    = 30 * time.Second
	profileTimeout  = 2 * time.Minute
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 3 * time.Second
	maxHeaderBytes  = 16 << 10
)

// A Condition is one thing that readiness depends on.
type Condition struct {
	Name     string `json:"name"`
	Ready    bool   `json:"ready"`
	Optional bool   `json:"optional,omitempty"` // told, but not waited for
	// Detail says for a person how it stands: what is missing, since when, what
	// to do. It must hold no secret.
	Detail string `json:"detail,omitempty"`
}

// Config is what a Server serves.
type Config struct {
	// Address to listen on, host:port; port 0 takes a free one.
	Address string
	// Live is asked by /healthz.
	Live *Liveness
	// Ready is asked by /readyz, from many goroutines. It answers from memory.
	Ready func() []Condition
	// Gatherer is asked by /metrics.
	Gatherer prometheus.Gatherer
	// Profiling serves /debug/pprof/, to clients on this machine only.
	Profiling bool
	// Log hears of requests that broke.
	Log *slog.Logger
}

// A Server listens from Listen until the end of Serve.
type Server struct {
	listener net.Listener
	http     *http.Server
}

// Listen takes the address, so that a wrong one is known before anything else is
// started. The error says what to do.
func Listen(ctx context.Context, config Config) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.Address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("serve health and metrics on %s: the port is taken; end the other process or set server.address to another: %w", config.Address, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("serve health and metrics on %s: a port below 1024 needs rights Argus should not have; set server.address to another: %w", config.Address, err)
	case err != nil:
		return nil, fmt.Errorf("serve health and metrics on %q: set server.address to host:port of this machine: %w", config.Address, err)
	}
	timeout := writeTimeout
	if config.Profiling {
		timeout = profileTimeout // a profile is collected for half a minute and more
	}
	server := &http.Server{
		Handler:        newHandler(config),
		ReadTimeout:    readTimeout,
		WriteTimeout:   timeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(config.Log.Handler(), slog.LevelWarn),
	}
	return &Server{listener: listener, http: server}, nil
}

// Address that the server listens on.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Serve answers until ctx is done, then ends within seconds. It must be called
// once; the error is nil after an orderly end.
func (s *Server) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(s.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve health and metrics on %s: %w", s.Address(), err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := s.http.Shutdown(ending); err != nil {
		_ = s.http.Close() // cut off who is still there
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve health and metrics on %s: %w", s.Address(), err)
	}
	return nil
}
