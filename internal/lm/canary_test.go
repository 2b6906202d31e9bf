package lm_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/lm/credential"
)

// assertNoCanary fails if text holds a credential of these tests: they all hold
// the word canary.
func assertNoCanary(t testing.TB, what, text string) {
	t.Helper()
	if strings.Contains(strings.ToLower(text), "canary") {
		t.Errorf("%s holds a credential: %s", what, text)
	}
}

// No credential appears in any log, error or metric, even when the account sends
// everything it got back, in every way it can.
func TestNoCredentialAppears(t *testing.T) {
	for scheme, keys := range map[string]credential.Config{
		"LMv1":   {AccessID: "canary-access-id", AccessKey: "canary-access-key"},
		"Bearer": {Bearer: "canary-bearer-token"},
	} {
		for kind, answer := range map[string]func(w http.ResponseWriter, echo string){
			"an HTML error": func(w http.ResponseWriter, echo string) {
				w.Header().Set("Content-Type", "text/html")
				w.WriteHeader(http.StatusInternalServerError)
				fmt.Fprintf(w, "<html><title>%s</title>%s</html>", echo, echo)
			},
			"a text error": func(w http.ResponseWriter, echo string) { http.Error(w, echo, http.StatusBadGateway) },
			"a JSON error": func(w http.ResponseWriter, echo string) {
				w.WriteHeader(401)
				fmt.Fprintf(w, `{"errorMessage":%q,"errorCode":1401}`, echo)
			},
			"an error in a 200": func(w http.ResponseWriter, echo string) { fmt.Fprintf(w, `{"errorMessage":%q,"errorCode":1500}`, echo) },
			"a value of another type": func(w http.ResponseWriter, echo string) {
				fmt.Fprintf(w, `{"id":%q,"total":%q,"items":[%q]}`, echo, echo, echo)
			},
			"not JSON":     func(w http.ResponseWriter, echo string) { fmt.Fprint(w, echo) },
			"a request id": func(w http.ResponseWriter, echo string) { w.Header().Set("X-Request-Id", echo); w.WriteHeader(403) },
			"a redirect": func(w http.ResponseWriter, echo string) {
				w.Header().Set("Location", "http://"+strings.ReplaceAll(echo, " ", "-")+"/")
				w.WriteHeader(302)
			},
			"not HTTP": func(w http.ResponseWriter, echo string) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					fmt.Fprintf(conn, "%s\r\n\r\n", echo)
					_ = conn.Close()
				}
			},
		} {
			t.Run(scheme+", "+kind, func(t *testing.T) {
				var logs bytes.Buffer
				registry := prometheus.NewRegistry()
				c := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
					key := keys.AccessKey.Reveal() + " " + keys.Bearer.Reveal()
					answer(w, r.Header.Get("Authorization")+" "+key+" "+keys.AccessID.Reveal())
				}, lm.Config{
					Credentials: keys, Metrics: registry, IgnoreSSL: true,
					Proxy:  lm.Proxy{}, // loopback is never proxied
					Logger: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
				})
				ctx := t.Context()
				_, errRead := c.Device(ctx, 1)
				_, errCreate := c.CreateDevice(ctx, pod("web-0"))
				_, errList := all(c.ListDevices(ctx, lm.DeviceQuery{}))
				errDelete := c.DeleteDevice(ctx, 1, lm.DeleteHard)
				for what, err := range map[string]error{"read": errRead, "create": errCreate, "list": errList, "delete": errDelete} {
					if err == nil && !(what == "delete" && kind == "a value of another type") {
						t.Errorf("%s: got no error", what)
					}
					for depth := err; depth != nil; depth = unwrap(depth) {
						assertNoCanary(t, what+": the error", fmt.Sprintf("%v %+v %#v", depth, depth, depth))
					}
				}
				assertNoCanary(t, "the log", logs.String())
				families, err := registry.Gather()
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range families {
					assertNoCanary(t, "a metric", f.String())
				}
				assertNoCanary(t, "the client's configuration", fmt.Sprintf("%+v", keys))
			})
		}
	}
}

// Nor does the proxy's, when the proxy refuses them and shows what it got, or part
// of it: on the way to an account in the clear, and on that to one behind TLS.
func TestNoCredentialAppears_proxy(t *testing.T) {
	const user, password = "canary-user", "canary pass+w%rd"
	for _, target := range []string{"http://account.invalid", "https://account.invalid"} {
		for name, echo := range map[string]func(header string) string{
			"the header":   func(header string) string { return header },
			"its content":  func(header string) string { return strings.TrimPrefix(header, "Basic ") },
			"its meaning":  func(string) string { return user + " " + password },
			"as in a link": func(string) string { return "http://" + url.UserPassword(user, password).String() + "@proxy" },
			"as in a form": func(string) string { return url.Values{"user": {user}, "password": {password}}.Encode() },
		} {
			t.Run(target+", "+name, func(t *testing.T) {
				refused := 0
				proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					refused++
					text := echo(r.Header.Get("Proxy-Authorization"))
					conn, _, err := w.(http.Hijacker).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					fmt.Fprintf(conn, "HTTP/1.1 407 %s\r\nContent-Length: %d\r\nX-Request-Id: %s\r\n\r\n%s", text, len(text), text, text)
					_ = conn.Close()
				}))
				t.Cleanup(proxy.Close)
				var logs bytes.Buffer
				c, err := lm.New(lm.Config{BaseURL: target, Credentials: demo(), Proxy: lm.Proxy{URL: proxy.URL, User: user, Password: password},
					Logger: slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(c.Close)
				_, err = c.CreateDevice(t.Context(), pod("web-0"))
				if err == nil || refused == 0 {
					t.Fatalf("got %v after %d refusals, want an error", err, refused)
				}
				encoded := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
				for depth := err; depth != nil; depth = unwrap(depth) {
					text := fmt.Sprintf("%v %+v %#v", depth, depth, depth)
					assertNoCanary(t, "the error", strings.ReplaceAll(text, encoded, "canary"))
				}
				assertNoCanary(t, "the log", strings.ReplaceAll(logs.String(), encoded, "canary"))
			})
		}
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
