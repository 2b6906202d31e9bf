package health

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/argus-k8s/argus/internal/telemetry"
)

// newHandler routes on a mux of its own: what other packages register on the
// default one is not served.
func newHandler(config Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { answer(w, r, live(config.Live)) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) { answer(w, r, config.Ready()) })
	mux.Handle("GET /metrics", promhttp.HandlerFor(config.Gatherer, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	if config.Profiling {
		mux.Handle("GET /debug/pprof/", onlyLoopback(http.HandlerFunc(pprof.Index)))
		mux.Handle("GET /debug/pprof/profile", onlyLoopback(http.HandlerFunc(pprof.Profile)))
		mux.Handle("GET /debug/pprof/symbol", onlyLoopback(http.HandlerFunc(pprof.Symbol)))
		mux.Handle("GET /debug/pprof/trace", onlyLoopback(http.HandlerFunc(pprof.Trace)))
	}
	return mux
}

// live is the state of every loop as conditions.
func live(l *Liveness) []Condition {
	states := l.states()
	conditions := make([]Condition, len(states))
	for i, s := range states {
		c := Condition{Name: s.name, Ready: s.since <= s.bound}
		if !c.Ready {
			c.Detail = fmt.Sprintf("has not turned for %s; it should at least every %s", s.since.Round(1e9), s.bound)
		}
		conditions[i] = c
	}
	return conditions
}

// answer is 200 when all that is required is ready and 503 otherwise. In short
// form it is "ok"; with ?verbose, and whenever something is not ready, it is a
// line each; with Accept: application/json it is JSON.
func answer(w http.ResponseWriter, r *http.Request, conditions []Condition) {
	status := http.StatusOK
	for _, c := range conditions {
		if !c.Ready && !c.Optional {
			status = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		writeJSON(w, status, conditions)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if status != http.StatusOK {
		_, _ = w.Write([]byte(lines(conditions) + "not ok\n"))
		return
	}
	if _, verbose := r.URL.Query()["verbose"]; verbose {
		_, _ = w.Write([]byte(lines(conditions)))
	}
	_, _ = w.Write([]byte("ok\n"))
}

func writeJSON(w http.ResponseWriter, status int, conditions []Condition) {
	body, err := json.Marshal(report{status == http.StatusOK, conditions})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}

// report is the answer as JSON.
type report struct {
	OK         bool        `json:"ok"`
	Conditions []Condition `json:"conditions"`
}

// lines are the conditions as text, in the form of the apiserver's.
func lines(conditions []Condition) string {
	var b strings.Builder
	for _, c := range conditions {
		sign := "[+]"
		switch {
		case !c.Ready && c.Optional:
			sign = "[~]"
		case !c.Ready:
			sign = "[-]"
		}
		b.WriteString(sign + c.Name)
		if c.Detail != "" {
			b.WriteString(": " + telemetry.Printable(c.Detail))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// onlyLoopback refuses clients on other machines.
func onlyLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
			http.Error(w, "profiles are served to this machine only", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
