package account

import (
	"encoding/json"
	"strconv"
	"strings"
)

// A Note is one ops note. A stored one never changes.
type Note struct {
	ID          string           `json:"id"`
	Text        string           `json:"note"`
	HappenOn    int64            `json:"happenOnInSec"`
	Tags        []map[string]any `json:"tags"`
	Scopes      []map[string]any `json:"scopes"`
	CreatedBy   string           `json:"createdBy"`
	visibleFrom int64
}

// A NoteInput is the body of a create or update; nil means the field was not sent.
type NoteInput struct {
	Text     *string           `json:"note"`
	HappenOn *int64            `json:"happenOnInSec"`
	Tags     *[]map[string]any `json:"tags"`
	Scopes   *[]map[string]any `json:"scopes"`
}

// CreateNote adds an ops note.
func (a *Account) CreateNote(by By, in NoteInput) (string, error) {
	n := Note{HappenOn: by.At.Unix(), CreatedBy: by.Who, visibleFrom: by.At.Add(seconds(a.Rules.NoteLag)).UnixNano()}
	if err := a.noteFrom(&n, in); err != nil {
		return "", err
	}
	a.next.Note++
	n.ID = "opsnote-" + itoa(a.next.Note)
	a.notes[n.ID] = &n
	a.commit(by, Created, "opsNote", n.ID, n.ID, nil, &n)
	return n.ID, nil
}

// UpdateNote changes an ops note.
func (a *Account) UpdateNote(by By, id string, in NoteInput, u Update) error {
	old, err := a.readableNote(by, id)
	if err != nil {
		return err
	}
	n := *old
	if u.Whole {
		n.Text, n.HappenOn, n.Tags, n.Scopes = "", by.At.Unix(), nil, nil
	}
	if err := a.noteFrom(&n, in); err != nil {
		return err
	}
	a.notes[id] = &n
	a.commit(by, Updated, "opsNote", id, id, old, &n)
	return nil
}

// DeleteNote removes an ops note.
func (a *Account) DeleteNote(by By, id string) error {
	n, err := a.readableNote(by, id)
	if err != nil {
		return err
	}
	delete(a.notes, id)
	a.commit(by, Deleted, "opsNote", id, id, n, nil)
	return nil
}

func (a *Account) readableNote(by By, id string) (*Note, error) {
	n, ok := a.notes[id]
	if !ok || n.visibleFrom > by.At.UnixNano() {
		return nil, notFound("OpsNote", id)
	}
	return n, nil
}

func (a *Account) noteFrom(n *Note, in NoteInput) error {
	assign(&n.Text, in.Text)
	assign(&n.HappenOn, in.HappenOn)
	if in.Tags != nil {
		n.Tags = *in.Tags
	}
	if n.Text == "" {
		return badRequest("note is required")
	}
	if in.Scopes == nil {
		return nil
	}
	n.Scopes = nil
	for _, scope := range *in.Scopes {
		full, err := a.fillScope(scope)
		if err != nil {
			return err
		}
		n.Scopes = append(n.Scopes, full)
	}
	return nil
}

// fillScope checks a scope and adds what the server adds: the path or the device's name.
func (a *Account) fillScope(scope map[string]any) (map[string]any, error) {
	out := map[string]any{}
	for k, v := range scope {
		out[k] = v
	}
	kind, _ := scope["type"].(string)
	switch strings.ToLower(kind) {
	case "device":
		h, ok := a.devices.find(scopeID(scope["deviceId"]))
		if !ok {
			return nil, badRequest("ops note scope: no such device %v", scope["deviceId"])
		}
		out["deviceName"] = h.DisplayName
	case "devicegroup":
		g, ok := a.groups[scopeID(scope["groupId"])]
		if !ok {
			return nil, badRequest("ops note scope: no such device group %v", scope["groupId"])
		}
		out["fullPath"] = g.path
	case "website", "websitegroup", "groupall":
	default:
		return nil, badRequest("ops note scope: unknown type %q", kind)
	}
	return out, nil
}

// scopeID reads an id that clients send as a number or as text.
func scopeID(v any) int32 {
	switch v := v.(type) {
	case float64:
		return int32(v)
	case json.Number:
		n, _ := v.Int64()
		return int32(n)
	case string:
		n, _ := strconv.ParseInt(v, 10, 32)
		return int32(n)
	}
	return 0
}
