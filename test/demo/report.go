package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/argus-k8s/argus/test/demo/equal"
)

// report prints the tree, the calls and the times.
func (d *demo) report() error {
	now, err := d.portal.account()
	if err != nil {
		return err
	}
	d.screen.say("")
	d.screen.say("The account: groups, and how many resources are directly in each")
	for _, line := range tree(now) {
		d.screen.say("  %s", line)
	}
	d.screen.say("")
	d.screen.say("Calls to the account%38s%8s", "calls", "429s")
	total, each := d.portal.used()
	rows := slices.SortedFunc(maps.Keys(each), func(a, b string) int {
		return cmp.Or(cmp.Compare(each[b].calls, each[a].calls), cmp.Compare(a, b))
	})
	for _, endpoint := range rows {
		d.screen.say("  %-49s%7d%8d", endpoint, each[endpoint].calls, each[endpoint].refused)
	}
	d.screen.say("  %-49s%7d%8d", "all", total.calls, total.refused)
	d.screen.say("")
	d.screen.say("Time")
	var sum time.Duration
	for _, t := range d.took {
		sum += t.Duration
		d.screen.say("%8.1f s  %s", t.Seconds(), t.step)
	}
	d.screen.say("%8.1f s  all", sum.Seconds())
	d.screen.say("")
	d.screen.say("The account equals the cluster: %d resources of Argus, none missing, none extra, none twice;", len(now.Devices)-len(d.portal.before.Devices))
	d.screen.say("%d devices of others are as they were, byte for byte.", len(d.portal.before.Devices))
	return nil
}

// explain prints what differs, and what Argus says of itself.
func (d *demo) explain(ctx context.Context) {
	const most = 40
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	d.screen.say("")
	found, unsettled, err := d.differences(ctx)
	if err != nil {
		d.screen.say("The cluster cannot be read: %v", err)
	}
	for title, lines := range map[string][]string{"Differences": found, "Still at work in the cluster": unsettled} {
		if len(lines) == 0 {
			continue
		}
		d.screen.say("%s (%d):", title, len(lines))
		for _, line := range lines[:min(most, len(lines))] {
			d.screen.say("  %s", line)
		}
	}
	d.screen.say("The end of the log of Argus:")
	d.screen.say("%s", d.argus.tail())
}

// tree draws the groups of an account below its root.
func tree(a equal.Account) []string {
	below := map[string][]equal.Group{}
	for _, g := range a.Groups {
		if g.FullPath != "" {
			parent := ""
			if i := strings.LastIndex(g.FullPath, "/"); i >= 0 {
				parent = g.FullPath[:i]
			}
			below[parent] = append(below[parent], g)
		}
	}
	return branches(below, "", "", nil)
}

// branches draws what is below a group; indent goes before each line of it.
func branches(below map[string][]equal.Group, parent, indent string, lines []string) []string {
	const width = 46
	groups := below[parent]
	slices.SortFunc(groups, func(x, y equal.Group) int { return cmp.Compare(x.FullPath, y.FullPath) })
	for i, g := range groups {
		corner, deeper := "├─ ", "│  "
		if i == len(groups)-1 {
			corner, deeper = "└─ ", "   "
		}
		name := indent + corner + strings.TrimPrefix(strings.TrimPrefix(g.FullPath, parent), "/")
		dots := strings.Repeat("·", max(1, width-utf8.RuneCountInString(name)))
		lines = append(lines, fmt.Sprintf("%s %s %4d", name, dots, g.Direct))
		lines = branches(below, g.FullPath, indent+deeper, lines)
	}
	return lines
}
