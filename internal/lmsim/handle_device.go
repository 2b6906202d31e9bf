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

func listDevices(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.ListDevices(c.by(), 0, q)
}

func createDevice(s *Server, c *call) (any, error) {
	var in account.DeviceInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	id, err := s.account.CreateDevice(c.by(), in)
	if err != nil {
		return nil, err
	}
	return s.account.ShowDevice(id, c.view()), nil
}

func readDevice(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return s.account.ReadDevice(c.by(), id, c.view())
}

func updateDevice(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	u, err := c.update()
	if err != nil {
		return nil, err
	}
	var in account.DeviceInput
	if err := c.decodePatch(&in); err != nil {
		return nil, err
	}
	if err := s.account.UpdateDevice(c.by(), id, in, u); err != nil {
		return nil, err
	}
	return s.account.ShowDevice(id, c.view()), nil
}

func deleteDevice(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	return nil, s.account.DeleteDevice(c.by(), id, c.flag("deleteHard", true))
}

func scheduleDiscovery(s *Server, c *call) (any, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	_, err = s.account.ReadDevice(c.by(), id, account.View{Fields: []string{"id"}})
	return nil, err
}

func registerDelta(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.RegisterDelta(c.by(), q)
}

func readDelta(s *Server, c *call) (any, error) {
	q, err := c.listQuery()
	if err != nil {
		return nil, err
	}
	return s.account.Delta(c.by(), c.params["deltaId"], q)
}
