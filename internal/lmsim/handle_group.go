package lmsim

import (
	"encoding/json"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

func groupRoutes() []route {
	show := func(s *Server, c *call, id int32) []byte { return s.account.ShowGroup(id, c.view()) }
	update := updating(func(s *Server, by account.By, id int32, in account.GroupInput, u account.Update) error {
		return s.account.UpdateGroup(by, id, in, u)
	}, show)
	return []route{
		rt("GET", "/device/groups", onGroups, listing(func(s *Server, c *call, q account.Query) (account.Page, error) {
			return s.account.ListGroups(c.by(), q)
		})),
		rt("POST", "/device/groups", onGroups, creating(func(s *Server, by account.By, in account.GroupInput) (int32, error) {
			return s.account.CreateGroup(by, in)
		}, show)),
		rt("GET", "/device/groups/{id}", onGroups, reading(func(s *Server, c *call, id int32) ([]byte, error) {
			return s.account.ReadGroup(c.by(), id, c.view())
		})),
		rt("PUT", "/device/groups/{id}", onGroups, update),
		rt("PATCH", "/device/groups/{id}", onGroups, update),
		rt("DELETE", "/device/groups/{id}", onGroups, acting(func(s *Server, c *call, id int32) error {
			how := account.GroupDeletion{Children: c.flag("deleteChildren", false), Hard: c.flag("deleteHard", true)}
			return s.account.DeleteGroup(c.by(), id, how)
		})),
		rt("GET", "/device/groups/{id}/devices", onDevices, listing(listGroupDevices)),
		rt("POST", "/functions", onGroups, testAppliesTo),
	}
}

func listGroupDevices(s *Server, c *call, q account.Query) (account.Page, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return s.account.ListDevices(c.by(), id, q)
}

// propertyRoutes are the property endpoints of devices or of groups.
func propertyRoutes(base string, on class) []route {
	return []route{
		rt("GET", base+"/{id}/properties", on, listing(listProperties)),
		rt("POST", base+"/{id}/properties", on, createProperty),
		rt("GET", base+"/{id}/properties/{name}", on, readProperty),
		rt("PUT", base+"/{id}/properties/{name}", on, updateProperty),
		rt("PATCH", base+"/{id}/properties/{name}", on, updateProperty),
		rt("DELETE", base+"/{id}/properties/{name}", on, deleteProperty),
	}
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
	current, err := s.matches(in.Current)
	if err != nil {
		return nil, err
	}
	original, err := s.matches(in.Original)
	if err != nil {
		return nil, err
	}
	return map[string]any{"currentAppliesTo": in.Current, "originalAppliesTo": in.Original,
		"currentMatches": current, "originalMatches": original}, nil
}

func (s *Server) matches(expression string) ([]json.RawMessage, error) {
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

func listProperties(s *Server, c *call, q account.Query) (account.Page, error) {
	o, err := c.owner()
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
