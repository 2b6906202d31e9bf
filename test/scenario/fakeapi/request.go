package fakeapi

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
)

// request is what a path asks for.
type request struct {
	group, version, namespace, plural, name, subresource string
}

// parse reads a path. It is false for one that no cluster has.
func parse(r *http.Request) (request, bool) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	var q request
	switch {
	case parts[0] == "version":
		return q, true
	case parts[0] == "api" && len(parts) > 1:
		q.version, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) > 2:
		q.group, q.version, parts = parts[1], parts[2], parts[3:]
	default:
		return q, false
	}
	if len(parts) > 2 && parts[0] == "namespaces" && !(len(parts) == 3 && parts[2] == "status") {
		q.namespace, parts = parts[1], parts[2:]
	}
	for i, into := range []*string{&q.plural, &q.name, &q.subresource} {
		if i < len(parts) {
			*into = parts[i]
		}
	}
	return q, len(parts) <= 3 && (q.subresource == "" || q.subresource == "status")
}

// discover answers which kinds a version has.
func (s *Server) discover(w http.ResponseWriter, r *http.Request, q request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := []any{}
	for _, res := range s.resources[q.group] {
		if res.serves(q.version) {
			kinds = append(kinds, object{
				"name": res.plural, "kind": res.kind, "namespaced": res.namespaced, "singularName": strings.ToLower(res.kind),
				"verbs": []string{"create", "delete", "get", "list", "patch", "update", "watch"},
			})
		}
	}
	if len(kinds) == 0 {
		http.NotFound(w, r)
		return
	}
	version := strings.TrimPrefix(q.group+"/"+q.version, "/")
	answer(w, http.StatusOK, object{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": kinds})
}

// review answers what the asker may do.
func (s *Server) review(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		return // the asker is gone
	}
	decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	review, ok := decoded.(*authorizationv1.SelfSubjectAccessReview)
	if err != nil || !ok || review.Spec.ResourceAttributes == nil {
		refuse(w, request{}, http.StatusBadRequest, "BadRequest", "no review of a kind")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	allowed := r.Header.Get("Impersonate-User") == "" || !s.forbidden[review.Spec.ResourceAttributes.Resource]
	answer(w, http.StatusCreated, object{
		"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "status": object{"allowed": allowed},
	})
}

// refuse answers with a Status.
func refuse(w http.ResponseWriter, q request, code int, reason, message string) {
	answer(w, code, status(q, code, reason, message))
}

func status(q request, code int, reason, message string) object {
	details := object{"kind": q.plural}
	for field, value := range map[string]string{"name": q.name, "group": q.group} {
		if value != "" {
			details[field] = value
		}
	}
	return object{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message, "details": details,
	}
}

func missing(w http.ResponseWriter, q request) {
	refuse(w, q, http.StatusNotFound, "NotFound", q.plural+` "`+q.name+`" not found`)
}

func answer(w http.ResponseWriter, code int, o object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(encode(o)) // the asker may be gone
}

// encode writes an object as JSON, from which it came.
func encode(o object) []byte {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

// shown is an object in the version and form that was asked for.
func shown(r *http.Request, res *resource, version string, o object) object {
	if metadataOnly(r) {
		return object{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": o["metadata"]}
	}
	out := make(object, len(o)+1)
	for field, value := range o {
		out[field] = value
	}
	out["apiVersion"] = res.apiVersion(version)
	if res.plural == "daemonsets" {
		out["metadata"] = withTemplateGeneration(metadata(o))
	}
	return out
}

// withTemplateGeneration adds what the conversion of a whole DaemonSet to apps/v1
// adds, and its metadata alone lacks.
func withTemplateGeneration(meta object) object {
	meta = runtime.DeepCopyJSON(meta)
	annotations, ok := meta["annotations"].(object)
	if !ok {
		annotations = object{}
	}
	annotations["deprecated.daemonset.template.generation"] = "1"
	meta["annotations"] = annotations
	return meta
}

// metadataOnly says whether the asker wants no more of an object.
func metadataOnly(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")
}
