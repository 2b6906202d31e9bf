package watch

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/argus-k8s/argus/internal/kind"
)

// apiserver is as much of a Kubernetes API as a Watcher asks for: discovery,
// reviews of permissions, reads, lists and watches of the core kinds. It is an
// http.RoundTripper, so that whatever runs on it lives in fake time.
type apiserver struct {
	mu      sync.Mutex // guards what follows
	version int
	objects map[string]map[string]kind.Object // plural → namespace/name
	streams map[string][]*stream
	denied  map[string]bool // "list pods"
	unkind  map[string]bool // plural names that are not served
	fault   func(r *http.Request) (status int, body string)
	calls   []string // method, path and whether it is a watch
}

func newAPI(objects ...kind.Object) *apiserver {
	a := &apiserver{
		objects: map[string]map[string]kind.Object{}, streams: map[string][]*stream{},
		denied: map[string]bool{}, unkind: map[string]bool{},
	}
	for _, o := range objects {
		a.put(o)
	}
	return a
}

func (a *apiserver) config() *rest.Config {
	return &rest.Config{Host: "http://api", Transport: a, QPS: -1}
}

// change changes how the apiserver answers.
func (a *apiserver) change(how func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	how()
}

// take returns the calls since it was last asked, sorted, each once.
func (a *apiserver) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls := a.calls
	a.calls = nil
	slices.Sort(calls)
	return slices.Compact(calls)
}

func plural(o kind.Object) string {
	switch o.(type) {
	case *metav1.PartialObjectMetadata:
		return "namespaces"
	default:
		return "pods"
	}
}

// put creates or changes an object.
func (a *apiserver) put(o kind.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version++
	o.SetResourceVersion(strconv.Itoa(a.version))
	kinds, at := plural(o), o.GetNamespace()+"/"+o.GetName()
	if a.objects[kinds] == nil {
		a.objects[kinds] = map[string]kind.Object{}
	}
	event := "ADDED"
	if a.objects[kinds][at] != nil {
		event = "MODIFIED"
	}
	a.objects[kinds][at] = o
	a.tell(kinds, event, o)
}

func (a *apiserver) remove(o kind.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version++
	delete(a.objects[plural(o)], o.GetNamespace()+"/"+o.GetName())
	o.SetResourceVersion(strconv.Itoa(a.version))
	a.tell(plural(o), "DELETED", o)
}

// tell is called with the lock held.
func (a *apiserver) tell(plural, event string, o kind.Object) {
	for _, s := range a.streams[plural] {
		s.send(event, shown(plural, o))
	}
}

// cut ends all watches, and what happens afterwards they have missed.
func (a *apiserver) cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, all := range a.streams {
		for _, s := range all {
			s.end()
		}
	}
	a.streams = map[string][]*stream{}
}

// RoundTrip implements http.RoundTripper.
func (a *apiserver) RoundTrip(r *http.Request) (*http.Response, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	watches := r.URL.Query().Get("watch") != "" && r.URL.Query().Get("watch") != "false"
	call := r.Method + " " + r.URL.Path
	if watches {
		call += " watch"
	}
	a.calls = append(a.calls, call)
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if a.fault != nil {
		if status, body := a.fault(r); status != 0 {
			content := "text/plain"
			if strings.HasPrefix(body, "{") {
				content = "application/json"
			}
			return answer(status, content, []byte(body)), nil
		}
	}
	switch {
	case parts[len(parts)-1] == "selfsubjectaccessreviews":
		return a.review(r)
	case r.URL.Path == "/api/v1":
		return a.discover(), nil
	case parts[0] != "api" || len(parts) < 3:
		return answer(http.StatusNotFound, "text/plain", []byte("404 page not found")), nil
	}
	namespace, rest := "", parts[2:]
	if len(rest) > 2 && rest[0] == "namespaces" {
		namespace, rest = rest[1], rest[2:]
	}
	verb := "list"
	switch {
	case len(rest) > 1:
		verb = "get"
	case watches:
		verb = "watch"
	}
	switch {
	case a.unkind[rest[0]]:
		return answer(http.StatusNotFound, "text/plain", []byte("404 page not found")), nil
	case a.denied[verb+" "+rest[0]]:
		return status(http.StatusForbidden, "Forbidden", rest), nil
	case verb == "get":
		o := a.objects[rest[0]][namespace+"/"+rest[1]]
		if o == nil {
			return status(http.StatusNotFound, "NotFound", rest), nil
		}
		return encode(shown(rest[0], o)), nil
	case verb == "watch":
		return a.watch(r, rest[0]), nil
	}
	return a.list(rest[0]), nil
}

