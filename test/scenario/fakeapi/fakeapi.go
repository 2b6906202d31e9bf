// Package fakeapi is a Kubernetes API in memory: enough of its protocol that
// client-go, and so the whole of Argus, runs against it unchanged. Scenarios run
// on it in moments; the same files run on a real control plane, which is what
// keeps it honest.
//
// It has discovery, objects with versions and identities, lists, pages, watches
// with bookmarks and streamed lists, metadata alone, status apart,
// CustomResourceDefinitions, and permissions by kind. It validates, defaults
// and allocates nothing, runs no controllers except those that empty a namespace
// and give it a ServiceAccount, and speaks JSON only. It must not be used for what depends on these.
package fakeapi

import (
	"net/http"
	"sync"
	"time"
)

// Server is one cluster. It implements http.Handler and is safe for concurrent
// use.
type Server struct {
	mu        sync.Mutex                      // guards what follows
	version   uint64                          // of the newest change
	resources map[string]map[string]*resource // group → plural
	forbidden map[string]bool                 // plural names that nobody who is impersonated may read
	changed   chan struct{}                   // closed at each change, and replaced
	faults    Faults
	cut       chan struct{} // closed to end all watches, and replaced
	oldest    uint64        // watches may not begin before this version
}

// Faults are ways in which real apiservers are difficult.
type Faults struct {
	// NoStreamedLists refuses them, as apiservers before 1.32 do.
	NoStreamedLists bool
	// PageNotFound answers whatever somebody who is impersonated asks with the
	// 404 page of a proxy that has lost its apiserver.
	PageNotFound bool
	// PageSize cuts lists into pages of at most so many, whatever is asked for; 0
	// keeps to what is asked for.
	PageSize int
}

// New returns a cluster that holds the namespaces every cluster has.
func New() *Server {
	s := &Server{
		resources: map[string]map[string]*resource{}, forbidden: map[string]bool{},
		changed: make(chan struct{}), cut: make(chan struct{}),
	}
	for _, r := range builtIn() {
		s.serve(r)
	}
	for _, name := range []string{"default", "kube-node-lease", "kube-public", "kube-system"} {
		s.put(s.resources[""]["namespaces"], object{"metadata": object{"name": name}})
	}
	return s
}

// Forbid takes the right to read a kind from everybody who is impersonated.
// Watches that run go on, as those of a real apiserver do.
func (s *Server) Forbid(plural string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forbidden[plural] = true
}

// Permit gives the right back.
func (s *Server) Permit(plural string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.forbidden, plural)
}

// SetFaults replaces the faults.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

// CutWatches ends all watches, as a restart of the apiserver does.
func (s *Server) CutWatches() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.cut)
	s.cut = make(chan struct{})
}

// Compact forgets all changes so far: a watch that wants to go on from one of
// them is answered with 410.
func (s *Server) Compact() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	s.oldest = s.version
	for _, group := range s.resources {
		for _, r := range group {
			r.changes = nil
		}
	}
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q, ok := parse(r)
	switch {
	case !ok || s.lost(r):
		http.NotFound(w, r)
	case q.group == "" && q.version == "":
		answer(w, http.StatusOK, object{"major": "1", "minor": "37", "gitVersion": "v1.37.0-fake"})
	case q.plural == "":
		s.discover(w, r, q)
	case q.plural == "selfsubjectaccessreviews":
		s.review(w, r)
	default:
		s.dispatch(w, r, q)
	}
}

// lost says whether the request meets a proxy that has lost the apiserver.
func (s *Server) lost(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults.PageNotFound && r.Header.Get("Impersonate-User") != ""
}

func (s *Server) dispatch(w http.ResponseWriter, r *http.Request, q request) {
	s.mu.Lock()
	res := s.resources[q.group][q.plural]
	forbidden := s.forbidden[q.plural] && r.Header.Get("Impersonate-User") != ""
	s.mu.Unlock()
	switch {
	case res == nil || !res.serves(q.version):
		http.NotFound(w, r)
	case forbidden:
		refuse(w, q, http.StatusForbidden, "Forbidden", "the user may not read "+q.plural)
	case r.Method == http.MethodGet && q.name == "" && r.URL.Query().Get("watch") != "" && r.URL.Query().Get("watch") != "false":
		s.watch(w, r, q, res)
	case r.Method == http.MethodGet && q.name == "":
		s.list(w, r, q, res)
	default:
		s.change(w, r, q, res)
	}
}

// tell wakes all watches. The caller holds the lock.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }
