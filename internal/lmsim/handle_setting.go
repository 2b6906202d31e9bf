package lmsim

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

func collectorRoutes() []route {
	const base = "/setting/collector/collectors"
	show := func(s *Server, c *call, id int32) []byte { return s.account.ShowCollector(id, c.view()) }
	update := updating(func(s *Server, by account.By, id int32, in account.CollectorInput, u account.Update) error {
		return s.account.UpdateCollector(by, id, in, u)
	}, show)
	return []route{
		rt("GET", base, onCollectors, listing(func(s *Server, _ *call, q account.Query) (account.Page, error) { return s.account.ListCollectors(q) })),
		rt("POST", base, onCollectors, creating(func(s *Server, by account.By, in account.CollectorInput) (int32, error) {
			return s.account.CreateCollector(by, in)
		}, show)),
		rt("GET", base+"/versions", onCollectors, collectorVersions),
		rt("GET", base+"/{id}", onCollectors, reading(func(s *Server, c *call, id int32) ([]byte, error) { return s.account.ReadCollector(id, c.view()) })),
		rt("GET", base+"/{id}/installers/{osAndArch}", onCollectors, installer),
		rt("PUT", base+"/{id}", onCollectors, update),
		rt("PATCH", base+"/{id}", onCollectors, update),
		rt("DELETE", base+"/{id}", onCollectors, acting(func(s *Server, c *call, id int32) error { return s.account.DeleteCollector(c.by(), id) })),
		rt("POST", base+"/{id}/ackdown", onCollectors, acting(ackCollector)),
	}
}

// installer answers with bytes that are no program: a script that says so.
func installer(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	if _, err := s.account.ReadCollector(id, c.view()); err != nil {
		return nil, err
	}
	system, size := c.params["osAndArch"], c.query.Get("collectorSize")
	if !slices.Contains([]string{"Linux64", "Win64"}, system) {
		return nil, &account.Error{Status: 400, Code: 1400, Message: "no installer for " + strconv.Quote(system) + ": want Linux64 or Win64"}
	}
	if !slices.Contains([]string{"", "nano", "small", "medium", "large", "extra_large", "double_extra_large"}, size) {
		return nil, &account.Error{Status: 400, Code: 1400, Message: "no collector has the size " + strconv.Quote(size)}
	}
	text := fmt.Sprintf("#!/bin/sh\necho 'lmsim has no collector: this stands for the %s installer of collector %d, size %s'\nexit 1\n", system, id, cmp.Or(size, "medium"))
	return reply{status: http.StatusOK, header: map[string]string{"Content-Type": "application/octet-stream"}, body: binary(text)}, nil
}

func collectorGroupRoutes() []route {
	const base = "/setting/collector/groups"
	show := func(s *Server, c *call, id int32) []byte { return s.account.ShowCollectorGroup(id, c.view()) }
	update := updating(func(s *Server, by account.By, id int32, in account.CollectorGroupInput, u account.Update) error {
		return s.account.UpdateCollectorGroup(by, id, in, u)
	}, show)
	return []route{
		rt("GET", base, onCollectors, listing(func(s *Server, _ *call, q account.Query) (account.Page, error) {
			return s.account.ListCollectorGroups(q)
		})),
		rt("POST", base, onCollectors, creating(func(s *Server, by account.By, in account.CollectorGroupInput) (int32, error) {
			return s.account.CreateCollectorGroup(by, in)
		}, show)),
		rt("GET", base+"/{id}", onCollectors, reading(func(s *Server, c *call, id int32) ([]byte, error) { return s.account.ReadCollectorGroup(id, c.view()) })),
		rt("PUT", base+"/{id}", onCollectors, update),
		rt("PATCH", base+"/{id}", onCollectors, update),
		rt("DELETE", base+"/{id}", onCollectors, acting(func(s *Server, c *call, id int32) error { return s.account.DeleteCollectorGroup(c.by(), id) })),
	}
}

func noteRoutes() []route {
	const base = "/setting/opsnotes"
	return []route{
		rt("GET", base, onNotes, listing(func(s *Server, c *call, q account.Query) (account.Page, error) { return s.account.ListNotes(c.by(), q) })),
		rt("POST", base, onNotes, creating(func(s *Server, by account.By, in account.NoteInput) (string, error) {
			return s.account.CreateNote(by, in)
		},
			func(s *Server, _ *call, id string) []byte { return s.account.ShowNote(id) })),
		rt("GET", base+"/{id}", onNotes, func(s *Server, c *call) (any, error) { return s.account.ReadNote(c.by(), c.params["id"], c.view()) }),
		rt("PUT", base+"/{id}", onNotes, updateNote),
		rt("PATCH", base+"/{id}", onNotes, updateNote),
		rt("DELETE", base+"/{id}", onNotes, func(s *Server, c *call) (any, error) { return nil, s.account.DeleteNote(c.by(), c.params["id"]) }),
	}
}

func recycleRoutes() []route {
	const base = "/recyclebin/recycles"
	return []route{
		rt("GET", base, onDevices, listing(func(s *Server, _ *call, q account.Query) (account.Page, error) { return s.account.ListRecycled(q) })),
		rt("POST", base+"/batchrestore", onDevices, restoreRecycled),
		rt("POST", base+"/batchdelete", onDevices, purgeRecycled),
	}
}

// updateNote stands apart because the id of a note is a text.
func updateNote(s *Server, c *call) (any, error) {
	var in account.NoteInput
	u, err := c.change(&in)
	if err != nil {
		return nil, err
	}
	if err := s.account.UpdateNote(c.by(), c.params["id"], in, u); err != nil {
		return nil, err
	}
	return s.account.ShowNote(c.params["id"]), nil
}

func ackCollector(s *Server, c *call, id int32) error {
	var in struct {
		Comment string `json:"comment"`
	}
	if err := c.decode(&in); err != nil {
		return err
	}
	return s.account.AckCollectorDown(c.by(), id, in.Comment)
}

// collectorVersions answers the builds a collector can be installed with. The shape is a guess.
func collectorVersions(*Server, *call) (any, error) {
	version := map[string]any{"majorVersion": 38, "minorVersion": 1, "stable": true, "mandatory": false, "hasStandalone": true}
	return map[string]any{"total": 1, "searchId": nil, "items": []any{version}}, nil
}

func restoreRecycled(s *Server, c *call) (any, error) {
	return s.eachRecycled(c, func(id string) error { return s.account.Restore(c.by(), id) })
}

func purgeRecycled(s *Server, c *call) (any, error) {
	return s.eachRecycled(c, s.account.Purge)
}

func (s *Server) eachRecycled(c *call, do func(id string) error) (any, error) {
	var ids []string
	if err := c.decode(&ids); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := do(id); err != nil {
			return nil, err
		}
	}
	return nil, nil
}
