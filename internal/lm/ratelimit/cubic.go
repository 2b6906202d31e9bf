package ratelimit

import (
	"math"
	"time"
)

// The rate of a bucket whose account names no limit. The shape is that of the
// adaptive retry mode of the AWS SDKs (a cut by 0.7, then growth along a cubic
// curve), with the window as its unit of time: that is how long it takes to see
// what a change of rate does.
const (
	cubicCut     = 0.7
	cubicScale   = 0.4
	cubicStart   = 1.0 // requests a second
	cubicFloor   = 0.5 // requests a second
	cubicHeadway = 2.0 // rate may exceed what is really used by this factor
	cubicSmooth  = 0.8 // weight of the newest measurement
	cubicMeasure = 500 * time.Millisecond
)

// cubic is a rate in requests a second that falls when the account refuses and
// rises while it does not.
type cubic struct {
	rate     float64
	plateau  float64   // rate at the last refusal
	since    time.Time // when growth began
	measured float64
	counted  int
	from     time.Time // start of the current measurement
}

func newCubic() cubic {
	return cubic{rate: cubicStart, plateau: cubicStart, measured: cubicStart}
}

// next is when the turn after last may be given.
func (c *cubic) next(last time.Time) time.Time {
	return last.Add(time.Duration(float64(time.Second) / c.rate))
}

func (c *cubic) accepted(now time.Time) {
	c.measure(now)
	if c.since.IsZero() {
		c.since = now
	}
	windows := max(float64(now.Sub(c.since))/float64(DefaultWindow), 0)
	back := math.Cbrt(c.plateau * (1 - cubicCut) / cubicScale) // windows until the plateau is reached again
	grown := cubicScale*math.Pow(windows-back, 3) + c.plateau
	c.rate = max(min(grown, cubicHeadway*c.measured), cubicFloor)
}

// refused cuts the rate, of which used requests a second were used over the last
// window: so many the account allows. Growth begins again when the bucket does.
func (c *cubic) refused(now time.Time, wait time.Duration, used float64) {
	c.plateau = max(min(used, c.rate), cubicFloor)
	c.rate = max(c.plateau*cubicCut, cubicFloor)
	c.since = now.Add(wait)
	c.measured = c.rate
	c.from, c.counted = c.since, 0
}

func (c *cubic) measure(now time.Time) {
	if c.from.IsZero() {
		c.from = now
	}
	c.counted++
	took := now.Sub(c.from)
	if took < cubicMeasure {
		return
	}
	rate := float64(c.counted) / took.Seconds()
	c.measured = cubicSmooth*rate + (1-cubicSmooth)*c.measured
	c.from, c.counted = now, 0
}
