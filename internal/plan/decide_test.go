package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/argus-k8s/argus/internal/resource"
)

var key = resource.Key{Kind: "pods", Namespace: "shop", Name: "web-0"}

func wanted(uid resource.UID, content string) *resource.Resource {
	b := resource.NewBuilder(key, uid)
	b.Name("10.0.0.1")
	b.DisplayName("web-0-pod-shop-lab")
	b.Category("KubernetesPod")
	b.Auto("clustername", "lab", "")
	b.Auto("name", key.Name, "")
	b.Auto("namespace", key.Namespace, "")
	b.Auto("uid", string(uid), "")
	b.Label("content", content)
	r := b.Build()
	return &r
}

func hint(w *resource.Resource) Hint {
	return Hint{Sight: Present, UID: w.UID, Print: w.Fingerprint(resource.Ownership{})}
}

func observed(id resource.ID, w *resource.Resource) *resource.Observed {
	return &resource.Observed{
		ID: id, Key: w.Key, UID: w.UID, Name: w.Name, DisplayName: w.DisplayName,
		Categories: w.Categories, Properties: w.Properties, CreatedOn: int64(id),
	}
}

func known(o *resource.Observed) Known {
	return Known{ID: o.ID, UID: o.UID, CreatedOn: o.CreatedOn, Visible: o.Fingerprint(resource.Ownership{}).Visible}
}

