package cli

import (
	"context"
	"log/slog"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"

	"github.com/argus-k8s/argus/internal/telemetry"
)

// events tells people who look at the pod of Argus what needs them, as Events of
// that pod. Outside a pod nothing is told. Nothing that mends by itself is told.
type events struct {
	recorder record.EventRecorder // nil outside a pod
	pod      *corev1.ObjectReference
	stop     func()
}

// The reasons of Events.
const (
	eventConfigRefused = "ConfigurationRefused"
	eventConfigInForce = "ConfigurationInForce"
	eventNotMirrored   = "ObjectNotMirrored"
	eventDeletesHeld   = "DeletesHeld"
	eventDeletesGo     = "DeletesGoOn"
)

// newEvents records Events of the pod that the environment names: MY_POD_NAME and
// MY_NAMESPACE, as the charts have them.
func newEvents(ctx context.Context, p Process, client kubernetes.Interface, log *slog.Logger) *events {
	name, _ := p.Lookup("MY_POD_NAME")
	namespace, _ := p.Lookup("MY_NAMESPACE")
	if name == "" || namespace == "" {
		return &events{stop: func() {}}
	}
	e := &events{pod: &corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: namespace, Name: name}}
	// With its UID the Events show where people look; without, they are there.
	if pod, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
		e.pod.UID = pod.UID
	} else {
		log.Warn("the pod of Argus cannot be read; its Events will lack its UID", telemetry.KeyError, err)
	}
	broadcaster := record.NewBroadcaster()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events(namespace)})
	e.recorder = broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "argus"})
	e.stop = broadcaster.Shutdown
	return e
}

func (e *events) warn(reason, message string) { e.tell(corev1.EventTypeWarning, reason, message) }

func (e *events) note(reason, message string) { e.tell(corev1.EventTypeNormal, reason, message) }

// tell cuts the message to what an Event takes.
func (e *events) tell(kind, reason, message string) {
	const most = 1024
	if e.recorder == nil {
		return
	}
	if len(message) > most {
		message = message[:most-3] + "..."
	}
	e.recorder.Event(e.pod, kind, reason, message)
}
