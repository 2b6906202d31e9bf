package scenario_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"

	"github.com/argus-k8s/argus/internal/lmsim"
	"github.com/argus-k8s/argus/internal/lmsim/account"
)

func (s *story) simCmd(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("sim cannot be negated")
	}
	p := s.portal
	command(ts, args, map[string]func([]string){
		"cmp":  func(args []string) { s.simCmp(ts, args) },
		"zero": func([]string) { p.zero = lastCall(p.Calls(0)) },
		"writes": func(args []string) {
			p.count(ts, args, "writes", func(c lmsim.Call) bool { return c.Method != http.MethodGet })
		},
		"calls": func(args []string) {
			if len(args) < 2 {
				ts.Fatalf("usage: sim calls [-max] N METHOD TEMPLATE")
			}
			method, template := args[len(args)-2], args[len(args)-1]
			p.count(ts, args[:len(args)-2], method+" "+template, func(c lmsim.Call) bool { return c.Method == method && c.Template == template })
		},
		"mark": func(args []string) {
			for _, subject := range args {
				p.marked[p.subject(ts, subject).ID] = subject
			}
		},
		"switch": func(args []string) { p.turn(ts, args) },
		"fault": func(args []string) {
			want(ts, args, 1, "sim fault FILE, or sim fault none")
			var faults []lmsim.Fault
			if args[0] != "none" {
				ts.Check(yaml.UnmarshalStrict([]byte(ts.ReadFile(args[0])), &faults))
			}
			ts.Check(p.SetFaults(faults...))
		},
		"create": func(args []string) {
			want(ts, args, 1, "sim create FILE")
			p.create(ts, args[0])
		},
		"rename": func(args []string) {
			want(ts, args, 2, "sim rename SUBJECT NAME")
			p.edit(ts, args[0], account.DeviceInput{DisplayName: &args[1]}, account.GroupInput{Name: &args[1]})
		},
		"move": func(args []string) {
			want(ts, args, 2, "sim move group:PATH PARENT")
			parent, err := p.group(args[1])
			ts.Check(err)
			p.edit(ts, args[0], account.DeviceInput{}, account.GroupInput{ParentID: &parent.ID})
		},
		"edit": func(args []string) {
			want(ts, args, 2, "sim edit SUBJECT FILE")
			var d account.DeviceInput
			var g account.GroupInput
			into := any(&d)
			if strings.HasPrefix(args[0], "group:") {
				into = &g
			}
			ts.Check(yaml.UnmarshalStrict([]byte(ts.ReadFile(args[1])), into))
			p.edit(ts, args[0], d, g)
		},
		"set":    func(args []string) { p.setProperties(ts, args) },
		"unset":  func(args []string) { p.unsetProperties(ts, args) },
		"delete": func(args []string) { p.remove(ts, args) },
	})
}

func (s *story) simCmp(ts *testscript.TestScript, args []string) {
	switch {
	case len(args) == 2 && args[0] == "devices":
		s.compare(ts, args[1], s.deviceTable)
	case len(args) == 2 && args[0] == "groups":
		s.compare(ts, args[1], s.groupTable)
	case len(args) == 3 && args[0] == "properties":
		s.compare(ts, args[2], func([]string) (table, error) { return s.propertyTable(args[1]) })
	default:
		ts.Fatalf("usage: sim cmp devices FILE, sim cmp groups FILE, or sim cmp properties DISPLAYNAME FILE")
	}
}

func lastCall(calls []lmsim.Call) uint64 {
	if len(calls) == 0 {
		return 0
	}
	return calls[len(calls)-1].Seq
}

// count compares a number of calls since the last sim zero with N, or with at most
// N.
func (p *portal) count(ts *testscript.TestScript, args []string, what string, fits func(lmsim.Call) bool) {
	most := len(args) == 2 && args[0] == "-max"
	if most {
		args = args[1:]
	}
	want(ts, args, 1, "sim writes [-max] N")
	limit, err := strconv.Atoi(args[0])
	ts.Check(err)
	n, list := 0, ""
	for _, c := range p.calls() {
		if fits(c) {
			n++
			list += fmt.Sprintf("%s %s?%s %d\n", c.Method, c.Path, c.Query, c.Status)
		}
	}
	if n > limit || n < limit && !most {
		ts.Fatalf("%d %s, want %d:\n%s", n, what, limit, list)
	}
}

// subject is something in the account: device:DISPLAYNAME or group:PATH.
type subject struct {
	ID    int32
	group bool
}

func (p *portal) subject(ts *testscript.TestScript, text string) subject {
	if name, ok := strings.CutPrefix(text, "device:"); ok {
		d, found := p.DeviceByDisplayName(name)
		if !found {
			ts.Fatalf("there is no device %q", name)
		}
		return subject{ID: d.ID}
	}
	path, ok := strings.CutPrefix(text, "group:")
	if !ok {
		ts.Fatalf("%q: write device:DISPLAYNAME or group:PATH", text)
	}
	g, err := p.group(path)
	ts.Check(err)
	return subject{ID: g.ID, group: true}
}

func (p *portal) edit(ts *testscript.TestScript, what string, d account.DeviceInput, g account.GroupInput) {
	at := p.subject(ts, what)
	if at.group {
		ts.Check(p.EditGroup(at.ID, g))
	} else {
		ts.Check(p.EditDevice(at.ID, d))
	}
}

func (p *portal) setProperties(ts *testscript.TestScript, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: sim set SUBJECT name=value")
	}
	var all []account.Property
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		all = append(all, account.Property{Name: name, Value: value})
	}
	p.edit(ts, args[0], account.DeviceInput{Custom: &all}, account.GroupInput{Custom: &all})
}

func (p *portal) unsetProperties(ts *testscript.TestScript, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: sim unset SUBJECT name")
	}
	at := p.subject(ts, args[0])
	for _, name := range args[1:] {
		ts.Check(p.RemoveProperty(account.Owner{Group: at.group, ID: at.ID}, name))
	}
}

func (p *portal) remove(ts *testscript.TestScript, args []string) {
	for _, arg := range args {
		at := p.subject(ts, arg)
		if at.group {
			ts.Check(p.DeleteGroup(at.ID, account.GroupDeletion{Children: true, Hard: true}))
		} else {
			ts.Check(p.DeleteDevice(at.ID, true))
		}
	}
}

// create adds what a person makes by hand: devices, and groups with the path of
// their parent.
func (p *portal) create(ts *testscript.TestScript, file string) {
	var made struct {
		Devices []account.DeviceInput `json:"devices"`
		Groups  []struct {
			account.GroupInput
			Parent string `json:"parent"`
		} `json:"groups"`
	}
	ts.Check(yaml.UnmarshalStrict([]byte(ts.ReadFile(file)), &made))
	for _, g := range made.Groups {
		parent, err := p.group(g.Parent)
		ts.Check(err)
		g.ParentID = &parent.ID
		_, err = p.CreateGroup(g.GroupInput)
		ts.Check(err)
	}
	for _, d := range made.Devices {
		_, err := p.CreateDevice(d)
		ts.Check(err)
	}
}

// turn sets switches of the simulator, each name=value.
func (p *portal) turn(ts *testscript.TestScript, args []string) {
	values := map[string]json.RawMessage{}
	for _, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		raw := json.RawMessage(value)
		if !json.Valid(raw) {
			raw, _ = json.Marshal(value) // a string can be written
		}
		values[name] = raw
	}
	patch, err := json.Marshal(values)
	ts.Check(err)
	_, err = p.PatchSwitches(patch)
	ts.Check(err)
}
