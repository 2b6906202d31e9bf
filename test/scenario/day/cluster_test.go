package day_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// fields of an object as JSON has it.
type fields = map[string]any

// ask has the cluster's administrator send a request, beside the network that is
// counted.
func (w *world) ask(t *testing.T, method, path string, body fields) {
	t.Helper()
	content, err := json.Marshal(body)
	must(t, err)
	r := httptest.NewRequest(method, path, strings.NewReader(string(content)))
	r.Header.Set("Content-Type", "application/merge-patch+json")
	answer := httptest.NewRecorder()
	if w.api.ServeHTTP(answer, r); answer.Code/100 != 2 {
		t.Fatalf("%s %s: %d %s", method, path, answer.Code, answer.Body)
	}
}

func nodeName(i int) string { return fmt.Sprintf("node-%d", i) }

func podName(i int) string { return fmt.Sprintf("web-%d", i) }

// addNode adds a node that is ready.
func (w *world) addNode(t *testing.T, i int) {
	t.Helper()
	w.ask(t, http.MethodPost, "/api/v1/nodes", fields{"metadata": fields{"name": nodeName(i), "labels": fields{"zone": "a"}}})
	w.ask(t, http.MethodPatch, "/api/v1/nodes/"+nodeName(i)+"/status", fields{"status": fields{
		"addresses": []fields{{"type": "InternalIP", "address": fmt.Sprintf("10.9.%d.%d", i/250, i%250+1)}},
	}})
	w.beat(t, i)
}

// beat is what a kubelet tells of its node.
func (w *world) beat(t *testing.T, i int) {
	t.Helper()
	w.ask(t, http.MethodPatch, "/api/v1/nodes/"+nodeName(i)+"/status", fields{"status": fields{"conditions": []fields{
		{"type": "Ready", "status": "True", "lastHeartbeatTime": time.Now().UTC().Format(time.RFC3339)},
	}}})
}

func (w *world) addNamespace(t *testing.T, name string) {
	t.Helper()
	w.ask(t, http.MethodPost, "/api/v1/namespaces", fields{"metadata": fields{"name": name}})
}

// addPod adds a pod that runs.
func (w *world) addPod(t *testing.T, i int, stage string) {
	t.Helper()
	w.ask(t, http.MethodPost, "/api/v1/namespaces/shop/pods", fields{
		"metadata": fields{"name": podName(i), "labels": fields{"stage": stage}}, "spec": fields{"nodeName": nodeName(0)},
	})
	w.ask(t, http.MethodPatch, podPath(i)+"/status", fields{"status": fields{
		"phase": "Running", "podIP": podIP(i), "podIPs": []fields{{"ip": podIP(i)}},
	}})
}

func podPath(i int) string { return "/api/v1/namespaces/shop/pods/" + podName(i) }

func podIP(i int) string { return fmt.Sprintf("10.%d.%d.%d", 1+i/62500, i/250%250, i%250+1) }

// stage gives a pod another label.
func (w *world) stage(t *testing.T, i int, stage string) {
	t.Helper()
	w.ask(t, http.MethodPatch, podPath(i), fields{"metadata": fields{"labels": fields{"stage": stage}}})
}

// noise changes what of a pod's status nobody mirrors.
func (w *world) noise(t *testing.T, i, restarts int) {
	t.Helper()
	w.ask(t, http.MethodPatch, podPath(i)+"/status", fields{"status": fields{
		"containerStatuses": []fields{{"name": "web", "ready": restarts%2 == 0, "restartCount": restarts, "image": "example/web:1", "imageID": ""}},
	}})
}

func (w *world) removePod(t *testing.T, i int) {
	t.Helper()
	w.ask(t, http.MethodDelete, podPath(i), nil)
}

// kubeCall names a request to the apiserver: verb and kind, as rules of RBAC do.
func kubeCall(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if parts[0] == "version" || len(parts) < 3 || parts[0] == "apis" && len(parts) < 4 {
		return "discover"
	}
	parts = parts[2:]
	if strings.HasPrefix(r.URL.Path, "/apis/") {
		parts = parts[1:]
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	verb := map[string]string{http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete"}[r.Method]
	switch {
	case verb != "":
	case len(parts) > 1:
		verb = "get"
	case r.URL.Query().Get("watch") == "true":
		verb = "watch"
	default:
		verb = "list"
	}
	return verb + " " + parts[0]
}

// portalCall names a request to the account.
func portalCall(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.Path, "/santaba/rest")
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "{id}"
		}
	}
	return r.Method + " " + strings.Join(parts, "/")
}
