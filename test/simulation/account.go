package simulation

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

// retention is how long resources of gone objects are kept under Retain.
const retention = 24 * time.Hour

// property of a person on a resource of ours, and a category of one.
const (
	personProperty = "person.note"
	personCategory = "snmp"
)

// device is one resource of the account. What it holds is never changed in place:
// whoever has read it may keep it.
type device struct {
	obs     resource.Observed
	foreign bool // from birth, and nobody else's
	born    int
	changed int // when it was last changed, by whomever
	renamed int // when a person gave it another display name
	hidden  bool
}

// ours says whether it carries the identity of an object and is alive.
func (d *device) ours() bool { return d.obs.Key != (resource.Key{}) && d.obs.Life == resource.Live }

// sent is a change on its way: who sent it, and the moment its decision began.
type sent struct {
	by     int
	began  int
	at     int // when it was sent
	change plan.Change
	saw    *resource.Observed // the target as the sender last read it in that decision
}

// ended is a resource that is no more, or no more live.
type ended struct {
	device
	died int
}

// account is the model of a LogicMonitor account: requests are carried out one
// after the other, display names are unique, and whatever was committed stands.
type account struct {
	lab     *Lab
	devices []*device // in order of ID
	ended   []ended
	hung    []sent
	poison  map[int]bool // keys whose changes it refuses
	last    resource.ID
	writes  int // commits by writers
	lagging bool
	lists   map[int]int
}

func (a *account) find(id resource.ID) *device {
	i, ok := slices.BinarySearchFunc(a.devices, id, func(d *device, id resource.ID) int { return cmp.Compare(d.obs.ID, id) })
	if !ok {
		return nil
	}
	return a.devices[i]
}

func (a *account) named(displayName string) *device {
	for _, d := range a.devices {
		if strings.EqualFold(d.obs.DisplayName, displayName) {
			return d
		}
	}
	return nil
}

// of returns the live resources of a key.
func (a *account) of(key resource.Key) []*device {
	var found []*device
	for _, d := range a.devices {
		if d.ours() && d.obs.Key == key {
			found = append(found, d)
		}
	}
	return found
}

// first is the oldest live resource of a key, or nil.
func (a *account) first(key resource.Key) *device {
	if found := a.of(key); len(found) > 0 {
		return found[0]
	}
	return nil
}

// add puts a resource into the account.
func (a *account) add(o resource.Observed, now int) *device {
	a.last++
	o.ID, o.CreatedOn = a.last, int64(a.last)
	d := &device{obs: identified(o), born: now}
	a.devices = append(a.devices, d)
	return d
}

// drop takes a resource out of the account.
func (a *account) drop(d *device, now int) {
	a.ended = append(a.ended, ended{*d, now})
	a.devices = slices.DeleteFunc(a.devices, func(e *device) bool { return e == d })
}

// identified reads from a resource whose it is, as the account package does.
func identified(o resource.Observed) resource.Observed {
	name, _ := o.Property(resource.PropName)
	namespace, _ := o.Property(resource.PropNamespace)
	owner, _ := o.Property(resource.PropClusterName)
	uid, _ := o.Property(resource.PropUID)
	o.Key, o.UID, o.Life = resource.Key{}, resource.UID(uid), resource.Live
	if owner != cluster || name == "" {
		return o
	}
	for _, category := range o.Categories {
		row, life, ok := kind.ByCategory(category)
		if !ok {
			continue
		}
		o.Key = resource.Key{Kind: row.ID, Namespace: namespace, Name: name}
		if life == resource.Deleted {
			o.Life = life
		}
	}
	if _, marked := o.Property(resource.PropDeletedOn); marked && o.Key != (resource.Key{}) {
		o.Life = resource.Deleted
	}
	return o
}

// with is a resource with a property set, or removed where the value is empty.
func with(o resource.Observed, name, value string) resource.Observed {
	if name == resource.PropCategories {
		o.Categories = resource.SplitCategories(value)
		return identified(o)
	}
	o.Properties = slices.DeleteFunc(slices.Clone(o.Properties), func(p resource.Property) bool { return strings.EqualFold(p.Name, name) })
	if value != "" {
		o.Properties = append(o.Properties, resource.Property{Name: name, Value: value})
	}
	return identified(o)
}

// commit carries out a change; half leaves the second half of an update undone.
func (a *account) commit(w *World, s sent, half bool) plan.Result {
	c := s.change
	key := w.lab.index[c.Key]
	if c.Op != plan.Delete && a.poison[key] {
		w.cover(18, true)
		return plan.Result{Outcome: plan.Refused, Reason: "invalid"}
	}
	if c.Op == plan.Create {
		return a.create(w, s)
	}
	d := a.find(c.ID)
	if d == nil {
		return plan.Result{Outcome: plan.Gone, Reason: "no such resource"}
	}
	if n := a.named(c.DisplayName); c.DisplayName != "" && n != nil && n != d {
		return plan.Result{Outcome: plan.Taken, Reason: "the display name is taken"}
	}
	before := *d
	if c.Op == plan.Delete {
		a.drop(d, w.now)
	} else {
		a.update(d, c, half)
		d.changed = w.now
		if d.obs.Life == resource.Deleted {
			a.ended = append(a.ended, ended{before, w.now})
		}
	}
	a.writes++
	w.judge(s, &before, d)
	if c.Op == plan.Delete {
		return plan.Result{Outcome: plan.Done}
	}
	seen := d.obs
	return plan.Result{Outcome: plan.Done, Seen: &seen}
}

