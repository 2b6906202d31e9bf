package lmsim

import (
	"encoding/json"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

func listGroups(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListGroups(c.by(), q)
}

func createGroup(s *Server, c *call) (any, error) {
	var in account.GroupInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id, err := s.account.CreateGroup(c.by(), in)
	if err != nil {
		return nil, err
	}
	return s.account.ShowGroup(id, c.view()), nil
}

func readGroup(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return s.account.ReadGroup(c.by(), id, c.view())
}

func updateGroup(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	u, err := c.update()
	if err != nil {
		return nil, err
	}
	var in account.GroupInput
	if err := c.decodePatch(&in); err != nil {
		return nil, err
	}
	if err := s.account.UpdateGroup(c.by(), id, in, u); err != nil {
		return nil, err
	}
	return s.account.ShowGroup(id, c.view()), nil
}

func deleteGroup(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	how := account.GroupDeletion{Children: c.flag("deleteChildren", false), Hard: c.flag("deleteHard", true)}
	return nil, s.account.DeleteGroup(c.by(), id, how)
}

func listGroupDevices(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListDevices(c.by(), id, q)
}

// testAppliesTo answers which devices an expression selects.
func testAppliesTo(s *Server, c *call) (any, error) {
	var in struct {
		Type     string `json:"type"`
		Current  string `json:"currentAppliesTo"`
		Original string `json:"originalAppliesTo"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Type != "testAppliesTo" {
		return nil, &account.Error{Status: 400, Code: 1400, Message: "unknown function " + in.Type}
	}
	current, err := s.matches(c, in.Current)
	if err != nil {
		return nil, err
	}
	original, err := s.matches(c, in.Original)
	if err != nil {
		return nil, err
	}
	return map[string]any{"currentAppliesTo": in.Current, "originalAppliesTo": in.Original,
		"currentMatches": current, "originalMatches": original}, nil
}

func (s *Server) matches(c *call, expression string) ([]json.RawMessage, error) {
	ids, err := s.account.TestAppliesTo(expression)
	out := []json.RawMessage{}
	for _, id := range ids {
		d, _ := s.account.Device(id)
		b, encodeErr := json.Marshal(map[string]any{"type": "device", "id": id, "name": d.DisplayName})
		if encodeErr != nil {
			return nil, encodeErr
		}
		out = append(out, b)
	}
	return out, err
}

// owner is the device or group a property call is about.
func (c *call) owner() (account.Owner, error) {
	id, err := c.id()
	return account.Owner{Group: c.route.on == onGroups, ID: id}, err
}

func listProperties(s *Server, c *call) (any, error) {
	o, err := c.owner()
	if err != nil {
		return nil, err
	}
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListProperties(c.by(), o, q)
}

func readProperty(s *Server, c *call) (any, error) {
	o, err := c.owner()
	if err != nil {
		return nil, err
	}
	return s.account.ReadProperty(c.by(), o, c.params["name"], c.view())
}

func createProperty(s *Server, c *call) (any, error) {
	return s.writeProperty(c, s.account.CreateProperty)
}

func updateProperty(s *Server, c *call) (any, error) {
	return s.writeProperty(c, s.account.UpdateProperty)
}

func (s *Server) writeProperty(c *call, write func(account.By, account.Owner, account.Property) error) (any, error) {
	o, err := c.owner()
	if err != nil {
		return nil, err
	}
	var p account.Property
	if err := c.decode(&p); err != nil {
		return nil, err
	}
	if name := c.params["name"]; name != "" {
		p.Name = name
	}
	if err := write(c.by(), o, p); err != nil {
		return nil, err
	}
	return s.account.ReadProperty(c.by(), o, p.Name, account.View{})
}

func deleteProperty(s *Server, c *call) (any, error) {
	o, err := c.owner()
	if err != nil {
		return nil, err
	}
	return nil, s.account.DeleteProperty(c.by(), o, c.params["name"])
}
