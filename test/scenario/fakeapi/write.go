package fakeapi

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// change reads or changes one object.
func (s *Server) change(w http.ResponseWriter, r *http.Request, q request, res *resource) {
	body := object{}
	if r.Method != http.MethodGet && r.Method != http.MethodDelete {
		content, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 4<<20))
		if err != nil {
			return // the asker is gone
		}
		if body, err = decode(r.Header.Get("Content-Type"), content); err != nil {
			refuse(w, q, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if q.name == "" {
		q.name = text(metadata(body), "name")
	}
	at := key{q.namespace, q.name}
	old, exists := res.objects[at]
	switch {
	case r.Method == http.MethodPost:
		s.create(w, r, q, res, body)
	case !exists:
		missing(w, q)
	case r.Method == http.MethodGet:
		answer(w, http.StatusOK, shown(r, res, q.version, old))
	case r.Method == http.MethodDelete:
		s.drop(res, at)
		answer(w, http.StatusOK, object{"kind": "Status", "apiVersion": "v1", "status": "Success"})
	case r.Method == http.MethodPatch && r.Header.Get("Content-Type") == "application/merge-patch+json":
		merged, _ := merge(runtime.DeepCopyJSON(old), body).(object)
		answer(w, http.StatusOK, shown(r, res, q.version, s.put(res, part(q, old, merged))))
	case r.Method == http.MethodPut && conflicts(old, body):
		refuse(w, q, http.StatusConflict, "Conflict", "the object has been modified")
	case r.Method == http.MethodPut:
		answer(w, http.StatusOK, shown(r, res, q.version, s.put(res, part(q, old, body))))
	default:
		refuse(w, q, http.StatusUnsupportedMediaType, "UnsupportedMediaType", "only merge patches are understood")
	}
}

// decode reads an object as it was sent: in JSON, or in protobuf as client-go's
// typed clients do.
func decode(contentType string, content []byte) (object, error) {
	body := object{}
	if contentType != runtime.ContentTypeProtobuf {
		return body, json.Unmarshal(content, &body)
	}
	typed, _, err := scheme.Codecs.UniversalDeserializer().Decode(content, nil, nil)
	if err != nil {
		return nil, err
	}
	return runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
}

func (s *Server) create(w http.ResponseWriter, r *http.Request, q request, res *resource, body object) {
	meta := metadata(body)
	space := key{name: q.namespace}
	switch {
	case res.namespaced && s.resources[""]["namespaces"].objects[space] == nil:
		missing(w, request{plural: "namespaces", name: q.namespace})
		return
	case res.objects[key{q.namespace, q.name}] != nil:
		refuse(w, q, http.StatusConflict, "AlreadyExists", q.plural+` "`+q.name+`" already exists`)
		return
	}
	if res.namespaced {
		meta["namespace"] = q.namespace
	}
	delete(body, "status")
	answer(w, http.StatusCreated, shown(r, res, q.version, s.put(res, body)))
}

// part keeps of a change what the path may change: the status, or all else.
func part(q request, old, changed object) object {
	from, into := old, changed
	if q.subresource == "status" {
		from, into = changed, old
	}
	out := maps.Clone(into)
	delete(out, "status")
	if status, ok := from["status"]; ok {
		out["status"] = status
	}
	return out
}

// conflicts says whether a replacement was made of another version or object.
func conflicts(old, replacement object) bool {
	was, is := metadata(old), metadata(replacement)
	differs := func(field string) bool { return text(is, field) != "" && text(is, field) != text(was, field) }
	return differs("resourceVersion") || differs("uid")
}

// merge applies a JSON merge patch (RFC 7386) to a value that it may change.
func merge(target, patch any) any {
	changes, ok := patch.(object)
	if !ok {
		return patch
	}
	out, ok := target.(object)
	if !ok {
		out = object{}
	}
	for field, value := range changes {
		if value == nil {
			delete(out, field)
		} else {
			out[field] = merge(out[field], value)
		}
	}
	return out
}
