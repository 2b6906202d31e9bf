package proxy

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

// Kubernetes stands before an apiserver. It listens on loopback, with a
// certificate of its own and HTTP/2 as the apiserver does, and uses the
// credentials that it was made with: who asks it needs none.
type Kubernetes struct {
	URL string
	CA  []byte // vouches for URL

	gate     *Gate
	upstream http.RoundTripper
	target   *url.URL
	faults   *faults
	server   *httptest.Server

	mu      sync.Mutex // guards what follows
	watches map[*stream]struct{}
	changes map[string]int
	expired int
}

// NewKubernetes starts a proxy before the apiserver that config leads to.
func NewKubernetes(config *rest.Config, gate *Gate) (*Kubernetes, error) {
	target, err := url.Parse(config.Host)
	if err != nil {
		return nil, fmt.Errorf("proxy before the apiserver: %w", err)
	}
	upstream, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("proxy before the apiserver: %w", err)
	}
	p := &Kubernetes{gate: gate, upstream: upstream, target: target, faults: newFaults(SideKubernetes), watches: map[*stream]struct{}{}, changes: map[string]int{}}
	p.server = httptest.NewUnstartedServer(p)
	p.server.EnableHTTP2 = true
	p.server.StartTLS()
	p.URL = p.server.URL
	p.CA = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	return p, nil
}

// Stop ends the proxy and all that goes through it.
func (p *Kubernetes) Stop() {
	p.Lift()
	p.server.CloseClientConnections()
	p.server.Close()
}

// Set sets one more fault.
func (p *Kubernetes) Set(ctx context.Context, f Fault) error {
	switch f.Action {
	case Close:
		p.closeWatches(f)
		return nil
	case ServeAt:
		now, err := p.version(ctx)
		if err != nil {
			return err
		}
		return p.faults.add(f, now)
	}
	return p.faults.add(f, "")
}

// Lift takes all faults back. What a watch held it says now.
func (p *Kubernetes) Lift() { p.faults.lift() }

// Struck is how often an action was done.
func (p *Kubernetes) Struck(action string) int { return p.faults.struck(action) }

// Changes are the numbers of requests that were meant to change the cluster, by
// what.
func (p *Kubernetes) Changes() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.changes)
}

// version is the resourceVersion of this moment.
func (p *Kubernetes) version(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.target.String()+"/api/v1/namespaces?limit=1", nil)
	if err != nil {
		return "", err
	}
	answer, err := p.upstream.RoundTrip(request)
	if err != nil {
		return "", fmt.Errorf("ask for the resourceVersion: %w", err)
	}
	defer answer.Body.Close()
	var list metav1.PartialObjectMetadataList
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return "", fmt.Errorf("ask for the resourceVersion: %w", err)
	}
	return list.ResourceVersion, nil
}

// ServeHTTP implements http.Handler.
func (p *Kubernetes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := requestOf(r)
	on, leave := p.gate.enter(r.Context(), request)
	if !on {
		abort()
	}
	if request.Changes() {
		p.mu.Lock()
		p.changes[request.Target]++
		p.mu.Unlock()
	}
	p.faults.holdUp(r.Context(), request)
	if p.refused(w, r, request) {
		return
	}
	answer, err := p.forward(r, request)
	if err != nil {
		abort() // the apiserver is not there, or the caller has left
	}
	defer answer.Body.Close()
	if leave != nil && !leave() {
		abort()
	}
	if request.Verb == "watch" && answer.StatusCode == http.StatusOK {
		p.stream(w, r, request, answer)
		return
	}
	p.noteExpired(int32(answer.StatusCode))
	copyHeader(w, answer)
	if _, err := io.Copy(w, answer.Body); err != nil {
		abort() // what is cut must not look whole
	}
}

// refused answers instead of the apiserver where a fault says so.
func (p *Kubernetes) refused(w http.ResponseWriter, r *http.Request, request Request) bool {
	if f, ok := p.faults.strike(Status, request); ok {
		if f.N == http.StatusNotFound { // as for a path that nobody serves
			http.Error(w, "404 page not found", http.StatusNotFound)
			return true
		}
		answerStatus(w, status(f.N, reasonOf(f.N), "fault of the proxy"))
		return true
	}
	if request.Verb != "watch" || r.URL.Query().Get("sendInitialEvents") != "true" {
		return false
	}
	for _, action := range []string{NoWatchList, ServeAt, Page, Cut, LoseContinue} {
		if _, ok := p.faults.strike(action, request); ok {
			answerStatus(w, status(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, "sendInitialEvents is forbidden"))
			return true
		}
	}
	return false
}