// TestDecide walks through one decision each and writes down the requests it
// makes, in the order it makes them.
func TestDecide(t *testing.T) {
	one, two := wanted("uid-1", "a"), wanted("uid-2", "a")
	changed := wanted("uid-1", "b")
	present := func(w *resource.Resource) Object { return Object{Sight: Present, UID: w.UID, Want: w} }
	tests := map[string]struct {
		hint   Hint
		object Object
		have   []*resource.Observed
		reuse  bool
		frozen string
		doubt  string
		want   []string
	}{
		"in step: nothing is read": {hint: hint(one), have: []*resource.Observed{observed(7, one)},
			want: []string{"rest"}},
		"new object": {hint: hint(one), object: present(one),
			want: []string{"read object", "create", "rest"}},
		"changed object is compared with what the account has now": {hint: hint(changed), object: present(changed), have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "read 7", "update 7", "rest"}},
		"deleted object": {hint: Hint{Sight: Absent}, object: Object{Sight: Absent}, have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "read 7", "delete 7", "rest"}},
		"the watch missed that the object exists": {hint: Hint{Sight: Absent}, object: present(one), have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "rest"}},
		"excluded object": {hint: Hint{Sight: Absent}, object: Object{Sight: Excluded, UID: "uid-1", Reason: "rule 1"}, have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "read 7", "delete 7", "rest"}},
		"object created again: replaced": {hint: hint(two), object: present(two), have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "read 7", "delete 7", "create", "rest"}},
		"object created again: reused": {hint: hint(two), object: present(two), have: []*resource.Observed{observed(7, one)}, reuse: true,
			want: []string{"read object", "read 7", "update 7", "rest"}},
		"created again and without an address: the old one goes": {hint: Hint{Sight: NotReady, UID: "uid-2"}, object: Object{Sight: NotReady, UID: "uid-2"}, have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "read 7", "delete 7", "rest"}},
		"lost its address: stays": {hint: Hint{Sight: NotReady, UID: "uid-1"}, object: Object{Sight: NotReady, UID: "uid-1"}, have: []*resource.Observed{observed(7, one)},
			want: []string{"rest"}},
		"duplicates: the oldest stays": {hint: hint(one), object: present(one), have: []*resource.Observed{observed(9, one), observed(7, one), observed(8, two)},
			want: []string{"read object", "read 7", "read 9", "delete 9", "read 8", "delete 8", "rest"}},
		"frozen kind": {hint: Hint{Sight: Absent}, object: Object{Sight: Absent}, have: []*resource.Observed{observed(7, one)}, frozen: "may not read",
			want: []string{"park"}},
		"unreadable object": {hint: Hint{Sight: Absent}, object: Object{Sight: Unreadable}, have: []*resource.Observed{observed(7, one)},
			want: []string{"read object", "wait"}},
		"kind not listed yet": {hint: Hint{Sight: Unseen}, have: []*resource.Observed{observed(7, one)},
			want: []string{"rest"}},
		"unanswered create of an object that is gone": {hint: Hint{Sight: Absent}, object: Object{Sight: Absent}, doubt: one.DisplayName,
			want: []string{"read object", "find " + one.DisplayName, "rest"}},
		"unanswered create that did not happen": {hint: hint(one), object: present(one), doubt: one.DisplayName,
			want: []string{"read object", "find " + one.DisplayName, "create", "rest"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Case{Key: key, Hint: tt.hint, Frozen: tt.frozen, Doubt: tt.doubt}
			c.Policy.Reuse = func(resource.Kind) bool { return tt.reuse }
			w := world{object: tt.object}
			for _, o := range tt.have {
				w.resources = append(w.resources, o)
				c.Known = append(c.Known, known(o))
			}
			_, got := w.run(c)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// world is a cluster of one object and an account, which answer truthfully but
// for the faults they are told to make.
type world struct {
	object    Object
	resources []*resource.Observed
	next      resource.ID
	fault     func(Op) Outcome // how the next change ends; nil: Done
	broken    []string         // promises that were not kept
}

func (w *world) find(id resource.ID) *resource.Observed {
	for _, o := range w.resources {
		if o.ID == id {
			return o
		}
	}
	return nil
}

// run decides to the end and returns what was asked for.
func (w *world) run(c Case) (Case, []string) {
	var log []string
	for range 40 {
		step := Decide(c)
		switch step.Do {
		case Rest, Wait, Park, Withhold, Linger:
			return c, append(log, map[Do]string{Rest: "rest", Wait: "wait", Park: "park", Withhold: "withhold", Linger: "linger"}[step.Do])
		case ReadObject:
			log = append(log, "read object")
			c = c.WithObject(w.object)
		case ReadResource:
			log = append(log, fmt.Sprintf("read %d", step.ID))
			c = c.WithResource(step.ID, w.find(step.ID))
		case FindName:
			log = append(log, "find "+step.Name)
			var found []resource.Observed
			for _, o := range w.resources {
				if o.DisplayName == step.Name {
					found = append(found, *o)
				}
			}
			c = c.WithNames(found)
		case Act:
			log = append(log, strings.TrimSuffix(fmt.Sprintf("%s %d", step.Change.Op, step.Change.ID), " 0"))
			c = c.WithResult(step.Change, w.carry(c, step.Change))
		}
	}
	w.broken = append(w.broken, "no end")
	return c, log
}

func (w *world) carry(c Case, change Change) Result {
	if c.Object.Sight == Unseen {
		w.broken = append(w.broken, "changed the account without having read the object")
	}
	if change.Reason == "" {
		w.broken = append(w.broken, "changed the account without a reason")
	}
	outcome := Done
	if w.fault != nil {
		outcome = w.fault(change.Op)
	}
	if outcome == Refused || outcome == Postponed {
		return Result{Outcome: outcome, Reason: "fault"}
	}
	r := w.apply(change)
	if outcome == Lost {
		return Result{Outcome: Lost, Reason: "fault"}
	}
	return r
}

// apply is what the account does, and the judge of what it is told to do.
func (w *world) apply(change Change) Result {
	switch change.Op {
	case Create:
		for _, o := range w.resources {
			if o.DisplayName == change.Want.DisplayName {
				return Result{Outcome: Taken}
			}
		}
		w.next++
		o := observed(100+w.next, change.Want)
		w.resources = append(w.resources, o)
		return Result{Outcome: Done, Seen: o}
	case Update:
		o := w.find(change.ID)
		if o == nil {
			return Result{Outcome: Gone}
		}
		if o.Key != key {
			w.broken = append(w.broken, "updated what is not ours")
		}
		return Result{Outcome: Done, Seen: w.update(o, change)}
	case Delete:
		o := w.find(change.ID)
		if o == nil {
			return Result{Outcome: Gone}
		}
		w.judge(o)
		kept := w.resources[:0:0]
		for _, r := range w.resources {
			if r != o {
				kept = append(kept, r)
			}
		}
		w.resources = kept
		return Result{Outcome: Done}
	case None:
	}
	return Result{Outcome: Refused}
}

func (w *world) update(o *resource.Observed, change Change) *resource.Observed {
	n := *o
	if change.Name != "" {
		n.Name = change.Name
	}
	n.Properties = nil
	for _, p := range o.Properties {
		if !contains(change.Remove, p.Name) {
			n.Properties = append(n.Properties, p)
		}
	}
	for _, p := range change.Set {
		if p.Name == resource.PropCategories {
			n.Categories = resource.SplitCategories(p.Value)
			continue
		}
		at := -1
		for i := range n.Properties {
			if n.Properties[i].Name == p.Name {
				at = i
			}
		}
		if at < 0 {
			n.Properties = append(n.Properties, p)
		} else {
			n.Properties[at] = p
		}
		if p.Name == resource.PropUID {
			n.UID = resource.UID(p.Value)
		}
	}
	*o = n
	return &n
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

// judge says whether a resource may be deleted: never one that is not ours, never
// the only one of an object that lives.
func (w *world) judge(o *resource.Observed) {
	if o.Key != key {
		w.broken = append(w.broken, "deleted what is not ours")
		return
	}
	if w.object.Sight != Present && w.object.Sight != NotReady || o.UID != w.object.UID {
		return
	}
	same := 0
	for _, r := range w.resources {
		if r.Key == key && r.UID == w.object.UID {
			same++
		}
	}
	if same < 2 {
		w.broken = append(w.broken, "deleted the resource of a living object")
	}
}

// TestDecideConverges draws a state of the cluster and the account, a cache that
// knows too little or too much, a watch that lies and faults that come and go. As
// long as there are faults nothing that is not ours and nothing that lives may be
// touched; once they stop, the account must be as it should, and stay.
func TestDecideConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		foreign := resource.Key{Kind: "pods", Namespace: "other", Name: "x"}
		objects := []Object{
			{Sight: Absent},
			{Sight: Excluded, UID: "uid-1", Reason: "rule"},
			{Sight: NotReady, UID: "uid-1", Reason: "no address"},
			{Sight: Present, UID: "uid-1", Want: wanted("uid-1", "a")},
			{Sight: Present, UID: "uid-1", Want: wanted("uid-1", "b")},
			{Sight: Present, UID: "uid-2", Want: wanted("uid-2", "a")},
		}
		w := &world{}
		reuse := rapid.Bool().Draw(t, "reuse")
		taken := rapid.IntRange(0, 9).Draw(t, "foreign") == 0
		if taken {
			o := observed(50, wanted("uid-9", "z"))
			o.Key = foreign
			w.resources = append(w.resources, o)
		} else {
			for id := range rapid.IntRange(0, 3).Draw(t, "resources") {
				uid := rapid.SampledFrom([]resource.UID{"uid-1", "uid-2", ""}).Draw(t, "uid")
				o := observed(resource.ID(id+1), wanted(uid, rapid.SampledFrom([]string{"a", "b"}).Draw(t, "content")))
				o.UID = uid
				w.resources = append(w.resources, o)
			}
		}
		before := fmt.Sprintf("%+v", foreigners(w))
		var c Case
		cached := map[resource.ID]Known{}
		for _, o := range w.resources {
			if o.Key == key && rapid.IntRange(0, 4).Draw(t, "cached") > 0 {
				cached[o.ID] = known(o)
			}
		}
		if rapid.IntRange(0, 4).Draw(t, "ghost") == 0 {
			cached[40] = Known{ID: 40, UID: "uid-1"}
		}
		outcomes := []Outcome{Done, Done, Lost, Postponed}
		settled, doubt := make([]Known, 0, len(cached)), ""
		for _, k := range cached {
			settled = append(settled, k)
		}
		for round := range 12 {
			faulty := round < 6
			if faulty || round == 6 {
				w.object = rapid.SampledFrom(objects).Draw(t, "object")
			}
			w.fault = nil
			if faulty {
				w.fault = func(Op) Outcome { return rapid.SampledFrom(outcomes).Draw(t, "outcome") }
			}
			h := truth(w.object)
			if faulty {
				h = truth(rapid.SampledFrom(objects).Draw(t, "hint"))
			}
			if round == 7 { // an audit
				settled = nil
				for _, o := range w.resources {
					if o.Key == key {
						settled = append(settled, known(o))
					}
				}
			}
			c = Case{Key: key, Hint: h, Known: settled, Doubt: doubt}
			c.Policy.Reuse = func(resource.Kind) bool { return reuse }
			c, _ = w.run(c)
			settled, doubt = c.Settled(), c.Doubt
		}
		if len(w.broken) > 0 {
			t.Fatalf("broken: %q", w.broken)
		}
		if after := fmt.Sprintf("%+v", foreigners(w)); after != before {
			t.Fatalf("foreign resources changed:\n%s\n%s", before, after)
		}
		if !taken {
			converged(t, w)
		}
	})
}

