package lm_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
	"github.com/argus-k8s/argus/internal/lmsim"
)

// tunnels opens tunnels for one user, as proxies do for HTTPS, and counts them.
type tunnels struct {
	t    *testing.T
	open sync.WaitGroup

	mu             sync.Mutex // guards the two below
	opened, barred int
}

func (p *tunnels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:canary-pass"))
	allowed := r.Method == http.MethodConnect && r.Header.Get("Proxy-Authorization") == want
	if r.Header.Get("Authorization") != "" {
		p.t.Error("the proxy sees the account's credentials")
	}
	p.mu.Lock()
	if allowed {
		p.opened++
	} else {
		p.barred++
	}
	p.mu.Unlock()
	if !allowed {
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	account, err := net.Dial("tcp", r.Host)
	if err != nil {
		p.t.Error(err)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		p.t.Error(err)
		return
	}
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		p.t.Error(err)
	}
	for to, from := range map[net.Conn]net.Conn{account: client, client: account} {
		p.open.Go(func() {
			_, _ = io.Copy(to, from) // until one of them ends
			_ = account.Close()
			_ = client.Close()
		})
	}
}

// To an account over TLS, which every real one is, requests go through a tunnel:
// the proxy sees its own user and password and nothing of what goes through.
func TestProxy_tunnel(t *testing.T) {
	for name, tt := range map[string]struct {
		encrypted bool
		password  string
		want      lm.Class
	}{
		"an HTTP proxy":    {false, "canary-pass", lm.ClassNone},
		"an HTTPS proxy":   {true, "canary-pass", lm.ClassNone},
		"a wrong password": {false, "canary-guess", lm.ClassUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := &tunnels{t: t}
			proxy := httptest.NewUnstartedServer(p)
			if tt.encrypted {
				proxy.StartTLS()
			} else {
				proxy.Start()
			}
			t.Cleanup(func() { proxy.Close(); p.open.Wait() })
			c, served := secure(t, func(_ *httptest.Server, config *lm.Config) {
				config.CAFiles = []string{""} // of the account, and of the proxy: they share one
				config.Proxy = lm.Proxy{URL: proxy.URL, User: "user", Password: credential.Secret(tt.password)}
			})
			for range 2 {
				_, err := c.CreateDevice(t.Context(), pod("x"))
				if lm.ClassOf(err) != tt.want {
					t.Fatalf("got %v (%v), want %v", err, lm.ClassOf(err), tt.want)
				}
				if err != nil {
					assertNoCanary(t, "the error", err.Error())
				}
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			if works := tt.want == lm.ClassNone; works && (p.opened != 1 || len(*served) != 2) || !works && (p.opened != 0 || p.barred < 2 || len(*served) != 0) {
				t.Errorf("%d tunnels opened, %d refused, %d requests served", p.opened, p.barred, len(*served))
			}
		})
	}
}

// Compressed answers are read like others, where the account offers them.
func TestTransport_gzip(t *testing.T) {
	switches := lmsim.DefaultSwitches()
	switches.Gzip = true
	sim := lmsim.New(lmsim.Options{Switches: &switches})
	if err := sim.Seed(lmsim.Seed{Foreign: 300}); err != nil {
		t.Fatal(err)
	}
	compressed := 0
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		sim.ServeHTTP(w, r)
		if w.Header().Get("Content-Encoding") == "gzip" {
			compressed++
		}
	}, lm.Config{PageSize: 100})
	devices, err := all(c.ListDevices(t.Context(), lm.DeviceQuery{}))
	if err != nil || len(devices) != 300 {
		t.Errorf("got %d devices, %v; want 300", len(devices), err)
	}
	if compressed < 3 {
		t.Errorf("%d pages were compressed, want all", compressed)
	}
}

// What only becomes large when unpacked is cut off as well.
func TestTransport_gzipIsBounded(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for _, part := range []string{`{"id":1,"description":"`, strings.Repeat("x", 16<<20), `"}`} {
		if _, err := io.WriteString(z, part); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c := clientFor(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	}, lm.Config{})
	if _, err := c.Device(t.Context(), 1); lm.ClassOf(err) != lm.ClassMalformed {
		t.Errorf("%d bytes that become 16 MB: got %v (%v), want malformed", packed.Len(), err, lm.ClassOf(err))
	}
}
