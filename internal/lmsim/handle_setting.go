package lmsim

import (
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

func listCollectors(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListCollectors(q)
}

func createCollector(s *Server, c *call) (any, error) {
	var in account.CollectorInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id, err := s.account.CreateCollector(c.by(), in)
	if err != nil {
		return nil, err
	}
	return s.account.ReadCollector(id, c.view())
}

func readCollector(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return s.account.ReadCollector(id, c.view())
}

func updateCollector(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	u, err := c.update()
	if err != nil {
		return nil, err
	}
	var in account.CollectorInput
	if err := c.decodePatch(&in); err != nil {
		return nil, err
	}
	if err := s.account.UpdateCollector(c.by(), id, in, u); err != nil {
		return nil, err
	}
	return s.account.ReadCollector(id, c.view())
}

func deleteCollector(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return nil, s.account.DeleteCollector(c.by(), id)
}

func ackCollector(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	var in struct {
		Comment string `json:"comment"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	return nil, s.account.AckCollectorDown(c.by(), id, in.Comment)
}

// collectorVersions answers the builds a collector can be installed with. The shape is a guess.
func collectorVersions(*Server, *call) (any, error) {
	version := map[string]any{"majorVersion": 38, "minorVersion": 1, "stable": true, "mandatory": false, "hasStandalone": true}
	return map[string]any{"total": 1, "searchId": nil, "items": []any{version}}, nil
}

func listCollectorGroups(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListCollectorGroups(q)
}

func createCollectorGroup(s *Server, c *call) (any, error) {
	var in account.CollectorGroupInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id, err := s.account.CreateCollectorGroup(c.by(), in)
	if err != nil {
		return nil, err
	}
	return s.account.ReadCollectorGroup(id, c.view())
}

func readCollectorGroup(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return s.account.ReadCollectorGroup(id, c.view())
}

func updateCollectorGroup(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	u, err := c.update()
	if err != nil {
		return nil, err
	}
	var in account.CollectorGroupInput
	if err := c.decodePatch(&in); err != nil {
		return nil, err
	}
	if err := s.account.UpdateCollectorGroup(c.by(), id, in, u); err != nil {
		return nil, err
	}
	return s.account.ReadCollectorGroup(id, c.view())
}

func deleteCollectorGroup(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return nil, s.account.DeleteCollectorGroup(c.by(), id)
}

func listNotes(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListNotes(c.by(), q)
}

func createNote(s *Server, c *call) (any, error) {
	var in account.NoteInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id, err := s.account.CreateNote(c.by(), in)
	if err != nil {
		return nil, err
	}
	return s.account.ShowNote(id), nil
}

func readNote(s *Server, c *call) (any, error) {
	return s.account.ReadNote(c.by(), c.params["id"], c.view())
}

func updateNote(s *Server, c *call) (any, error) {
	u, err := c.update()
	if err != nil {
		return nil, err
	}
	var in account.NoteInput
	if err := c.decodePatch(&in); err != nil {
		return nil, err
	}
	if err := s.account.UpdateNote(c.by(), c.params["id"], in, u); err != nil {
		return nil, err
	}
	return s.account.ShowNote(c.params["id"]), nil
}

func deleteNote(s *Server, c *call) (any, error) {
	return nil, s.account.DeleteNote(c.by(), c.params["id"])
}

func listRecycled(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListRecycled(q)
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
