package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// watch keeps the live summary on the screen until the function it returns is
// called.
func (d *demo) watch(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pause(ctx, 500*time.Millisecond) == nil {
			if status := d.summary(ctx); ctx.Err() == nil {
				d.screen.show(status)
			}
		}
	}()
	return func() {
		cancel()
		<-done
		d.screen.clear()
	}
}

// summary is the state of things in one line.
func (d *demo) summary(ctx context.Context) string {
	total, _ := d.portal.used()
	calls := fmt.Sprintf("calls %d · writes %d · 429s %d", total.calls, total.writes, total.refused)
	metrics, err := d.argus.fetch(ctx, "/metrics")
	if err != nil {
		return "Argus does not answer · " + calls
	}
	sums, err := gauges(metrics)
	if err != nil {
		return "the metrics of Argus cannot be read · " + calls
	}
	wanted, waiting := sums["argus_resources/wanted"], sums["argus_resources/waiting"]
	return fmt.Sprintf("objects %.0f · resources %.0f of %.0f · groups %.0f · %s",
		wanted+waiting, sums["argus_resources/present"], wanted, sums["argus_groups/present"], calls)
}

// gauges sums metrics up by their name and label state.
func gauges(text []byte) (map[string]float64, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	sums := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			sums[name+"/"+state(m)] += m.GetGauge().GetValue()
		}
	}
	return sums, nil
}

func state(m *dto.Metric) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == "state" {
			return l.GetValue()
		}
	}
	return ""
}
