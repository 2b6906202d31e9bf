package lm

import (
	"context"
	"errors"
	"io"
	"iter"
)

// OpsNoteID is the name the account gives an ops note.
type OpsNoteID string

// An OpsNote marks an event on the account's graphs. A new or deleted one shows
// in listings only after some seconds.
type OpsNote struct {
	ID            OpsNoteID      `json:"id,omitzero"`
	Note          string         `json:"note"`
	HappenOnInSec int64          `json:"happenOnInSec,omitzero"` // Unix seconds; now if 0
	Tags          []OpsNoteTag   `json:"tags,omitzero"`
	Scopes        []OpsNoteScope `json:"scopes,omitzero"` // the whole account if empty
	CreatedBy     string         `json:"createdBy,omitzero"`
}

// An OpsNoteTag is a word to find notes by; it is created on demand.
type OpsNoteTag struct {
	Name string `json:"name"`
}

// An OpsNoteScope says where a note is shown: Type is "device" or "deviceGroup".
type OpsNoteScope struct {
	Type     string   `json:"type"`
	DeviceID DeviceID `json:"deviceId,omitzero"`
	GroupID  GroupID  `json:"groupId,omitzero"`
}

// ListOpsNotes yields all ops notes. Their list has no order to rely on: one that
// changes while it is read ends in ClassIncomplete.
func (c *Client) ListOpsNotes(ctx context.Context) iter.Seq2[OpsNote, error] {
	return listing[OpsNote]{
		endpoint: EndpointListOpsNotes,
		key:      func(n *OpsNote) string { return string(n.ID) },
	}.all(ctx, c)
}

// CreateOpsNote creates a note; it needs Note.
func (c *Client) CreateOpsNote(ctx context.Context, note OpsNote) (OpsNote, error) {
	note.ID, note.CreatedBy = "", ""
	var out OpsNote
	err := c.do(ctx, request{endpoint: EndpointCreateOpsNote, body: note, decode: func(r io.Reader) error {
		if err := object(&out)(r); err != nil {
			return err
		}
		if out.ID == "" {
			return errors.New("an ops note without an id")
		}
		return nil
	}})
	if err != nil {
		return OpsNote{}, err
	}
	return out, nil
}

// DeleteOpsNote deletes a note. ClassNotFound means it was gone.
func (c *Client) DeleteOpsNote(ctx context.Context, id OpsNoteID) error {
	return c.do(ctx, request{endpoint: EndpointDeleteOpsNote, values: []string{string(id)}, decode: object(nil)})
}
