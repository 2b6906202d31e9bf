package proxy

import (
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
	// event says what a frame tells, and whether it ends a streamed list.
	event(frame []byte) (kind string, initialEnd bool, err error)
	// failure is the frame of an error.
	failure(s *metav1.Status) ([]byte, error)
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

func (f *protobufForm) event(frame []byte) (kind string, initialEnd bool, err error) {
	var e metav1.WatchEvent
	if err := e.Unmarshal(frame[4:]); err != nil {
		return "", false, fmt.Errorf("read an event: %w", err)
	}
	if e.Type != eventBookmark {
		return e.Type, false, nil
	}
	var object runtime.Unknown
	if err := object.Unmarshal([]byte(strings.TrimPrefix(string(e.Object.Raw), protobufPrefix))); err != nil {
		return "", false, fmt.Errorf("read a bookmark: %w", err)
	}
	var m metav1.PartialObjectMetadata // the metadata come first in every object
	if err := m.Unmarshal(object.Raw); err != nil {
		return "", false, fmt.Errorf("read a bookmark: %w", err)
	}
	return e.Type, m.Annotations[metav1.InitialEventsAnnotationKey] == "true", nil
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

func (f *jsonForm) event(frame []byte) (kind string, initialEnd bool, err error) {
	var e struct {
		Type   string
		Object metav1.PartialObjectMetadata
	}
	if err := json.Unmarshal(frame, &e); err != nil {
		return "", false, fmt.Errorf("read an event: %w", err)
	}
	return e.Type, e.Type == eventBookmark && e.Object.Annotations[metav1.InitialEventsAnnotationKey] == "true", nil
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
