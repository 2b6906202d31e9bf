package simulation

import (
	"fmt"
	"strings"
)

// classes are how many classes of faults there are; docs/reliability.md tells of
// each.
const classes = 28

// elsewhere are the classes that a world without clock, bytes and processes does
// not have: skewed clocks, own writes that are watched, memory at a start, two
// clusters of one name, and secrets.
func elsewhere(class int) bool {
	switch class {
	case 21, 24, 25, 27, 28:
		return true
	}
	return false
}

// Coverage counts how often each class of faults happened where it mattered. It
// is for one goroutine.
type Coverage struct {
	Count [classes + 1]int // by class; none is numbered zero
}

// Add adds the counts of another.
func (c *Coverage) Add(other *Coverage) {
	for class, n := range other.Count {
		c.Count[class] += n
	}
}

// Missing are the classes of this world that did not happen.
func (c *Coverage) Missing() []int {
	var missing []int
	for class := 1; class <= classes; class++ {
		if c.Count[class] == 0 && !elsewhere(class) {
			missing = append(missing, class)
		}
	}
	return missing
}

// String is the counts in one line: "F1 12  F2 7".
func (c *Coverage) String() string {
	var b strings.Builder
	for class := 1; class <= classes; class++ {
		if n := c.Count[class]; n > 0 {
			fmt.Fprintf(&b, "F%d %d  ", class, n)
		}
	}
	return strings.TrimSpace(b.String())
}
