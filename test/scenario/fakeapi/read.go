package fakeapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// list answers the objects of a kind, or a page of them. A page that goes on
// shows the objects as they are then, not as they were at the first page.
func (s *Server) list(w http.ResponseWriter, r *http.Request, q request, res *resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := res.sorted(q.namespace)
	if token := r.URL.Query().Get("continue"); token != "" {
		keys = slices.DeleteFunc(keys, func(k key) bool { return strings.Compare(k.namespace+"/"+k.name, token) <= 0 })
	}
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if s.faults.PageSize > 0 && (limit == 0 || limit > s.faults.PageSize) {
		limit = s.faults.PageSize
	}
	meta := object{"resourceVersion": strconv.FormatUint(s.version, 10)}
	if limit > 0 && len(keys) > limit {
		keys = keys[:limit]
		last := keys[limit-1]
		meta["continue"] = last.namespace + "/" + last.name
	}
	items := make([]any, len(keys))
	for i, at := range keys {
		items[i] = shown(r, res, q.version, res.objects[at])
	}
	kind, version := res.kind+"List", res.apiVersion(q.version)
	if metadataOnly(r) {
		kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	answer(w, http.StatusOK, object{"kind": kind, "apiVersion": version, "metadata": meta, "items": items})
}

// watch streams the changes of a kind, and what there is first if that is asked
// for.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, q request, res *resource) {
	options := r.URL.Query()
	s.mu.Lock()
	from, err := strconv.ParseUint(options.Get("resourceVersion"), 10, 64)
	streamed := options.Get("sendInitialEvents") == "true"
	if err != nil || from == 0 {
		from = s.version
	}
	expired, refused, cut := from < s.oldest && !streamed, streamed && s.faults.NoStreamedLists, s.cut
	var first []change
	if streamed {
		from = s.version
		for _, at := range res.sorted(q.namespace) {
			first = append(first, change{kind: "ADDED", object: res.objects[at]})
		}
	}
	s.mu.Unlock()
	switch {
	case refused:
		refuse(w, q, http.StatusUnprocessableEntity, "Invalid", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled")
		return
	case expired:
		refuse(w, q, http.StatusGone, "Expired", "too old resource version")
		return
	}
	stream := &stream{w: w, r: r, res: res, version: q.version}
	stream.open()
	for _, c := range first {
		stream.send(c)
	}
	if streamed {
		stream.bookmark(from)
	}
	timeout, err := strconv.Atoi(options.Get("timeoutSeconds"))
	if err != nil {
		timeout = 3600
	}
	s.follow(stream, q.namespace, from, cut, time.Duration(timeout)*time.Second)
}

// follow streams what happens after a version until somebody ends it.
func (s *Server) follow(to *stream, namespace string, from uint64, cut <-chan struct{}, timeout time.Duration) {
	end := time.NewTimer(timeout)
	defer end.Stop()
	for {
		s.mu.Lock()
		changed := s.changed
		at, _ := slices.BinarySearchFunc(to.res.changes, from+1, func(c change, version uint64) int { return int(c.version) - int(version) })
		news := slices.Clone(to.res.changes[at:])
		s.mu.Unlock()
		for _, c := range news {
			from = c.version
			if namespace == "" || text(metadata(c.object), "namespace") == namespace {
				to.send(c)
			}
		}
		select {
		case <-changed:
		case <-to.res.removed:
			return
		case <-cut:
			return
		case <-end.C:
			return
		case <-to.r.Context().Done():
			return
		}
	}
}

// stream is the answer to a watch.
type stream struct {
	w       http.ResponseWriter
	r       *http.Request
	res     *resource
	version string
}

func (t *stream) open() {
	t.w.Header().Set("Content-Type", "application/json")
	t.w.WriteHeader(http.StatusOK)
	t.flush()
}

func (t *stream) send(c change) {
	_, _ = t.w.Write(encode(object{"type": c.kind, "object": shown(t.r, t.res, t.version, c.object)})) // the asker may be gone
	t.flush()
}

// bookmark ends a list that was streamed.
func (t *stream) bookmark(version uint64) {
	t.send(change{kind: "BOOKMARK", object: object{
		"kind": t.res.kind,
		"metadata": object{
			"resourceVersion": strconv.FormatUint(version, 10),
			"annotations":     object{"k8s.io/initial-events-end": "true"},
		},
	}})
}

func (t *stream) flush() {
	if f, ok := t.w.(http.Flusher); ok {
		f.Flush()
	}
}
