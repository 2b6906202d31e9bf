package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// readyLimit bounds how long one component may take until it is ready. It
// takes a few seconds; the limit is for a machine that is busy otherwise.
const readyLimit = 2 * time.Minute

// prober asks components whether they are ready, with the cluster's authority
// as the only one it trusts, so that no other cluster can answer in its place.
type prober struct{ client *http.Client }

func newProber(caPEM []byte, admin keyPair) (*prober, error) {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(caPEM)
	pair, err := tls.X509KeyPair(admin.cert, admin.key)
	if err != nil {
		return nil, fmt.Errorf("load administrator's certificate: %w", err)
	}
	return &prober{client: &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}},
			// One connection a question: a component may be killed at any time.
			DisableKeepAlives: true,
		},
	}}, nil
}

// ask returns nil if the address answers 200.
func (p *prober) ask(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, tailBytes))
	return fmt.Errorf("%s answers %s: %s", url, resp.Status, body)
}

// awaitReady returns when the component says that it is ready, or with the
// reason when it ended or took too long.
func (c *Cluster) awaitReady(ctx context.Context, component Component) error {
	p, err := c.process(component)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	err = poll(ctx, p.exited, func(ctx context.Context) error {
		return c.probes.ask(ctx, c.layout.readiness(component))
	})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errExited):
		return p.exitError()
	default:
		return fmt.Errorf("wait for %s: %w; the end of its log:\n%s", component, err, tail(p.logPath))
	}
}

// settle waits for what every cluster has a moment after its API is ready:
// the first namespaces, and the ServiceAccount without which no pod is let in.
func (c *Cluster) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	return poll(ctx, nil, func(ctx context.Context) error {
		for _, name := range []string{metav1.NamespaceDefault, metav1.NamespaceSystem} {
			if err := c.namespaceReady(ctx, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// errExited says that the component asked for ended meanwhile.
var errExited = errors.New("the program ended")

// poll calls try, at growing intervals, until it returns nil. It gives up when
// the context ends, with try's last error, or when stop is closed.
func poll(ctx context.Context, stop <-chan struct{}, try func(context.Context) error) error {
	const first, most = 25 * time.Millisecond, 400 * time.Millisecond
	for wait := first; ; wait = min(2*wait, most) {
		err := try(ctx)
		if err == nil {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-stop:
			timer.Stop()
			return errExited
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("%w; last: %w", context.Cause(ctx), err)
		}
	}
}
