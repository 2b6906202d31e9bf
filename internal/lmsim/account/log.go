package account

import (
	"strconv"
	"strings"
	"time"
)

// A LogEvent is one log message the account took in.
type LogEvent struct {
	Time     time.Time         `json:"time"` // when it arrived
	Who      string            `json:"who"`
	Message  string            `json:"msg"`
	Stamp    string            `json:"timestamp,omitempty"`
	Device   int32             `json:"deviceId,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// AddLog takes in a log message.
func (a *Account) AddLog(e LogEvent) { a.logs.push(e) }

// Logs returns the kept log messages, oldest first.
func (a *Account) Logs() []LogEvent {
	var out []LogEvent
	a.logs.backward(func(e LogEvent) bool { out = append(out, e); return true })
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// FindByProperties returns the first device whose own properties have all (or, with anyOf, one) of
// the given values. It is how a log message finds its resource.
func (a *Account) FindByProperties(want map[string]string, anyOf bool) (int32, bool) {
	if len(want) == 0 {
		return 0, false
	}
	for name, value := range want {
		if fold(name) == "system.deviceid" && !anyOf {
			id, _ := strconv.ParseInt(value, 10, 32)
			h, ok := a.devices.find(int32(id))
			return int32(id), ok && a.hasProperties(h, want, false)
		}
		if fold(name) == "system.displayname" && !anyOf {
			id, ok := a.display[fold(value)]
			return id, ok && a.hasProperties(a.devices.at(id), want, false)
		}
	}
	for _, id := range a.order {
		if a.hasProperties(a.devices.at(id), want, anyOf) {
			return id, true
		}
	}
	return 0, false
}

func (a *Account) hasProperties(h *host, want map[string]string, anyOf bool) bool {
	e := &evaluated{account: a, device: h.Device}
	for name, value := range want {
		got, ok := e.Property(fold(name))
		if same := ok && strings.EqualFold(got, value); same == anyOf {
			return anyOf
		}
	}
	return !anyOf
}