func (a *account) create(w *World, s sent) plan.Result {
	want := s.change.Want
	if n := a.named(want.DisplayName); n != nil {
		w.cover(13, n.foreign)
		return plan.Result{Outcome: plan.Taken, Reason: "the display name is taken"}
	}
	d := a.add(resource.Observed{Name: want.Name, DisplayName: want.DisplayName, Categories: want.Categories, Properties: want.Properties}, w.now)
	d.hidden = a.lagging
	w.cover(12, d.hidden)
	a.writes++
	w.judge(s, nil, d)
	seen := d.obs
	return plan.Result{Outcome: plan.Done, Seen: &seen}
}

func (*account) update(d *device, c plan.Change, half bool) {
	o := d.obs
	o.Name, o.DisplayName = cmp.Or(c.Name, o.Name), cmp.Or(c.DisplayName, o.DisplayName)
	for _, p := range c.Set {
		o = with(o, p.Name, p.Value)
	}
	for _, name := range c.Remove {
		if !half {
			o = with(o, name, "")
		}
	}
	o.AlertingDisabled = o.AlertingDisabled || c.Retires
	d.obs = o
}

// page is one page of the list of this cluster's resources, by ID.
func (a *account) page(offset int) (rows []resource.Observed, total int) {
	for _, d := range a.devices {
		if owner, _ := d.obs.Property(resource.PropClusterName); owner != cluster || d.hidden {
			continue
		}
		if total >= offset && len(rows) < pageSize {
			rows = append(rows, d.obs)
		}
		total++
	}
	return rows, total
}

// person has somebody in the portal do something about the resource of a key.
func (w *World) person(verb Verb, key int) bool {
	if key < 0 || key >= w.Objects {
		return false
	}
	a, k := w.account, w.lab.keys[key]
	d := a.first(k)
	switch verb {
	case PersonClash:
		return w.clash(key)
	case PersonUnclash:
		return w.unclash(key)
	case PersonDuplicate:
		return w.duplicate(key)
	default:
	}
	if d == nil || d.hidden {
		return false
	}
	switch verb {
	case PersonEdit:
		d.obs = with(d.obs, resource.PrefixLabel+"content", "person")
	case PersonAdd:
		d.obs = with(d.obs, personProperty, "of person "+strconv.Itoa(w.now))
		if !slices.Contains(d.obs.Categories, personCategory) {
			d.obs = with(d.obs, resource.PropCategories, resource.JoinCategories(append(slices.Clone(d.obs.Categories), personCategory)))
		}
	case PersonRename:
		d.obs.DisplayName = "of person " + strconv.Itoa(w.now)
		d.renamed = w.now
	case PersonRemove:
		a.drop(d, w.now)
	case PersonStrip:
		a.ended = append(a.ended, ended{*d, w.now})
		d.obs = with(d.obs, resource.PropClusterName, "")
	default:
		return false
	}
	d.changed = w.now
	w.cover(15, true)
	return true
}

// clash has a resource of somebody else take the display name of a key.
func (w *World) clash(key int) bool {
	name := kind.DisplayName(w.lab.keys[key], cluster)
	if w.account.named(name) != nil {
		return false
	}
	d := w.account.add(resource.Observed{Name: "somebody", DisplayName: name, Properties: []resource.Property{{Name: "somebody", Value: "else"}}}, w.now)
	d.foreign = true
	w.born[d.obs.ID] = d.obs
	return true
}

// unclash has somebody else take away what clash put there.
func (w *World) unclash(key int) bool {
	d := w.account.named(kind.DisplayName(w.lab.keys[key], cluster))
	if d == nil || !d.foreign {
		return false
	}
	w.account.drop(d, w.now)
	delete(w.born, d.obs.ID)
	return true
}

// duplicate is a second resource of a key, as an older program left it. It may
// only be there before any writer is.
func (w *World) duplicate(key int) bool {
	if len(w.writers) > 0 && w.writers[0].life != 0 {
		return false
	}
	o := object{sight: plan.Present, uid: max(w.kubernetes.now(key).uid, 1)}
	want := w.lab.want(key, o).res
	n := len(w.account.of(want.Key))
	display := want.DisplayName
	if n > 0 {
		display += "-" + strconv.Itoa(n)
	}
	w.account.add(resource.Observed{Name: want.Name, DisplayName: display, Categories: want.Categories, Properties: want.Properties}, w.now)
	w.allowed[key] = max(1, n+1)
	return true
}

// lag makes what is created from now on invisible to reads and to people, as in an
// account whose index is behind; show ends that. What was once seen stays visible.
func (a *account) lag() bool {
	was := a.lagging
	a.lagging = true
	return !was
}

func (a *account) show() bool {
	was := a.lagging
	a.lagging = false
	for _, d := range a.devices {
		d.hidden = false
	}
	return was
}
