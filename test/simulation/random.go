package simulation

import "math/rand/v2"

// weight is how often a verb is drawn beside others.
type weight struct {
	verb   Verb
	weight int
}

// weights of a life with everything in it: work first, then changes, then faults.
func weights() []weight {
	return []weight{
		{Go, 260}, {Listing, 120}, {Deliver, 160}, {Look, 30}, {Audit, 8}, {Wait, 25}, {Start, 40}, {List, 60},
		{ObjectCreate, 30}, {ObjectChange, 30}, {ObjectDelete, 22}, {ObjectExclude, 5}, {ObjectInclude, 6},
		{ObjectUnready, 6}, {ObjectReady, 8}, {ObjectHeartbeat, 5}, {Revoke, 2}, {Grant, 4},
		{Drop, 14}, {Merge, 20}, {Swap, 10}, {ListCut, 5}, {ListEmpty, 4}, {ListOther, 2}, {ServeAt, 5},
		{ReadStatus, 10}, {Status, 30}, {PageStatus, 8}, {CommitDrop, 14}, {NoCommit, 8}, {HTML, 5}, {Hang, 10}, {Partial, 10},
		{Late, 8}, {Hide, 6}, {Show, 8}, {Poison, 1}, {Unfault, 2},
		{PersonEdit, 8}, {PersonAdd, 6}, {PersonRename, 5}, {PersonRemove, 6}, {PersonStrip, 2}, {PersonClash, 4}, {PersonUnclash, 3},
		{Kill, 6}, {KillAfter, 8}, {PanicBefore, 3}, {PanicAfter, 3},
	}
}

// Draw makes a schedule from a seed: the same one each time. It is drawn while it
// happens, so that nearly all of it can happen; what it broke is returned with it.
func (l *Lab) Draw(seed uint64, coverage *Coverage) (Schedule, *Violation) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	s := Schedule{Setting: Setting{
		Writers: 1 + rnd.IntN(2), Objects: 1 + rnd.IntN(len(keys())),
		Policy: []Policy{Delete, Delete, Reuse, Retain}[rnd.IntN(4)],
	}}
	w := l.New(s.Setting, coverage)
	defer w.Close()
	apply := func(o Op) {
		if w.Apply(o) {
			s.Ops = append(s.Ops, o)
		}
	}
	for rnd.IntN(4) == 0 {
		apply(Op{Verb: PersonDuplicate, A: rnd.IntN(s.Objects)})
	}
	d := newDrawer(rnd, s.Setting)
	for range 40 + rnd.IntN(200) {
		if apply(d.op()); w.violation != nil {
			return s, w.violation
		}
	}
	return s, w.Settle()
}

// drawer draws ops, each run with some faults more and others not at all.
type drawer struct {
	rnd     *rand.Rand
	setting Setting
	table   []weight
	sum     int
}

func newDrawer(rnd *rand.Rand, setting Setting) *drawer {
	d := &drawer{rnd: rnd, setting: setting, table: weights()}
	for i := range d.table {
		if t := &d.table[i]; t.verb != Go && t.verb != Listing && t.verb != Start && t.verb != List {
			t.weight = t.weight * rnd.IntN(5) / 2
		}
		d.sum += d.table[i].weight
	}
	return d
}

func (d *drawer) op() Op {
	n := d.rnd.IntN(d.sum)
	var verb Verb
	for _, t := range d.table {
		if n -= t.weight; n < 0 {
			verb = t.verb
			break
		}
	}
	writer, key, kind := d.rnd.IntN(d.setting.Writers), d.rnd.IntN(d.setting.Objects), d.rnd.IntN(len(kinds()))
	codes := []int{0, 400, 401, 403, 404, 410, 429, 429, 500, 502, 503}
	switch verb {
	case Late, Hide, Show:
		return Op{Verb: verb}
	case ObjectCreate, ObjectDelete, ObjectChange, ObjectExclude, ObjectInclude, ObjectUnready, ObjectReady, ObjectHeartbeat,
		PersonEdit, PersonAdd, PersonRename, PersonRemove, PersonStrip, PersonClash, PersonUnclash, PersonDuplicate, Poison, Unfault:
		return Op{Verb: verb, A: key}
	case Revoke, Grant:
		return Op{Verb: verb, A: kind}
	case List, ListCut, ListEmpty, ListOther:
		return Op{verb, writer, kind}
	case ServeAt:
		return Op{verb, writer, 1 + d.rnd.IntN(40)}
	case ReadStatus, Status, PageStatus:
		return Op{verb, writer, codes[d.rnd.IntN(len(codes))]}
	case Look:
		return Op{verb, writer, key}
	default:
		return Op{Verb: verb, A: writer}
	}
}