func foreigners(w *world) (all []resource.Observed) {
	for _, o := range w.resources {
		if o.Key != key {
			all = append(all, *o)
		}
	}
	return all
}

func truth(o Object) Hint {
	switch o.Sight {
	case Present:
		return hint(o.Want)
	case NotReady:
		return Hint{Sight: NotReady, UID: o.UID}
	case Absent, Excluded, Unseen, Unreadable:
	}
	return Hint{Sight: Absent}
}

func converged(t *rapid.T, w *world) {
	switch w.object.Sight {
	case Present:
		if len(w.resources) != 1 {
			t.Fatalf("got %d resources, want 1: %+v", len(w.resources), w.resources)
		}
		if d := Diff(w.resources[0], w.object.Want, resource.Ownership{}); d.Op != None {
			t.Fatalf("got a resource that differs: %+v", d.Fields)
		}
	case NotReady:
		for _, o := range w.resources {
			if o.UID != w.object.UID && o.UID != "" && len(w.resources) > 1 {
				t.Fatalf("got a resource of another object: %+v", o)
			}
		}
	case Absent, Excluded, Unseen, Unreadable:
		if len(w.resources) != 0 {
			t.Fatalf("got %d resources, want none", len(w.resources))
		}
	}
}

// TestDecide_conflicts: the mark of a conflict that the first Argus left costs no
// write and survives others, until a person asks for names to be set right.
func TestDecide_conflicts(t *testing.T) {
	want, changed := wanted("uid-1", "a"), wanted("uid-1", "b")
	marked := func(names ...string) *resource.Observed {
		o := observed(7, want)
		o.Categories = names
		return o
	}
	conflict := marked("KubernetesPod", "snmp", "KubernetesPodConflict")
	only := marked("KubernetesPodConflict", "snmp")
	renamed := marked("KubernetesPodConflict", "KubernetesPod")
	renamed.DisplayName = "web-0-pod-shop-lab-2"
	tests := map[string]struct {
		have   *resource.Observed
		want   *resource.Resource
		rename bool
		wrote  string // display name and categories, empty for what is not written
	}{
		"nothing differs":               {conflict, want, false, "none"},
		"a label differs":               {conflict, changed, false, "update  "},
		"the category itself is gone":   {only, want, false, "update  KubernetesPodConflict,snmp,KubernetesPod"},
		"asked for":                     {conflict, want, true, "update  KubernetesPod,snmp"},
		"asked for, and a label":        {conflict, changed, true, "update  KubernetesPod,snmp"},
		"asked for, a display name too": {renamed, want, true, "update web-0-pod-shop-lab KubernetesPod"},
		"asked for, the category gone":  {only, want, true, "update  snmp,KubernetesPod"},
		"asked for, and nothing to do":  {observed(7, want), want, true, "none"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k := known(tt.have)
			k.Misnamed = Policy{}.Misnamed(tt.have) || tt.have == renamed
			c := Case{Key: key, Rename: tt.rename, Known: []Known{k}, Hint: hint(tt.want)}
			c = c.WithObject(Object{Sight: Present, UID: tt.want.UID, Want: tt.want})
			if Decide(c).Do == ReadResource {
				c = c.WithResource(7, tt.have)
			}
			change := Decide(c).Change
			got := "none"
			if change.Op != 0 {
				categories := ""
				for _, p := range change.Set {
					if p.Name == resource.PropCategories {
						categories = p.Value
					}
				}
				got = fmt.Sprintf("%s %s %s", change.Op, change.DisplayName, categories)
			}
			if got != tt.wrote {
				t.Errorf("got %q, want %q", got, tt.wrote)
			}
		})
	}
}

