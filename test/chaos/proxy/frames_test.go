package proxy

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"

	corev1 "k8s.io/api/core/v1"
)

// protobufFrame writes an event as the apiserver does, with its own serializers.
func protobufFrame(t *testing.T, kind string, object runtime.Object) []byte {
	t.Helper()
	info, ok := runtime.SerializerInfoForMediaType(scheme.Codecs.SupportedMediaTypes(), runtime.ContentTypeProtobuf)
	if !ok {
		t.Fatal("there is no protobuf")
	}
	raw, err := runtime.Encode(scheme.Codecs.EncoderForVersion(info.Serializer, corev1.SchemeGroupVersion), object)
	if err != nil {
		t.Fatal(err)
	}
	event := metav1.WatchEvent{Type: kind, Object: runtime.RawExtension{Raw: raw}}
	var b bytes.Buffer
	if err := info.StreamSerializer.Serializer.Encode(&event, &b); err != nil {
		t.Fatal(err)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(b.Len())), b.Bytes()...)
}

func jsonFrame(t *testing.T, kind string, object runtime.Object) []byte {
	t.Helper()
	frame, err := json.Marshal(map[string]any{"type": kind, "object": object})
	if err != nil {
		t.Fatal(err)
	}
	return append(frame, '\n')
}

func TestForm(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web-0", Namespace: "shop"}, Spec: corev1.PodSpec{NodeName: "node-1"}}
	bookmark := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{ResourceVersion: "7"}}
	last := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"}}}
	gone := status(410, metav1.StatusReasonExpired, "too old resource version")
	for contentType, frame := range map[string]func(*testing.T, string, runtime.Object) []byte{
		"application/vnd.kubernetes.protobuf;stream=watch": protobufFrame,
		"application/json": jsonFrame,
	} {
		var stream bytes.Buffer
		want := []event{{kind: "ADDED"}, {kind: "BOOKMARK"}, {kind: "BOOKMARK", initialEnd: true}, {kind: "ERROR", code: 410}, {kind: "ERROR", code: 410}}
		for i, object := range []runtime.Object{pod, bookmark, last, gone} {
			stream.Write(frame(t, want[i].kind, object))
		}
		own, err := newForm(contentType, nil).failure(gone)
		if err != nil {
			t.Fatal(err)
		}
		stream.Write(own)
		whole := bytes.Clone(stream.Bytes())
		form, passed := newForm(contentType, &stream), []byte(nil)
		for _, want := range want {
			frame, err := form.read()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := form.event(frame); err != nil || got != want {
				t.Errorf("%s: event %+v, %v; want %+v", contentType, got, err, want)
			}
			passed = append(passed, frame...)
		}
		if !bytes.Equal(passed, whole) {
			t.Errorf("%s: what is passed on differs from what came", contentType)
		}
		if _, err := form.read(); err == nil {
			t.Errorf("%s: there is something after the end", contentType)
		}
	}
}
