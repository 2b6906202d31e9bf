package account

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// planRemoval schedules the portal's own removal of a device that was marked deleted: category
// Kubernetes<Kind>Deleted, kubernetes.resourceDeletedOn, and a duration on the device or inherited
// from a group (docs/logicmonitor-api.md §5.8).
func (a *Account) planRemoval(d *Device, now time.Time) {
	at, ok := a.removalTime(d)
	if !ok {
		return
	}
	if at.Before(now) {
		at = now
	}
	id := d.ID
	a.due.push(event{at: at, run: func(at time.Time) {
		h, exists := a.devices.find(id)
		if !exists {
			return
		}
		if due, still := a.removalTime(h.Device); still && !due.After(at) {
			a.dropDevice(By{Who: "portal", At: at}, h)
		}
	}})
}

func (a *Account) removalTime(d *Device) (time.Time, bool) {
	if !a.Rules.AutoRemove {
		return time.Time{}, false
	}
	deleted, ok := property(d.Custom, "kubernetes.resourcedeletedon")
	if !ok || !markedDeleted(d) {
		return time.Time{}, false
	}
	epoch, err := strconv.ParseInt(deleted.Value, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	const name = "kubernetes.resourcedeleteafterduration"
	keep, ok := property(d.Custom, name)
	if !ok {
		keep, ok = property(a.inheritedBy(a.devices.at(d.ID)), name)
	}
	duration, valid := isoDuration(keep.Value)
	return time.Unix(epoch, 0).Add(duration), ok && valid
}

func markedDeleted(d *Device) bool {
	list, _ := property(d.Custom, categories)
	for _, c := range elements(list.Value) {
		if strings.HasPrefix(c, "kubernetes") && strings.HasSuffix(c, "deleted") {
			return true
		}
	}
	return false
}

var isoPattern = regexp.MustCompile(`^P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$`)

// isoDuration reads an ISO 8601 duration of days and smaller units, such as P10DT0H0M0S.
func isoDuration(s string) (time.Duration, bool) {
	m := isoPattern.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(s)))
	if m == nil || len(s) < 3 {
		return 0, false
	}
	var total time.Duration
	for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n, _ := strconv.Atoi(m[i+1])
		total += time.Duration(n) * unit
	}
	return total, true
}
