package lmsim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// Limits of log ingest, in bytes (docs/logicmonitor-api.md §9).
const (
	maxLogPayload = 8 << 20
	maxLogMessage = 32 << 10
)

// ingestLogs takes in an array of log messages; those it cannot place are named in the answer.
func ingestLogs(s *Server, c *call) (any, error) {
	if len(c.body) > maxLogPayload {
		return nil, &account.Error{Status: 413, Code: 1413, Message: "Payload too large"}
	}
	var events []map[string]any
	if err := json.Unmarshal(c.body, &events); err != nil {
		return nil, &account.Error{Status: 400, Code: 1400, Message: "body is not an array of log events"}
	}
	errs := []any{}
	for _, e := range events {
		if code, text := s.takeLog(c, e); code != 0 {
			errs = append(errs, map[string]any{"code": code, "error": text, "event": e})
		}
	}
	header := map[string]string{"x-request-id": s.requestID()}
	if len(errs) > 0 {
		return reply{207, header, map[string]any{"success": false, "errors": errs,
			"message": "Some events were not accepted. See the 'errors' property for additional information."}}, nil
	}
	return reply{202, header, map[string]any{"success": true, "message": "Accepted"}}, nil
}

func (s *Server) takeLog(c *call, e map[string]any) (code int, problem string) {
	message, ok := e["msg"].(string)
	if !ok {
		if message, ok = e["message"].(string); !ok {
			return 4002, "Event has no message" // the code is a guess
		}
	}
	if len(message) > maxLogMessage {
		if s.switches.LongLogs == "refuse" {
			return 4003, "Message too long" // the code is a guess
		}
		message = strings.ToValidUTF8(message[:maxLogMessage], "")
	}
	event := account.LogEvent{Time: c.now, Who: c.token.Name, Message: message, Metadata: map[string]string{}}
	if stamp, ok := e["timestamp"]; ok {
		event.Stamp = fmt.Sprint(stamp)
	}
	for k, v := range e {
		if text, ok := v.(string); ok && k != "msg" && k != "message" && k != "timestamp" {
			event.Metadata[k] = text
		}
	}
	if id, given := e["_lm.resourceId"].(map[string]any); given {
		device, found := s.resource(id)
		if !found {
			return 4001, "Resource not found"
		}
		event.Device = device
	}
	s.account.AddLog(event)
	return 0, ""
}

// resource finds the device a log message names. Several properties must all fit unless _op is OR.
func (s *Server) resource(id map[string]any) (int32, bool) {
	want := map[string]string{}
	anyOf := false
	for k, v := range id {
		if k == "_op" {
			anyOf = strings.EqualFold(fmt.Sprint(v), "OR")
			continue
		}
		want[k] = fmt.Sprint(v)
	}
	return s.account.FindByProperties(want, anyOf)
}

// requestID is a made-up UUID, as ingest answers carry.
func (s *Server) requestID() string {
	a, b := s.rng.Uint64(), s.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", uint32(a), uint16(a>>32), a>>52, b&0xfff, b>>16)
}