func reasonOf(code int) metav1.StatusReason {
	switch code {
	case http.StatusUnauthorized:
		return metav1.StatusReasonUnauthorized
	case http.StatusForbidden:
		return metav1.StatusReasonForbidden
	case http.StatusTooManyRequests:
		return metav1.StatusReasonTooManyRequests
	case http.StatusGone:
		return metav1.StatusReasonExpired
	case http.StatusServiceUnavailable:
		return metav1.StatusReasonServiceUnavailable
	}
	return metav1.StatusReasonInternalError
}

// forward asks the apiserver, and for a list mends or breaks the answer.
func (p *Kubernetes) forward(r *http.Request, request Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	out.URL.Scheme, out.URL.Host, out.Host = p.target.Scheme, p.target.Host, ""
	out.RequestURI = ""
	out.Header.Set("Accept-Encoding", "identity")
	for _, hop := range []string{"Connection", "Te", "Upgrade"} {
		out.Header.Del(hop)
	}
	if request.Verb != "list" {
		return p.upstream.RoundTrip(out)
	}
	if f, ok := p.faults.strike(ServeAt, request); ok && r.URL.Query().Get("continue") == "" {
		setQuery(out, map[string]string{"resourceVersion": f.since, "resourceVersionMatch": string(metav1.ResourceVersionMatchExact)})
	}
	return p.list(out, request)
}

// list asks for a list and does to it what faults say.
func (p *Kubernetes) list(out *http.Request, request Request) (*http.Response, error) {
	lose, losing := p.faults.strike(LoseContinue, request)
	page, paging := p.faults.strike(Page, request)
	cut, cutting := p.faults.strike(Cut, request)
	if !losing && !paging && !cutting {
		return p.upstream.RoundTrip(out)
	}
	if limit := max(lose.N, page.N); limit > 0 {
		setQuery(out, map[string]string{"limit": strconv.Itoa(limit), "resourceVersion": "", "resourceVersionMatch": ""})
	}
	// In JSON every list is taken apart alike; a client that prefers protobuf takes both.
	accept := runtime.ContentTypeJSON
	if strings.Contains(out.Header.Get("Accept"), "as=PartialObjectMetadata") {
		accept += ";as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	}
	out.Header.Set("Accept", accept)
	answer, err := p.upstream.RoundTrip(out)
	if err != nil || answer.StatusCode != http.StatusOK {
		return answer, err
	}
	defer answer.Body.Close()
	var list struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ListMeta   `json:"metadata"`
		Items           []json.RawMessage `json:"items"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		return nil, err
	}
	if losing {
		list.Metadata.Continue, list.Metadata.RemainingItemCount = "", nil
	}
	if cutting {
		list.Items = list.Items[:min(cut.N, len(list.Items))]
	}
	whole, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	answer.Header.Del("Content-Length")
	answer.Body = io.NopCloser(strings.NewReader(string(whole)))
	return answer, nil
}

// setQuery replaces parameters of a request; an empty value removes one.
func setQuery(r *http.Request, values map[string]string) {
	query := r.URL.Query()
	for name, value := range values {
		if query.Del(name); value != "" {
			query.Set(name, value)
		}
	}
	r.URL.RawQuery = query.Encode()
}

func copyHeader(w http.ResponseWriter, answer *http.Response) {
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.StatusCode)
}

// requestOf takes the path of the API apart: /api/v1/... or /apis/GROUP/VERSION/...,
// then perhaps namespaces/NAME, a kind, and perhaps a name.
func requestOf(r *http.Request) Request {
	q := Request{Side: SideKubernetes, Verb: verbs()[r.Method]}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	skip := 2
	if parts[0] == "apis" {
		skip = 3
	}
	if len(parts) <= skip || parts[0] != "api" && parts[0] != "apis" {
		q.Target = strings.Join(parts, "/") // discovery, versions, health
		return q
	}
	parts = parts[skip:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	q.Target = parts[0]
	if len(parts) > 1 {
		q.Name = parts[1]
	} else if q.Verb == "get" {
		q.Verb = "list"
		if watch := r.URL.Query().Get("watch"); watch != "" && watch != "false" && watch != "0" {
			q.Verb = "watch"
		}
	}
	return q
}

func verbs() map[string]string {
	return map[string]string{
		http.MethodGet: "get", http.MethodPost: "create", http.MethodPut: "update",
		http.MethodPatch: "patch", http.MethodDelete: "delete",
	}
}
