package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// run serves until ctx ends and returns the exit code.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	c, err := parse(args, environ, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "lmsim:", err)
		return exitUsage
	}
	if err := serve(ctx, c, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "lmsim:", err)
		return exitError
	}
	return exitOK
}

func serve(ctx context.Context, c config, stdout, stderr io.Writer) error {
	sim, err := open(c, stderr)
	if err != nil {
		return err
	}
	api, err := new(net.ListenConfig).Listen(ctx, "tcp", c.listen)
	if err != nil {
		return fmt.Errorf("listen for the REST API: %w", err)
	}
	admin, err := new(net.ListenConfig).Listen(ctx, "tcp", c.admin)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for the admin API: %w", err), api.Close())
	}
	scheme := "http"
	var secure *tls.Config
	if c.tls {
		scheme = "https"
		if secure, err = certificate(c.caFile, api.Addr()); err != nil {
			return errors.Join(err, api.Close(), admin.Close())
		}
	}
	announce(stdout, c, scheme, api.Addr(), admin.Addr())
	return until(ctx, c, sim, listener{api, secure}, listener{admin, nil})
}

// open makes the account: from the state file when there is one, else fresh and seeded.
func open(c config, stderr io.Writer) (*lmsim.Server, error) {
	limits := lmsim.DefaultLimits()
	if c.unlimited {
		limits = lmsim.NoLimits()
	}
	limits.Window = c.window
	o := lmsim.Options{Tokens: c.tokens, Switches: &c.switches}
	if c.verbose {
		o.Log = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	sim := lmsim.New(o)
	if err := sim.PutLimits(limits); err != nil {
		return nil, err
	}
	if c.stateFile != "" {
		switch err := sim.Load(c.stateFile); {
		case err == nil:
			return sim, nil
		case !errors.Is(err, os.ErrNotExist):
			return nil, err
		}
	}
	return sim, sim.Seed(c.seed)
}

func announce(w io.Writer, c config, scheme string, api, admin net.Addr) {
	fmt.Fprintf(w, "REST API   %s://%s/santaba/rest\n", scheme, api)
	fmt.Fprintf(w, "page       http://%s/\n", admin)
	if len(c.tokens) == 0 {
		t := lmsim.DemoToken()
		fmt.Fprintf(w, "credential ACCESS_ID=%s ACCESS_KEY=%s (demo)\n", t.AccessID, t.AccessKey)
		fmt.Fprintf(w, "try        curl -H 'Authorization: Bearer %s' -H 'X-Version: 3' %s://%s/santaba/rest/device/groups\n", t.Bearer, scheme, api)
	} else {
		fmt.Fprintln(w, "credential as given in the environment")
	}
}

// A listener is a port and how it is secured.
type listener struct {
	net.Listener
	secure *tls.Config
}

// until serves both ports until ctx ends, writing the state file as things change.
func until(ctx context.Context, c config, sim *lmsim.Server, api, admin listener) error {
	servers := []*http.Server{server(sim, api.secure), server(sim.AdminHandler(), nil)}
	failed := make(chan error, len(servers))
	for i, l := range []listener{api, admin} {
		go func() {
			if l.secure != nil {
				failed <- servers[i].ServeTLS(l, "", "")
				return
			}
			failed <- servers[i].Serve(l)
		}()
	}
	err := watch(ctx, c, sim, failed)
	for _, s := range servers {
		stop(context.WithoutCancel(ctx), s)
	}
	for range servers {
		if end := <-failed; !errors.Is(end, http.ErrServerClosed) {
			err = errors.Join(err, end)
		}
	}
	if c.stateFile != "" {
		err = errors.Join(err, sim.Save(c.stateFile))
	}
	return err
}

// watch writes the state file as things change, until ctx ends or a server fails.
func watch(ctx context.Context, c config, sim *lmsim.Server, failed chan error) error {
	ticker := time.NewTicker(c.stateEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			failed <- err // for the one who waits for all servers
			return nil
		case <-ticker.C:
			if c.stateFile == "" {
				continue
			}
			if err := sim.Save(c.stateFile); err != nil {
				return err
			}
		}
	}
}

// stop ends a server: calls under way get a moment, hanging ones are cut.
func stop(ctx context.Context, s *http.Server) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if s.Shutdown(ctx) != nil {
		_ = s.Close()
	}
}

func server(h http.Handler, secure *tls.Config) *http.Server {
	return &http.Server{Handler: h, TLSConfig: secure, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
}
