package lm_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/argus-k8s/argus/internal/lm"
)

// secure starts a TLS server and returns a client configured to reach it. Its
// certificate is for example.com and 127.0.0.1.
func secure(t *testing.T, change func(*httptest.Server, *lm.Config)) (*lm.Client, *[]string) {
	t.Helper()
	var protocols []string
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocols = append(protocols, r.Proto)
		nameLimits(w)
		_, _ = w.Write([]byte(`{"id":1}`))
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	config := lm.Config{Credentials: demo()}
	s.TLS = &tls.Config{}
	if change != nil {
		change(s, &config)
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	if config.BaseURL == "" {
		config.BaseURL = s.URL
	} else if strings.Count(config.BaseURL, ":") == 1 { // without a port
		_, port, err := net.SplitHostPort(s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		config.BaseURL += ":" + port
	}
	if len(config.CAFiles) == 1 && config.CAFiles[0] == "" {
		config.CAFiles[0] = caFile(t, s.Certificate())
	}
	c, err := lm.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, &protocols
}

func caFile(t *testing.T, cert *x509.Certificate) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// A change may be sent again when TLS fails, because nothing was sent; but a bad
// certificate does not get better, so it is not.
func TestTLS_refuses(t *testing.T) {
	for name, change := range map[string]func(*httptest.Server, *lm.Config){
		"an unknown authority": nil,
		"another host": func(_ *httptest.Server, c *lm.Config) {
			c.CAFiles, c.BaseURL = []string{""}, "https://localhost" // the certificate is not for localhost
		},
		"an old version": func(s *httptest.Server, c *lm.Config) {
			c.CAFiles = []string{""}
			s.TLS.MinVersion, s.TLS.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, served := secure(t, change)
			_, err := c.CreateDevice(t.Context(), pod("x"))
			if lm.ClassOf(err) != lm.ClassUnavailable {
				t.Errorf("got %v (%v), want unavailable: nothing was sent", err, lm.ClassOf(err))
			}
			if len(*served) != 0 {
				t.Errorf("%d requests served, want 0", len(*served))
			}
			var certificate *tls.CertificateVerificationError
			if name != "an old version" && !errors.As(err, &certificate) {
				t.Errorf("the cause %v is not about the certificate", err)
			}
		})
	}
}

func TestTLS_accepts(t *testing.T) {
	var logs bytes.Buffer
	for name, change := range map[string]func(*httptest.Server, *lm.Config){
		"a CA file": func(_ *httptest.Server, c *lm.Config) { c.CAFiles = []string{""} },
		"anything with ignoreSSL": func(_ *httptest.Server, c *lm.Config) {
			c.IgnoreSSL, c.Logger = true, slog.New(slog.NewTextHandler(&logs, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, protocols := secure(t, change)
			for range 3 {
				if _, err := c.Group(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			if got := strings.Join(*protocols, " "); got != "HTTP/2.0 HTTP/2.0 HTTP/2.0" {
				t.Errorf("protocols: got %s, want HTTP/2.0", got)
			}
		})
	}
	if n := strings.Count(logs.String(), "level=ERROR"); n != 1 || !strings.Contains(logs.String(), "NOT verified") {
		t.Errorf("ignoreSSL is logged %d times as an error, want once: %s", n, logs.String())
	}
}

// One connection serves requests one after another, also after errors.
func TestTransport_reusesConnections(t *testing.T) {
	connections := map[string]bool{}
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		connections[r.RemoteAddr] = true
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write(bytes.Repeat([]byte("x"), 10_000))
	}, lm.Config{})
	for range 5 {
		if _, err := c.Group(t.Context(), 1); !lm.IsNotFound(err) {
			t.Fatal(err)
		}
	}
	if len(connections) != 1 {
		t.Errorf("%d connections, want 1", len(connections))
	}
}

// opened counts the answers that are open.
type opened struct {
	status int
	body   string
	open   atomic.Int32
}

func (o *opened) RoundTrip(r *http.Request) (*http.Response, error) {
	o.open.Add(1)
	return &http.Response{StatusCode: o.status, Header: http.Header{}, Body: &countedBody{strings.NewReader(o.body), &o.open}, Request: r}, nil
}

type countedBody struct {
	io.Reader
	open *atomic.Int32
}

func (b *countedBody) Close() error {
	b.open.Add(-1)
	return nil
}

// Every answer is closed, or its connection and its goroutines would stay.
func TestTransport_closesEveryAnswer(t *testing.T) {
	for name, o := range map[string]*opened{
		"a success":       {status: 200, body: `{"id":1}`},
		"not understood":  {status: 200, body: "no JSON"},
		"a refusal":       {status: 404, body: `{"errorMessage":"no such group"}`},
		"a large refusal": {status: 404, body: strings.Repeat("x", 1<<20)},
		"of a gateway":    {status: 502, body: "<html>"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := lm.New(lm.Config{BaseURL: "http://account.invalid", Credentials: demo(), Transport: o})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				_, err = c.Group(t.Context(), 1)
				if n := o.open.Load(); n != 0 {
					t.Errorf("%d answers are open (%v), want none", n, err)
				}
			})
		})
	}
}

// Requests go through the proxy with its user and password, which it alone sees.
func TestProxy(t *testing.T) {
	var authorization, target string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nameLimits(w)
		authorization, target = r.Header.Get("Proxy-Authorization"), r.URL.Host
		_, _ = w.Write([]byte(`{"id":1}`))
	}))
	t.Cleanup(proxy.Close)
	c, err := lm.New(lm.Config{BaseURL: "http://account.invalid", Credentials: demo(),
		Proxy: lm.Proxy{URL: proxy.URL, User: "user", Password: "canary-pass"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.Group(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:canary-pass"))
	if authorization != want || target != "account.invalid" {
		t.Errorf("the proxy got %q for %q, want %q for account.invalid", authorization, target, want)
	}
	proxy.Close()
	_, err = c.Group(t.Context(), 1)
	if lm.ClassOf(err) != lm.ClassUnavailable {
		t.Errorf("without the proxy: got %v, want unavailable", err)
	}
	assertNoCanary(t, "the error", err.Error())
}

// An answer that never ends is cut off.
func TestAnswer_isBounded(t *testing.T) {
	endless := func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"id":1,"description":"`))
		chunk := bytes.Repeat([]byte("x"), 1<<20)
		for r.Context().Err() == nil {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	c := clientFor(t, endless, lm.Config{})
	if _, err := c.Device(t.Context(), 1); lm.ClassOf(err) != lm.ClassMalformed {
		t.Errorf("a device: got %v (%v), want malformed", err, lm.ClassOf(err))
	}
	c = clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		endless(w, r)
	}, lm.Config{})
	if _, err := c.CreateDevice(t.Context(), pod("x")); lm.ClassOf(err) != lm.ClassInvalid {
		t.Errorf("an error: got %v, want invalid", err)
	}
}

// A signed request never goes where an answer points.
func TestTransport_followsNoRedirect(t *testing.T) {
	requests := 0
	c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		if r.URL.Path == "/elsewhere" {
			_, _ = w.Write([]byte(`{"id":1}`))
			return
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}, lm.Config{})
	if _, err := c.Group(t.Context(), 1); lm.ClassOf(err) != lm.ClassMalformed {
		t.Errorf("got %v, want malformed", err)
	}
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}
}
