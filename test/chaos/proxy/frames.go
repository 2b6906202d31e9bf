package proxy

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// What a watch can say beside events of objects.
const (
	eventBookmark = "BOOKMARK"
	eventError    = "ERROR"
)

// protobufPrefix is what every object in protobuf begins with.
const protobufPrefix = "k8s\x00"

// maxFrame bounds one event: etcd stores no object that is larger by far.
const maxFrame = 16 << 20

// A form is how the events of a watch are written: each in a frame of bytes.
type form interface {
	// read returns the next frame, as it stands between others.
	read() ([]byte, error)
	// event says what a frame tells.
	event(frame []byte) (event, error)
	// failure is the frame of an error.
	failure(s *metav1.Status) ([]byte, error)
}

// An event is what matters here of one.
type event struct {
	kind       string
	initialEnd bool  // it ends a streamed list
	code       int32 // of an error
}

// newForm reads a body as its content type says.
func newForm(contentType string, body io.Reader) form {
	if strings.HasPrefix(contentType, runtime.ContentTypeProtobuf) {
		return &protobufForm{body}
	}
	return &jsonForm{json.NewDecoder(body)}
}

// protobufForm has the length before each frame.
type protobufForm struct{ body io.Reader }

func (f *protobufForm) read() ([]byte, error) {
	length := make([]byte, 4)
	if _, err := io.ReadFull(f.body, length); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length)
	if n > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes", n)
	}
	frame := make([]byte, 4+n)
	copy(frame, length)
	_, err := io.ReadFull(f.body, frame[4:])
	return frame, err
}

func (f *protobufForm) event(frame []byte) (event, error) {
	var e metav1.WatchEvent
	if err := e.Unmarshal(frame[4:]); err != nil {
		return event{}, fmt.Errorf("read an event: %w", err)
	}
	if e.Type != eventBookmark && e.Type != eventError {
		return event{kind: e.Type}, nil
	}
	var object runtime.Unknown
	if err := object.Unmarshal(bytes.TrimPrefix(e.Object.Raw, []byte(protobufPrefix))); err != nil {
		return event{}, fmt.Errorf("read an event: %w", err)
	}
	if e.Type == eventError {
		var s metav1.Status
		err := s.Unmarshal(object.Raw)
		return event{kind: e.Type, code: s.Code}, err
	}
	var m metav1.PartialObjectMetadata // the metadata come first in every object
	err := m.Unmarshal(object.Raw)
	return event{kind: e.Type, initialEnd: m.Annotations[metav1.InitialEventsAnnotationKey] == "true"}, err
}

func (f *protobufForm) failure(s *metav1.Status) ([]byte, error) {
	raw, err := s.Marshal()
	if err != nil {
		return nil, err
	}
	object := runtime.Unknown{TypeMeta: runtime.TypeMeta{APIVersion: "v1", Kind: "Status"}, Raw: raw}
	if raw, err = object.Marshal(); err != nil {
		return nil, err
	}
	e := metav1.WatchEvent{Type: eventError, Object: runtime.RawExtension{Raw: append([]byte(protobufPrefix), raw...)}}
	if raw, err = e.Marshal(); err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(raw))), raw...), nil
}

// jsonForm has one value after the other.
type jsonForm struct{ decoder *json.Decoder }

func (f *jsonForm) read() ([]byte, error) {
	var frame json.RawMessage
	err := f.decoder.Decode(&frame)
	return append(frame, '\n'), err
}

func (f *jsonForm) event(frame []byte) (event, error) {
	var e struct {
		Type   string
		Object struct {
			metav1.PartialObjectMetadata
			Code int32
		}
	}
	if err := json.Unmarshal(frame, &e); err != nil {
		return event{}, fmt.Errorf("read an event: %w", err)
	}
	initialEnd := e.Type == eventBookmark && e.Object.Annotations[metav1.InitialEventsAnnotationKey] == "true"
	return event{kind: e.Type, initialEnd: initialEnd, code: e.Object.Code}, nil
}

func (f *jsonForm) failure(s *metav1.Status) ([]byte, error) {
	frame, err := json.Marshal(map[string]any{"type": eventError, "object": s})
	return append(frame, '\n'), err
}

// status is an answer of the apiserver that is no object.
func status(code int, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message,
	}
}

// answerStatus sends a Status as the apiserver does.
func answerStatus(w http.ResponseWriter, s *metav1.Status) {
	text, err := json.Marshal(s)
	if err != nil {
		abort()
	}
	w.Header().Set("Content-Type", runtime.ContentTypeJSON)
	w.WriteHeader(int(s.Code))
	_, _ = w.Write(text) // the caller may have left
}
