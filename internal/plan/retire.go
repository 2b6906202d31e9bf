package plan

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/resource"
)

// Retention says what becomes of the resource of an object that is gone.
type Retention struct {
	// After is how long it is kept, marked deleted; zero deletes it at once. An
	// object's label logicmonitor/deleteafterduration says it for that object.
	After time.Duration
	// Swept is how long one that is marked deleted is kept where its own
	// properties do not say; zero is After.
	Swept time.Duration
	// OwnPods is the same for pods of Argus itself, so that a person can see why
	// they went.
	OwnPods time.Duration
	// DefaultName is the name a resource has when it has no address.
	DefaultName func(key resource.Key) string
}

const (
	labelDeleteAfter = resource.PrefixLabel + "logicmonitor/deleteafterduration"
	labelApp         = resource.PrefixLabel + "app"
	// keepName is how much of a name stays when a number is put behind it.
	keepName = 244
	// latestMark is the last second of the year 9999. Time stops counting right
	// somewhere beyond, and what is beyond would count as long ago.
	latestMark = 253402300799
)

// ParseDuration reads an ISO-8601 duration, as labels and properties hold it: text
// that anybody may have written. What is not one counts as not said.
func ParseDuration(text string) (time.Duration, bool) {
	d, err := resource.ParseDuration(strings.TrimSpace(text))
	return d, err == nil && d >= 0
}

// FormatDuration writes a duration in days and what is smaller, each of them, as
// accounts hold it (P10DT0H0M0S): a reader that knows no weeks understands it too.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	return fmt.Sprintf("P%dDT%dH%dM%dS", d/day, d%day/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second)
}

// keeps says how long the resource of an object that is gone is kept, and in the
// words of the property that tells it to the portal; none for the common time.
func (r Retention) keeps(seen *resource.Observed) (time.Duration, string) {
	if app, _ := seen.Property(labelApp); seen.Key.Kind == "pods" && (app == "argus" || app == "collectorset-controller") {
		return r.OwnPods, FormatDuration(r.OwnPods)
	}
	if text, ok := seen.Property(labelDeleteAfter); ok {
		if d, ok := ParseDuration(text); ok {
			return d, text
		}
	}
	return r.After, ""
}

// retire is the change that takes a resource out of the mirror: it is deleted, or
// marked deleted and renamed so that its names are free.
func (c Case) retire(seen *resource.Observed, reason string) Change {
	keep, text := c.Policy.Retention.keeps(seen)
	if keep <= 0 {
		return Change{Op: Delete, Key: c.Key, ID: seen.ID, Reason: reason}
	}
	suffix := "-" + strconv.FormatUint(uint64(mark(seen)), 10)
	name := seen.Name
	if c.Policy.Retention.DefaultName != nil {
		name = c.Policy.Retention.DefaultName(c.Key)
	}
	change := Change{
		Op: Update, Key: c.Key, ID: seen.ID, Retires: true,
		Reason:      fmt.Sprintf("%s; it is kept, marked deleted, for %s", reason, keep),
		Name:        resource.Cut(name, keepName) + suffix,
		DisplayName: resource.Cut(seen.DisplayName, keepName) + suffix,
	}
	categories := slices.Clone(seen.Categories)
	for _, own := range c.Policy.Ownership.Categories(seen.Categories) {
		if deleted := own + resource.SuffixDeleted; !strings.HasSuffix(own, resource.SuffixDeleted) && !slices.Contains(categories, deleted) {
			categories = append(categories, deleted)
		}
	}
	change.set(resource.Property{Name: resource.PropCategories, Value: resource.JoinCategories(categories)}, resource.JoinCategories(seen.Categories))
	if _, marked := seen.Property(resource.PropDeletedOn); !marked {
		change.set(resource.Property{Name: resource.PropDeletedOn, Value: strconv.FormatInt(c.Now.Unix(), 10)}, "")
	}
	if text != "" {
		old, _ := seen.Property(resource.PropDeleteAfter)
		change.set(resource.Property{Name: resource.PropDeleteAfter, Value: text}, old)
	}
	change.Fields = append(change.Fields,
		Field{Name: "displayName", Have: seen.DisplayName, Want: change.DisplayName},
		Field{Name: "name", Have: seen.Name, Want: change.Name})
	return change
}

// mark is the number behind the names of a resource that is marked deleted: the
// same each time it is tried, and another for each object of that name.
func mark(seen *resource.Observed) uint32 {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s/%d", seen.UID, seen.ID)
	return h.Sum32()
}

// Due says when a resource that is marked deleted may go for good. It is false for
// one that is not marked, and for one whose time nobody said: the portal may know.
func (r Retention) Due(seen *resource.Observed) (time.Time, bool) {
	text, _ := seen.Property(resource.PropDeletedOn)
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 || seconds > latestMark || seen.Life != resource.Deleted {
		return time.Time{}, false
	}
	keep := cmp.Or(r.Swept, r.After)
	if text, ok := seen.Property(resource.PropDeleteAfter); ok {
		if d, ok := ParseDuration(text); ok {
			keep = d
		}
	}
	if keep <= 0 {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).Add(keep), true
}

// Expire decides on a resource that is marked deleted, as it was just read: it is
// deleted when it is due, and left alone otherwise.
func (r Retention) Expire(seen *resource.Observed, now time.Time) Step {
	due, ok := r.Due(seen)
	if !ok || due.After(now) {
		return Step{Do: Rest, Reason: "marked deleted and not due"}
	}
	change := Change{Op: Delete, Key: seen.Key, ID: seen.ID, Reason: "marked deleted, and its time is over since " + due.UTC().Format(time.RFC3339)}
	return Step{Do: Act, Change: change, Reason: change.Reason}
}
