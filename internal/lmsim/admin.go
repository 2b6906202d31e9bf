package lmsim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
	"github.com/argus-k8s/argus/internal/lmsim/page"
)

// AdminHandler returns the admin API and the page. It has no credential of its own, so it belongs
// on loopback; requests from other sites' pages are refused.
func (s *Server) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /api/summary", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Summary()) })
	mux.HandleFunc("GET /api/counts", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Counts()) })
	mux.HandleFunc("GET /api/calls", func(w http.ResponseWriter, r *http.Request) { answerJSON(w, s.Calls(since(r))) })
	mux.HandleFunc("GET /api/dump", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Dump(account.View{})) })
	mux.HandleFunc("GET /api/logs", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Logs()) })
	mux.HandleFunc("GET /api/journal", s.adminJournal)
	mux.HandleFunc("POST /api/reset", func(w http.ResponseWriter, _ *http.Request) { s.Reset(); answerJSON(w, struct{}{}) })
	mux.HandleFunc("POST /api/seed", change(s.Seed))
	mux.Handle("GET /", page.Handler())
	s.adminSettings(mux)
	s.adminPeople(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Server) adminSettings(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/switches", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Switches()) })
	mux.HandleFunc("PATCH /api/switches", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			failJSON(w, err)
			return
		}
		all, err := s.PatchSwitches(body)
		if err != nil {
			failJSON(w, err)
			return
		}
		answerJSON(w, all)
	})
	mux.HandleFunc("GET /api/faults", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Faults()) })
	mux.HandleFunc("PUT /api/faults", change(func(f []Fault) error { return s.SetFaults(f...) }))
	mux.HandleFunc("DELETE /api/faults", func(w http.ResponseWriter, _ *http.Request) { _ = s.SetFaults(); answerJSON(w, struct{}{}) })
	mux.HandleFunc("GET /api/limits", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Limits()) })
	mux.HandleFunc("PUT /api/limits", change(func(l Limits) error { return s.PutLimits(l) }))
	mux.HandleFunc("GET /api/meters", func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, s.Meters()) })
	mux.HandleFunc("POST /api/meters/use", change(func(u struct {
		Bucket string `json:"bucket"`
		Calls  int    `json:"calls"`
	}) error {
		if u.Calls < 0 || u.Calls > maxSeed || u.Bucket == "" {
			return errors.New("use: bucket and a number of calls are required")
		}
		s.UseBudget(u.Bucket, u.Calls)
		return nil
	}))
	mux.HandleFunc("POST /api/tokens", change(func(t struct {
		Name      string `json:"name"`
		AccessID  string `json:"accessId"`
		AccessKey string `json:"accessKey"`
		Bearer    string `json:"bearer"`
		Role      *Role  `json:"role"`
	}) error {
		if t.Name == "" {
			return errors.New("token: name is required")
		}
		role := Administrator()
		if t.Role != nil {
			role = *t.Role
		}
		s.AddToken(Token{Name: t.Name, AccessID: t.AccessID, AccessKey: t.AccessKey, Bearer: t.Bearer, Role: role})
		return nil
	}))
	mux.HandleFunc("DELETE /api/tokens/{name}", func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, map[string]bool{"removed": s.RemoveToken(r.PathValue("name"))})
	})
}

func (s *Server) adminJournal(w http.ResponseWriter, r *http.Request) {
	last, _ := strconv.Atoi(r.URL.Query().Get("last"))
	q := account.JournalQuery{Since: since(r), Type: r.URL.Query().Get("type"), ID: r.URL.Query().Get("id"), Name: r.URL.Query().Get("name"), Last: last}
	out := []account.Commit{}
	s.locked(func(a *account.Account, _ time.Time) {
		for _, c := range a.Journal(q) {
			out = append(out, a.Masked(c))
		}
	})
	answerJSON(w, out)
}

func since(r *http.Request) uint64 {
	n, _ := strconv.ParseUint(r.URL.Query().Get("since"), 10, 64)
	return n
}

// A Summary is the account at a glance.
type Summary struct {
	Now      time.Time `json:"now"`
	Devices  int       `json:"devices"`
	Groups   int       `json:"groups"`
	Commits  uint64    `json:"commits"`
	Calls    int       `json:"calls"`
	Refused  int       `json:"refused"`  // answered with 429
	Unsent   int       `json:"unsent"`   // struck by a fault, no answer
	Uptime   float64   `json:"uptime"`   // seconds
	Faults   int       `json:"faults"`   // set now
	Recycled int       `json:"recycled"` // entries in the recycle bin
}

// Summary returns the account at a glance.
func (s *Server) Summary() Summary {
	var out Summary
	s.locked(func(a *account.Account, now time.Time) {
		out.Now, out.Commits, out.Uptime = now, a.LastCommit(), now.Sub(s.born).Seconds()
		out.Devices, out.Groups = a.Counts()
		out.Faults, out.Recycled = len(s.faults), a.RecycledCount()
		for c, n := range s.calls.counts {
			out.Calls += n
			switch c.Status {
			case http.StatusTooManyRequests:
				out.Refused += n
			case 0:
				out.Unsent += n
			}
		}
	})
	return out
}

// change is a handler that decodes a body, strictly, and hands it to do.
func change[T any](do func(T) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<20))
		d.DisallowUnknownFields()
		if err := d.Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			failJSON(w, err)
			return
		}
		if err := do(in); err != nil {
			failJSON(w, err)
			return
		}
		answerJSON(w, struct{}{})
	}
}

func answerJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		return // the caller is gone
	}
}

func failJSON(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	var e *account.Error
	if errors.As(err, &e) {
		status = e.Status
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}
