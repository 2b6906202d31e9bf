package account

import (
	"slices"
	"strings"
)

// An EntityProperty is a property as the property endpoints show it.
type EntityProperty struct {
	Name        string      `json:"name"`
	Value       string      `json:"value"`
	Type        string      `json:"type"` // Custom, System or Inherit
	InheritList []Inherited `json:"inheritList"`
}

// Inherited is one place a value comes from.
type Inherited struct {
	FullPath string `json:"fullpath"`
	ID       int32  `json:"id"`
	Type     string `json:"type"`
	Value    string `json:"value"`
}

// An Owner is what a property belongs to: a device or a device group.
type Owner struct {
	Group bool
	ID    int32
}

// Properties returns the merged view of a device's or group's properties: own, system, inherited.
func (a *Account) Properties(by By, o Owner) ([]EntityProperty, error) {
	var out []EntityProperty
	add := func(list []Property, kind string) {
		for _, p := range list {
			out = append(out, EntityProperty{Name: p.Name, Value: a.shown(p), Type: kind, InheritList: []Inherited{}})
		}
	}
	if o.Group {
		n, err := a.readableGroup(o.ID, by.At)
		if err != nil {
			return nil, err
		}
		add(n.Custom, "Custom")
		add(notIn(a.inheritedFrom([]int32{n.ParentID}), n.Custom), "Inherit")
		return out, nil
	}
	h, err := a.readable(o.ID, by.At)
	if err != nil {
		return nil, err
	}
	add(h.Custom, "Custom")
	add(a.systemProperties(h), "System")
	add(a.inheritedBy(h), "Inherit")
	return out, nil
}

// Property returns one property of the merged view.
func (a *Account) Property(by By, o Owner, name string) (EntityProperty, error) {
	list, err := a.Properties(by, o)
	if err != nil {
		return EntityProperty{}, err
	}
	for _, p := range list {
		if strings.EqualFold(p.Name, name) {
			return p, nil
		}
	}
	return EntityProperty{}, notFound("Property", " "+name)
}

// CreateProperty adds a property; one of that name must not exist yet.
func (a *Account) CreateProperty(by By, o Owner, p Property) error {
	own, err := a.ownProperties(by, o)
	if err != nil {
		return err
	}
	if _, exists := property(own, p.Name); exists {
		return refuse(409, 1409, "property %s already exists", p.Name)
	}
	return a.writeProperty(by, o, own, p)
}

// UpdateProperty changes a property that exists.
func (a *Account) UpdateProperty(by By, o Owner, p Property) error {
	own, err := a.ownProperties(by, o)
	if err != nil {
		return err
	}
	stored, exists := property(own, p.Name)
	if !exists {
		return a.notOwn(by, o, p.Name)
	}
	if p.Value == Mask {
		p.Value = stored.Value
	}
	return a.writeProperty(by, o, own, p)
}

// DeleteProperty removes a property.
func (a *Account) DeleteProperty(by By, o Owner, name string) error {
	own, err := a.ownProperties(by, o)
	if err != nil {
		return err
	}
	if _, exists := property(own, name); !exists {
		return a.notOwn(by, o, name)
	}
	a.storeProperties(by, o, withoutProperty(own, name))
	return nil
}

// notOwn tells a property that exists elsewhere, and so cannot be written here, from one that does not exist.
func (a *Account) notOwn(by By, o Owner, name string) error {
	if p, err := a.Property(by, o, name); err == nil {
		return badRequest("property %s is of type %s and cannot be changed here", name, p.Type)
	}
	return notFound("Property", " "+name)
}

func (a *Account) ownProperties(by By, o Owner) ([]Property, error) {
	if o.Group {
		n, err := a.readableGroup(o.ID, by.At)
		if err != nil {
			return nil, err
		}
		return n.Custom, nil
	}
	h, err := a.readable(o.ID, by.At)
	if err != nil {
		return nil, err
	}
	return h.Custom, nil
}

func (a *Account) writeProperty(by By, o Owner, own []Property, p Property) error {
	checked, err := a.checkProperties([]Property{p})
	if err != nil {
		return err
	}
	name := fold(p.Name)
	if strings.HasPrefix(name, "system.") && name != categories && !o.Group {
		return badRequest("property %s belongs to the portal", p.Name)
	}
	if len(checked) == 0 {
		return nil
	}
	a.storeProperties(by, o, setProperty(own, p.Name, p.Value))
	return nil
}

func (a *Account) storeProperties(by By, o Owner, list []Property) {
	if o.Group {
		n := a.groups[o.ID]
		g := *n.Group
		g.Custom = list
		a.replaceGroup(by, n, &g, n.expr)
		return
	}
	h := a.devices.at(o.ID)
	d := *h.Device
	d.Custom, d.UpdatedOn = list, by.At.Unix()
	a.replaceDevice(by, h, &d)
}

func (a *Account) shown(p Property) string {
	if a.masked(p.Name) {
		return Mask
	}
	return p.Value
}

// inheritedBy returns what a device inherits from its groups and does not set itself.
func (a *Account) inheritedBy(h *host) []Property {
	if h == nil {
		return nil
	}
	return notIn(a.inheritedFrom(h.memberships()), h.Custom)
}

// inheritedFrom collects group properties upward; the group nearest to the device wins.
func (a *Account) inheritedFrom(groups []int32) []Property {
	var out []Property
	level := slices.Clone(groups)
	for len(level) > 0 {
		var up []int32
		for _, id := range level {
			n, ok := a.groups[id]
			if !ok {
				continue
			}
			out = append(out, notIn(n.Custom, out)...)
			if n.ParentID != 0 && !slices.Contains(up, n.ParentID) {
				up = append(up, n.ParentID)
			}
		}
		level = up
	}
	return out
}

func notIn(list, exclude []Property) []Property {
	var out []Property
	for _, p := range list {
		if _, found := property(exclude, p.Name); !found {
			out = append(out, p)
		}
	}
	return out
}
