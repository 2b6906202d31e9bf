package lmsim

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// id reads the {id} of a path. What is not a number names nothing.
func (c *call) id() (int32, error) {
	n, err := strconv.ParseInt(c.params["id"], 10, 32)
	if err != nil {
		return 0, &account.Error{Status: 404, Code: 1404, Message: "No such resource " + c.params["id"]}
	}
	return int32(n), nil
}

func (c *call) view() account.View {
	v := account.View{StaticOnly: c.flag("needStcGrpAndSortedCP", false)}
	for f := range strings.SplitSeq(c.query.Get("fields"), ",") {
		if f = strings.TrimSpace(f); f != "" {
			v.Fields = append(v.Fields, f)
		}
	}
	return v
}

func (c *call) flag(name string, missing bool) bool {
	switch strings.ToLower(c.query.Get(name)) {
	case "true":
		return true
	case "false":
		return false
	}
	return missing
}

// listQuery reads paging, sorting and filter. A + in front of a sort field may have become a space.
func (c *call) listQuery() (account.Query, error) {
	q := account.Query{View: c.view(), Size: 50, Filter: c.query.Get("filter"), Deleted: c.flag("includeDeletedResources", false)}
	q.Sort = strings.TrimLeft(c.query.Get("sort"), "+ ")
	for name, to := range map[string]*int{"size": &q.Size, "offset": &q.Offset} {
		text := c.query.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return q, &account.Error{Status: 400, Code: 1400, Message: name + " is not a number"}
		}
		*to = n
	}
	return q, nil
}

// update reads how a PUT or PATCH applies its body.
func (c *call) update() (account.Update, error) {
	u := account.Update{Whole: c.method == "PUT", OpType: strings.ToLower(c.query.Get("opType"))}
	switch u.OpType {
	case "", account.OpRefresh, account.OpReplace, account.OpAdd:
		return u, nil
	}
	return u, &account.Error{Status: 400, Code: 1400, Message: "unknown opType " + u.OpType}
}

// decodePatch reads a body of which, when patchFields is given, only the named fields count. The
// parameter is taken without case, as clients spell it both ways.
func (c *call) decodePatch(to any) error {
	only := ""
	for name, values := range c.query {
		if strings.EqualFold(name, "patchFields") && len(values) > 0 {
			only = values[0]
		}
	}
	if only == "" || c.method != "PATCH" {
		return c.decode(to)
	}
	var all, kept map[string]json.RawMessage
	if err := c.decode(&all); err != nil {
		return err
	}
	kept = map[string]json.RawMessage{}
	for name := range strings.SplitSeq(only, ",") {
		if v, ok := all[strings.TrimSpace(name)]; ok {
			kept[strings.TrimSpace(name)] = v
		}
	}
	body, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	part := *c
	part.body = bytes.TrimSpace(body)
	return part.decode(to)
}

// change reads how a PUT or PATCH applies its body, and the body.
func (c *call) change(to any) (account.Update, error) {
	u, err := c.update()
	if err != nil {
		return u, err
	}
	return u, c.decodePatch(to)
}

func deviceRoutes() []route {
	show := func(s *Server, c *call, id int32) []byte { return s.account.ShowDevice(id, c.view()) }
	update := updating(func(s *Server, by account.By, id int32, in account.DeviceInput, u account.Update) error {
		return s.account.UpdateDevice(by, id, in, u)
	}, show)
	return []route{
		rt("GET", "/device/devices", onDevices, listing(func(s *Server, c *call, q account.Query) (account.Page, error) {
			return s.account.ListDevices(c.by(), 0, q)
		})),
		rt("POST", "/device/devices", onDevices, creating(func(s *Server, by account.By, in account.DeviceInput) (int32, error) {
			return s.account.CreateDevice(by, in)
		}, show)),
		rt("GET", "/device/devices/delta", onDevices, listing(func(s *Server, c *call, q account.Query) (account.Page, error) {
			return s.account.RegisterDelta(c.by(), q)
		})),
		rt("GET", "/device/devices/delta/{deltaId}", onDevices, listing(func(s *Server, c *call, q account.Query) (account.Page, error) {
			return s.account.Delta(c.by(), c.params["deltaId"], q)
		})),
		rt("GET", "/device/devices/{id}", onDevices, reading(func(s *Server, c *call, id int32) ([]byte, error) {
			return s.account.ReadDevice(c.by(), id, c.view())
		})),
		rt("PUT", "/device/devices/{id}", onDevices, update),
		rt("PATCH", "/device/devices/{id}", onDevices, update),
		rt("DELETE", "/device/devices/{id}", onDevices, acting(func(s *Server, c *call, id int32) error {
			return s.account.DeleteDevice(c.by(), id, c.flag("deleteHard", true))
		})),
		rt("POST", "/device/devices/{id}/scheduleAutoDiscovery", onDevices, acting(scheduleDiscovery)),
	}
}

// scheduleDiscovery changes nothing: the simulator discovers nothing.
func scheduleDiscovery(s *Server, c *call, id int32) error {
	_, err := s.account.ReadDevice(c.by(), id, account.View{Fields: []string{"id"}})
	return err
}
