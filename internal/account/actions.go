package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/argus-k8s/argus/internal/lm"
	"github.com/argus-k8s/argus/internal/mirror"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/resource"
)

var (
	_ mirror.Account = (*Account)(nil)
	_ mirror.Actions = (*Account)(nil)
)

// endpointOf is the request that a change is made with.
func endpointOf(op plan.Op) lm.Endpoint {
	switch op {
	case plan.Create:
		return lm.EndpointCreateDevice
	case plan.Update:
		return lm.EndpointPatchDevice
	case plan.Delete, plan.None:
	}
	return lm.EndpointDeleteDevice
}

// Reserve waits until one request of op may be sent at once.
func (a *Account) Reserve(ctx context.Context, op plan.Op) (mirror.Turn, error) {
	p, err := a.Client.Reserve(ctx, endpointOf(op))
	if err != nil {
		return nil, err
	}
	return p, nil
}

// Carry carries out a change. The turn must come from Reserve.
func (a *Account) Carry(ctx context.Context, turn mirror.Turn, change plan.Change) plan.Result {
	client := a.Client
	if permit, ok := turn.(*lm.Permit); ok {
		client = client.Using(permit)
	}
	switch change.Op {
	case plan.Create:
		return a.create(ctx, client, change)
	case plan.Update:
		return a.update(ctx, client, change)
	case plan.Delete:
		err := client.DeleteDevice(ctx, lm.DeviceID(change.ID), lm.DeleteHard)
		return failed(fmt.Sprintf("delete resource %d", change.ID), err)
	case plan.None:
	}
	return plan.Result{Outcome: plan.Refused, Reason: "nothing to carry out"}
}

func (a *Account) create(ctx context.Context, client *lm.Client, change plan.Change) plan.Result {
	want := change.Want
	what := fmt.Sprintf("create resource %q", want.DisplayName)
	collector, err := a.collectors.pick(ctx, want.Key)
	if err != nil {
		return plan.Result{Outcome: plan.Postponed, Reason: wrap(what, err)}
	}
	fields := lm.DeviceFields{
		Name: &want.Name, DisplayName: &want.DisplayName, DeviceType: new(lm.DeviceKubernetes),
		HostGroupIDs: lm.GroupIDs{lm.GroupID(a.Container)}, PreferredCollectorID: &collector.ID,
		CustomProperties: append(properties(want.Properties),
			lm.Property{Name: resource.PropCategories, Value: resource.JoinCategories(want.Categories)},
			lm.Property{Name: resource.PropCreatedBy, Value: resource.CreatedBy + a.Version}),
	}
	if collector.balanced != 0 {
		fields.AutoBalancedCollectorGroupID = &collector.balanced
	}
	if a.DisableAlerting {
		fields.DisableAlerting = new(true)
	}
	if faults := lm.CheckDevice(fields); len(faults) > 0 {
		return refused(what, faults)
	}
	d, err := client.CreateDevice(ctx, fields)
	if err == nil {
		o := a.observe(&d)
		return plan.Result{Outcome: plan.Done, Seen: &o}
	}
	r := failed(what, err)
	if r.Outcome == plan.Refused && !a.collectors.stillUsable(ctx, collector.ID) {
		// It was the collector that was refused, and that will mend.
		r.Outcome = plan.Postponed
	}
	return r
}

func (a *Account) update(ctx context.Context, client *lm.Client, change plan.Change) plan.Result {
	what := fmt.Sprintf("update resource %d", change.ID)
	id := lm.DeviceID(change.ID)
	var seen *lm.Device
	if fields, writes := fieldsOf(change); writes {
		if faults := lm.CheckDevice(fields); len(faults) > 0 {
			return refused(what, faults)
		}
		d, err := client.PatchDevice(ctx, id, fields)
		if err != nil {
			return failed(what, err)
		}
		seen = &d
	}
	if len(change.Remove) > 0 {
		d, err := a.remove(ctx, id, change.Remove)
		if err != nil {
			return failed(what, err)
		}
		seen = d
	}
	if seen == nil {
		return plan.Result{Outcome: plan.Refused, Reason: what + ": nothing to change"}
	}
	o := a.observe(seen)
	return plan.Result{Outcome: plan.Done, Seen: &o}
}

// fieldsOf is what a change writes in one request, and whether it writes anything.
func fieldsOf(change plan.Change) (fields lm.DeviceFields, writes bool) {
	if len(change.Set) > 0 {
		fields.CustomProperties = properties(change.Set)
	}
	if change.Name != "" {
		fields.Name = &change.Name
	}
	if change.DisplayName != "" {
		fields.DisplayName = &change.DisplayName
	}
	if change.Retires {
		fields.DisableAlerting = new(true)
	}
	return fields, change.Name != "" || change.DisplayName != "" || len(change.Set) > 0 || change.Retires
}

// remove removes properties one by one, and returns the device as it is then. An
// account that cannot take a name in a path (those of most Kubernetes labels hold
// a slash) answers without doing it; what is left then goes in one request that
// writes all other properties back as they were read a moment before.
func (a *Account) remove(ctx context.Context, id lm.DeviceID, names []string) (*lm.Device, error) {
	for _, name := range names {
		err := a.Client.DeleteDeviceProperty(ctx, id, name)
		switch lm.ClassOf(err) {
		case lm.ClassNone, lm.ClassNotFound, lm.ClassInvalid:
		default:
			return nil, err
		}
	}
	d, err := a.Client.Device(ctx, id)
	if err != nil {
		return nil, err
	}
	kept := slices.DeleteFunc(slices.Clone(d.CustomProperties), func(p lm.Property) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, p.Name) })
	})
	if len(kept) == len(d.CustomProperties) {
		return &d, nil
	}
	d, err = a.Client.ReplaceDeviceProperties(ctx, id, lm.DeviceFields{CustomProperties: kept})
	if err != nil {
		return nil, err
	}
	return &d, nil
}

// failed says how a change ended that was answered with an error, or with none.
func failed(what string, err error) plan.Result {
	if err == nil {
		return plan.Result{Outcome: plan.Done}
	}
	r := plan.Result{Outcome: plan.Postponed, Reason: wrap(what, err)}
	switch lm.ClassOf(err) {
	case lm.ClassNotFound:
		r.Outcome = plan.Gone
	case lm.ClassConflict:
		r.Outcome = plan.Taken
	case lm.ClassAmbiguous:
		r.Outcome = plan.Lost
	case lm.ClassInvalid:
		r.Outcome = plan.Refused
	case lm.ClassNone, lm.ClassMalformed, lm.ClassIncomplete, lm.ClassCanceled,
		lm.ClassUnauthorized, lm.ClassForbidden, lm.ClassRateLimited, lm.ClassUnavailable:
	}
	return r
}

func refused(what string, faults []lm.FieldError) plan.Result {
	return plan.Result{Outcome: plan.Refused, Reason: what + ": " + sentence(faults)}
}

func sentence(faults []lm.FieldError) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = f.Error()
	}
	return strings.Join(texts, "; ")
}
