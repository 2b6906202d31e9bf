package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/argus-k8s/argus/internal/filter"
)

func TestTally(t *testing.T) {
	config := list("", `ns == "a"`, `[team] != "x"`, `name == "nobody"`, `type == "node" && name == "n"`)
	config.Exclude = []filter.Block{{Kinds: []string{"pod"}, CEL: `labels["team"] == "y"`}}
	config.Include = []filter.Block{{Kinds: []string{"node"}, Selector: "pool=a"}}
	s := set(t, config)
	tally := filter.NewTally(s)
	for _, o := range []struct {
		object string
		labels keys
	}{
		{"pods a/one", nil}, {"pods b/two", keys{"team": "x"}}, {"pods b/three", keys{"team": "y"}}, {"nodes n", keys{"team": "x"}},
	} {
		k, obj := object(t, o.object, o.labels, nil)
		if got, want := tally.Add(k, obj, filter.NamespaceInfo{}), s.Exclude(k, obj, filter.NamespaceInfo{}); got != want {
			t.Errorf("Add(%s) = %+v, want what Exclude says: %+v", o.object, got, want)
		}
	}
	type row struct{ Asked, Matched, Decided, Missing, Failed int }
	var got []row
	for _, c := range tally.Counts() {
		got = append(got, row{c.Asked, c.Matched, c.Decided, c.Missing, c.Failed})
	}
	want := []row{
		{3, 1, 1, 0, 1}, // exclude[0]: of three pods one has no team
		{4, 1, 1, 0, 0},
		{4, 2, 0, 1, 0}, // the first pod by a missing label, the third by its value
		{4, 0, 0, 0, 0},
		{4, 1, 1, 0, 0},
		{1, 0, 0, 0, 0}, // include[0]
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if tally.Objects != 4 || tally.Excluded != 3 {
		t.Errorf("got %d of %d excluded, want 3 of 4", tally.Excluded, tally.Objects)
	}
	wantNotices := []string{
		`exclude[0]: the rule could not be evaluated for 1 of 3 objects, so it does not match them: kinds pod; cel labels["team"] == "y"`,
		`filters[1]: the rule matches 1 objects that lack a label it names; the first Argus skipped it for them: [team] != "x"`,
		`filters[2]: the rule matches none of 4 objects: name == "nobody"`,
		`include[0]: the rule matches none of 1 objects: kinds node; selector pool=a`,
	}
	if diff := cmp.Diff(wantNotices, texts(tally.Notices())); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
}

func TestTally_matchesAll(t *testing.T) {
	tally := filter.NewTally(set(t, list("pod", `name != "x"`)))
	for _, name := range []string{"pods a/a", "pods a/b", "nodes n"} {
		k, obj := object(t, name, nil, nil)
		tally.Add(k, obj, filter.NamespaceInfo{})
	}
	if diff := cmp.Diff([]string{`filters.pod[0]: the rule matches all of 2 objects: name != "x"`}, texts(tally.Notices())); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	empty := filter.NewTally(nil)
	k, obj := object(t, "pods a/b", nil, nil)
	if got := empty.Add(k, obj, filter.NamespaceInfo{}); got.Excluded || empty.Objects != 1 || len(empty.Notices()) > 0 {
		t.Errorf("a tally of no set: got %+v, %d objects, notices %v", got, empty.Objects, empty.Notices())
	}
}