func (a *apiserver) discover() *http.Response {
	list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: "v1"}
	for _, plural := range []string{"namespaces", "pods"} {
		if !a.unkind[plural] {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: plural, Namespaced: plural == "pods"})
		}
	}
	return encode(list)
}

func (a *apiserver) review(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	decoded, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		return nil, err
	}
	review := decoded.(*authorizationv1.SelfSubjectAccessReview)
	asked := review.Spec.ResourceAttributes
	review.TypeMeta = metav1.TypeMeta{Kind: "SelfSubjectAccessReview", APIVersion: "authorization.k8s.io/v1"}
	review.Status.Allowed = !a.denied[asked.Verb+" "+asked.Resource]
	return encode(review), nil
}

func (a *apiserver) list(plural string) *http.Response {
	items := []any{}
	for _, o := range a.objects[plural] {
		items = append(items, shown(plural, o))
	}
	kind, version := "PodList", "v1"
	if plural == "namespaces" {
		kind, version = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	return encode(map[string]any{
		"kind": kind, "apiVersion": version, "items": items, "metadata": map[string]any{"resourceVersion": strconv.Itoa(a.version)},
	})
}

func (a *apiserver) watch(r *http.Request, plural string) *http.Response {
	s := &stream{lines: make(chan []byte, 1000), over: make(chan struct{}), done: r.Context().Done()}
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		for _, o := range a.objects[plural] {
			s.send("ADDED", shown(plural, o))
		}
		s.send("BOOKMARK", bookmark(plural, a.version))
	}
	if seconds, err := strconv.Atoi(r.URL.Query().Get("timeoutSeconds")); err == nil {
		time.AfterFunc(time.Duration(seconds)*time.Second, s.end)
	}
	a.streams[plural] = append(a.streams[plural], s)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: s, ContentLength: -1}
}

// bookmark ends a list that is streamed.
func bookmark(plural string, version int) any {
	kind, group := "Pod", "v1"
	if plural == "namespaces" {
		kind, group = "PartialObjectMetadata", "meta.k8s.io/v1"
	}
	return map[string]any{"kind": kind, "apiVersion": group, "metadata": map[string]any{
		"resourceVersion": strconv.Itoa(version), "annotations": map[string]any{metav1.InitialEventsAnnotationKey: "true"},
	}}
}

// shown is an object as it goes over the wire.
func shown(plural string, o kind.Object) any {
	text, _ := json.Marshal(o)
	fields := map[string]any{}
	_ = json.Unmarshal(text, &fields)
	fields["kind"], fields["apiVersion"] = "Pod", "v1"
	if plural == "namespaces" {
		fields["kind"], fields["apiVersion"] = "PartialObjectMetadata", "meta.k8s.io/v1"
	}
	return fields
}

func status(code int, reason string, of []string) *http.Response {
	details := map[string]any{"kind": of[0]}
	if len(of) > 1 {
		details["name"] = of[1]
	}
	r := encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason, "details": details,
	})
	r.StatusCode = code
	return r
}

func encode(v any) *http.Response {
	text, _ := json.Marshal(v)
	return answer(http.StatusOK, "application/json", text)
}

func answer(code int, content string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {content}},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// stream is the body of a watch. It ends with its request, when it is closed, and
// when the apiserver ends it.
type stream struct {
	lines chan []byte
	left  []byte
	done  <-chan struct{}
	over  chan struct{}
	once  sync.Once
}

func (s *stream) send(event string, o any) {
	line, _ := json.Marshal(map[string]any{"type": event, "object": o})
	s.lines <- append(line, '\n')
}

func (s *stream) end() { s.once.Do(func() { close(s.over) }) }

func (s *stream) Close() error {
	s.end()
	return nil
}

func (s *stream) Read(p []byte) (int, error) {
	if len(s.left) == 0 {
		select {
		case s.left = <-s.lines:
		case <-s.done:
			return 0, io.EOF
		case <-s.over:
			return 0, io.EOF
		}
	}
	n := copy(p, s.left)
	s.left = s.left[n:]
	return n, nil
}
