// Package proxy stands between Argus and the two it talks to: one proxy before a
// real kube-apiserver, and one before a simulated LogicMonitor account. Both do
// wrong on demand, in one vocabulary (see Parse), and both pass a Gate that counts
// the requests of a process and can stop its world at any one of them.
//
// What comes through is not touched as long as no fault is set: a watch stays in
// protobuf, and the account's answers are those of the simulator.
package proxy

import (
	"net/http"
	"strings"
)

// The sides of Argus.
const (
	SideKubernetes   = "k8s"
	SideLogicMonitor = "lm"
)

// A Request is what a proxy makes of a request.
type Request struct {
	Side   string
	Verb   string // get, list, watch, create ... of Kubernetes; a method of LogicMonitor
	Target string // plural of a kind, or the path below the API of LogicMonitor
	Name   string // of the object, if it is about one
}

// String is the request in one line.
func (r Request) String() string {
	return strings.TrimRight(r.Side+" "+r.Verb+" "+r.Target+" "+r.Name, " ")
}

// Changes says whether the request is meant to change something.
func (r Request) Changes() bool {
	switch r.Verb {
	case "get", "list", "watch", http.MethodGet:
		return false
	}
	return r.Target != "selfsubjectaccessreviews" // a question in the form of a create
}

// abort ends a request without an answer: the connection, or with HTTP/2 its
// stream, is reset.
func abort() { panic(http.ErrAbortHandler) }
