package lm

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Bounds of log ingestion, from LogicMonitor's documentation, in bytes.
const (
	MaxLogMessage = 32 << 10
	MaxLogPayload = 8 << 20
)

// minCompress is the smallest body worth compressing, in bytes.
const minCompress = 1 << 10

// A LogEntry is one log line for LM Logs.
type LogEntry struct {
	Message string
	Time    time.Time // of arrival if zero
	// Resource names the device by its properties, all of which must match:
	// {"system.deviceId": "56"}.
	Resource map[string]string
	// Metadata are further fields.
	Metadata map[string]string
}

// MarshalJSON writes the entry as the ingestion wants it. The entry's own fields
// win over metadata of the same name.
func (e LogEntry) MarshalJSON() ([]byte, error) {
	fields := make(map[string]any, len(e.Metadata)+3)
	for name, value := range e.Metadata {
		fields[name] = value
	}
	fields["msg"] = e.Message
	if !e.Time.IsZero() {
		fields["timestamp"] = e.Time.UTC().Format(time.RFC3339Nano)
	}
	if len(e.Resource) > 0 {
		fields["_lm.resourceId"] = e.Resource
	}
	return json.Marshal(fields)
}

// A LogRefusal is an entry the account did not take. The others were taken:
// sending all again would double them.
type LogRefusal struct {
	Code  int             `json:"code"`
	Error string          `json:"error"`
	Event json.RawMessage `json:"event"`
}

// IngestLogs sends log entries in one request. It returns the entries that were
// refused, if the account took only some. A message over MaxLogMessage or a batch
// over MaxLogPayload is ClassInvalid and not sent. The operation is documented
// for LMv1 and Bearer alike.
func (c *Client) IngestLogs(ctx context.Context, entries []LogEntry) ([]LogRefusal, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	for i, e := range entries {
		if len(e.Message) > MaxLogMessage {
			return nil, &Error{Class: ClassInvalid, Endpoint: EndpointIngestLogs,
				Message: fmt.Sprintf("not sent: message %d has %d bytes, at most %d are accepted", i, len(e.Message), MaxLogMessage)}
		}
	}
	body, err := json.Marshal(entries)
	if err != nil {
		return nil, &Error{Class: ClassInvalid, Endpoint: EndpointIngestLogs, Message: "encode log entries: " + err.Error(), cause: err}
	}
	if len(body) > MaxLogPayload {
		return nil, &Error{Class: ClassInvalid, Endpoint: EndpointIngestLogs,
			Message: fmt.Sprintf("not sent: the entries make %d bytes, at most %d are accepted in one request", len(body), MaxLogPayload)}
	}
	var out struct {
		Success bool         `json:"success"`
		Message string       `json:"message"`
		Errors  []LogRefusal `json:"errors"`
	}
	err = c.do(ctx, request{endpoint: EndpointIngestLogs, body: json.RawMessage(body), decode: func(r io.Reader) error {
		if err := object(&out)(r); err != nil {
			return err
		}
		if !out.Success && len(out.Errors) == 0 {
			return &fault{ErrorMessage: out.Message}
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return out.Errors, nil
}

func gzipped(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return b.Bytes(), nil
}
