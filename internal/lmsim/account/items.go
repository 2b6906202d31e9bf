package account

import "encoding/json"

// ReadDevice answers one device as JSON.
func (a *Account) ReadDevice(by By, id int32, v View) ([]byte, error) {
	h, err := a.readable(id, by.At)
	if err != nil {
		return nil, err
	}
	return deviceTable.render(nil, a, h, v), nil
}

// ShowDevice answers one device as JSON whatever the lag rules say; nil when there is none. It is
// how a writer sees its own write.
func (a *Account) ShowDevice(id int32, v View) []byte {
	h, ok := a.devices.find(id)
	if !ok {
		return nil
	}
	return deviceTable.render(nil, a, h, v)
}

// ReadGroup answers one device group as JSON.
func (a *Account) ReadGroup(by By, id int32, v View) ([]byte, error) {
	n, err := a.readableGroup(id, by.At)
	if err != nil {
		return nil, err
	}
	return groupTable.render(nil, a, n, v), nil
}

// ShowGroup answers one device group as JSON whatever the lag rules say; nil when there is none.
func (a *Account) ShowGroup(id int32, v View) []byte {
	n, ok := a.groups[id]
	if !ok {
		return nil
	}
	return groupTable.render(nil, a, n, v)
}

// ReadCollector answers one collector as JSON.
func (a *Account) ReadCollector(id int32, v View) ([]byte, error) {
	c, ok := a.collectors[id]
	if !ok {
		return nil, notFound("Agent", id)
	}
	return collectorTable.render(nil, a, c, v), nil
}

// ReadCollectorGroup answers one collector group as JSON.
func (a *Account) ReadCollectorGroup(id int32, v View) ([]byte, error) {
	g, ok := a.collectorGroups[id]
	if !ok {
		return nil, notFound("AgentGroup", id)
	}
	return collectorGroupTable.render(nil, a, g, v), nil
}

// ShowCollector answers one collector as JSON; nil when there is none.
func (a *Account) ShowCollector(id int32, v View) []byte {
	b, err := a.ReadCollector(id, v)
	if err != nil {
		return nil
	}
	return b
}

// ShowCollectorGroup answers one collector group as JSON; nil when there is none.
func (a *Account) ShowCollectorGroup(id int32, v View) []byte {
	b, err := a.ReadCollectorGroup(id, v)
	if err != nil {
		return nil
	}
	return b
}

// ReadNote answers one ops note as JSON.
func (a *Account) ReadNote(by By, id string, v View) ([]byte, error) {
	n, err := a.readableNote(by, id)
	if err != nil {
		return nil, err
	}
	return noteTable.render(nil, a, n, v), nil
}

// ShowNote answers one ops note as JSON whatever the lag rules say; nil when there is none.
func (a *Account) ShowNote(id string) []byte {
	n, ok := a.notes[id]
	if !ok {
		return nil
	}
	return noteTable.render(nil, a, n, View{})
}

// ReadProperty answers one property of a device or group as JSON.
func (a *Account) ReadProperty(by By, o Owner, name string, v View) ([]byte, error) {
	p, err := a.Property(by, o, name)
	if err != nil {
		return nil, err
	}
	return propertyTable.render(nil, a, p, v), nil
}

// A Dump is the whole account as it shows itself, every list by rising id. Groups carry the display
// names of their direct members.
type Dump struct {
	Devices         []json.RawMessage `json:"devices"`
	Groups          []json.RawMessage `json:"groups"`
	Collectors      []json.RawMessage `json:"collectors"`
	CollectorGroups []json.RawMessage `json:"collectorGroups"`
	Notes           []json.RawMessage `json:"opsnotes"`
	Recycled        []json.RawMessage `json:"recyclebin"`
}

// Dump returns everything in the account.
func (a *Account) Dump(v View) Dump {
	d := Dump{Devices: []json.RawMessage{}, Groups: []json.RawMessage{}}
	for _, h := range a.hosts(a.order) {
		d.Devices = append(d.Devices, deviceTable.render(nil, a, h, v))
	}
	for _, id := range a.groupOrder {
		d.Groups = append(d.Groups, a.dumpGroup(a.groups[id], v))
	}
	d.Collectors = renderAll(a, collectorTable, sortedValues(a.collectors), v)
	d.CollectorGroups = renderAll(a, collectorGroupTable, sortedValues(a.collectorGroups), v)
	d.Notes, d.Recycled = []json.RawMessage{}, []json.RawMessage{}
	for _, n := range a.notes {
		d.Notes = append(d.Notes, noteTable.render(nil, a, n, v))
	}
	for _, r := range a.recycled {
		d.Recycled = append(d.Recycled, recycledTable.render(nil, a, r, v))
	}
	return d
}

func (a *Account) dumpGroup(n *node, v View) []byte {
	names := make([]string, 0, len(n.members))
	for _, h := range a.hosts(n.members) {
		names = append(names, h.DisplayName)
	}
	b := groupTable.render(nil, a, n, v)
	b = append(b[:len(b)-1], `,"members":`...)
	return append(appendValue(b, names), '}')
}

func renderAll[T any](a *Account, t *table[T], items []T, v View) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(items))
	for _, x := range items {
		out = append(out, t.render(nil, a, x, v))
	}
	return out
}
