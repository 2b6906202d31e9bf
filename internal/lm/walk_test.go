package lm

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type row struct{ n int64 }

func rowID(r *row) int64 { return r.n }

// A table is a list that changes between two pages.
type table struct {
	ids  []int64
	next int64
}

func (b *table) page(offset, size int, negative bool) page[row] {
	var p page[row]
	for i := offset; i < min(offset+size, len(b.ids)); i++ {
		p.items = append(p.items, row{b.ids[i]})
	}
	p.total = len(b.ids)
	if end := offset + len(p.items); negative && end < len(b.ids) {
		p.total = -(end + 1)
	}
	return p
}

// Whatever comes and goes between pages, a walk that ends without an error has
// yielded everything that was there all the time, and nothing twice.
func TestWalk_missesNothingThatStays(t *testing.T) {
	ended := 0
	rapid.Check(t, func(r *rapid.T) {
		b := &table{}
		for range rapid.IntRange(0, 80).Draw(r, "rows") {
			b.next += int64(rapid.IntRange(1, 3).Draw(r, "step"))
			b.ids = append(b.ids, b.next)
		}
		stays := map[int64]bool{}
		for _, id := range b.ids {
			stays[id] = true
		}
		size := rapid.IntRange(2, 12).Draw(r, "size")
		negative := rapid.Bool().Draw(r, "negative")
		w := newWalk(size, rowID, nil)
		var got []int64
		for range 10_000 {
			fresh, err := w.take(b.page(w.offset, size, negative))
			if err != nil {
				return
			}
			for _, item := range fresh {
				got = append(got, item.n)
			}
			if w.complete {
				break
			}
			for range rapid.IntRange(0, 3).Draw(r, "changes") {
				if rapid.Bool().Draw(r, "insert") || len(b.ids) == 0 {
					b.next++
					b.ids = append(b.ids, b.next)
					continue
				}
				i := rapid.IntRange(0, len(b.ids)-1).Draw(r, "gone")
				delete(stays, b.ids[i])
				b.ids = slices.Delete(b.ids, i, i+1)
			}
		}
		if !w.complete {
			r.Fatal("the walk does not end")
		}
		ended++
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			r.Errorf("not each once and in order: %v", got)
		}
		for id := range stays {
			if _, found := slices.BinarySearch(got, id); !found {
				r.Errorf("%d was there all the time and was not yielded", id)
			}
		}
	})
	if ended == 0 {
		t.Error("no walk ended")
	}
}

func TestWalk_pages(t *testing.T) {
	rows := func(ids ...int64) []row {
		out := make([]row, len(ids))
		for i, id := range ids {
			out[i].n = id
		}
		return out
	}
	for name, tt := range map[string]struct {
		pages []page[row]
		want  []int64
		fails bool
	}{
		"empty":                         {pages: []page[row]{{0, nil}}},
		"empty though there are some":   {pages: []page[row]{{3, nil}}, fails: true},
		"one page":                      {pages: []page[row]{{2, rows(1, 2)}}, want: []int64{1, 2}},
		"two pages overlap by one":      {pages: []page[row]{{5, rows(1, 2, 3)}, {5, rows(3, 4, 5)}}, want: []int64{1, 2, 3, 4, 5}},
		"negative total":                {pages: []page[row]{{-4, rows(1, 2, 3)}, {4, rows(3, 4)}}, want: []int64{1, 2, 3, 4}},
		"negative total, full last one": {pages: []page[row]{{-4, rows(1, 2, 3)}, {-4, rows(3)}}, fails: true},
		"a short page though more":      {pages: []page[row]{{4, rows(1, 2)}, {4, rows(2, 3)}, {4, rows(3, 4)}}, want: []int64{1, 2, 3, 4}},
		"one item though more":          {pages: []page[row]{{4, rows(1)}}, fails: true},
		"a gap is closed":               {pages: []page[row]{{5, rows(1, 2, 4)}, {4, rows(6, 7)}, {4, rows(2, 4, 6)}, {4, rows(6, 7)}}, want: []int64{1, 2, 4, 6, 7}},
		"the offset is ignored":         {pages: []page[row]{{6, rows(1, 2, 3)}, {6, rows(1, 2, 3)}, {6, rows(1, 2, 3)}}, fails: true},
		"total grows meanwhile":         {pages: []page[row]{{4, rows(1, 2, 3)}, {6, rows(3, 4, 5)}, {6, rows(5, 6)}}, want: []int64{1, 2, 3, 4, 5, 6}},
		"an item without an id":         {pages: []page[row]{{2, rows(0, 1)}}, fails: true},
		"not sorted":                    {pages: []page[row]{{5, rows(4, 2, 3)}, {5, rows(1, 5)}}, want: []int64{4, 2, 3, 1, 5}},
		"not sorted, and it changes":    {pages: []page[row]{{5, rows(4, 2, 3)}, {4, rows(1)}}, fails: true},
		"not sorted, one twice":         {pages: []page[row]{{5, rows(4, 2, 3)}, {5, rows(3, 1)}}, fails: true},
		"sorted at first only":          {pages: []page[row]{{5, rows(1, 2, 3)}, {5, rows(3, 9, 4)}}, fails: true},
		"a total nobody can have":       {pages: []page[row]{{math.MinInt, rows(1, 2, 3)}}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWalk(3, rowID, nil)
			var got []int64
			var err error
			for _, p := range tt.pages {
				var fresh []row
				if fresh, err = w.take(p); err != nil {
					break
				}
				for _, item := range fresh {
					got = append(got, item.n)
				}
			}
			switch failed := err != nil || !w.complete; {
			case failed != tt.fails:
				t.Fatalf("complete %v, error %v; want failure %v", w.complete, err, tt.fails)
			case !failed && !slices.Equal(got, tt.want):
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