// TestDecide_Withhold: while removals are held, those that rest on the
// configuration are, before anything of the account is read; and no other.
func TestDecide_Withhold(t *testing.T) {
	one, two := wanted("uid-1", "a"), wanted("uid-2", "a")
	excluded := Object{Sight: Excluded, UID: "uid-1", Reason: "rule 1", Configured: true}
	tests := map[string]struct {
		hint   Hint
		object Object
		kept   bool
		want   []string
	}{
		"a rule":                        {hint: Hint{Sight: Absent}, object: excluded, want: []string{"read object", "withhold"}},
		"a rule, and held already":      {hint: Hint{Sight: Absent}, object: excluded, kept: true, want: []string{"withhold"}},
		"held, and wanted again":        {hint: hint(one), object: Object{Sight: Present, UID: "uid-1", Want: one}, kept: true, want: []string{"rest"}},
		"what the object is by itself":  {hint: Hint{Sight: Absent}, object: Object{Sight: Excluded, UID: "uid-1", Reason: "completed"}, want: []string{"read object", "read 7", "delete 7", "rest"}},
		"an object that is gone":        {hint: Hint{Sight: Absent}, object: Object{Sight: Absent}, want: []string{"read object", "read 7", "delete 7", "rest"}},
		"an object that was made again": {hint: hint(two), object: Object{Sight: Present, UID: "uid-2", Want: two}, want: []string{"read object", "read 7", "delete 7", "create", "rest"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := observed(7, one)
			w := world{object: tt.object, resources: []*resource.Observed{o}}
			_, got := w.run(Case{Key: key, Hint: tt.hint, Known: []Known{known(o)}, Held: "held by the budget", Kept: tt.kept})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}
