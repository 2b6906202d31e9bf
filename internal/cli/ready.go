package cli

import (
	"fmt"
	"strings"

	"github.com/argus-k8s/argus/internal/health"
	"github.com/argus-k8s/argus/internal/plan"
	"github.com/argus-k8s/argus/internal/watch"
)

// conditions say how Argus stands, from what its loops last saw.
func (l *loops) conditions() []health.Condition {
	return []health.Condition{l.accountCondition(), l.kubernetesCondition(), l.kindsCondition(), l.groupsCondition(), l.backlogCondition(), l.parkedCondition(), deletesCondition(l.budget.Hold())}
}

func (l *loops) accountCondition() health.Condition {
	c := health.Condition{Name: "account", Ready: true}
	s := l.mirror.Snapshot()
	switch collectors := l.account.Collectors(); {
	case !s.Loaded && s.AuditErr != nil:
		c.Ready, c.Detail = false, "the account has not been listed yet: "+s.AuditErr.Error()
	case !s.Loaded && s.LastErr != "":
		c.Ready, c.Detail = false, "the account has not been listed yet: "+s.LastErr
	case !s.Loaded:
		c.Ready, c.Detail = false, "the account is being listed"
	case s.LastErr != "":
		c.Ready, c.Detail = false, fmt.Sprintf("waiting for the account; nothing is lost: %s", s.LastErr)
	case s.AuditErr != nil:
		c.Ready, c.Detail = false, s.AuditErr.Error()
	case collectors != nil:
		c.Ready, c.Detail = false, "new resources wait for a collector: "+collectors.Error()
	default:
		c.Detail = "listed at " + s.LastAudit.Format("15:04:05")
	}
	return c
}

// kubernetesCondition is about kinds that will be read; it is not met while one
// of them is not.
func (l *loops) kubernetesCondition() health.Condition {
	c := health.Condition{Name: "kubernetes", Ready: true}
	var troubles []string
	for _, s := range l.watches.States() {
		switch {
		case s.Frozen() != "" || s.Phase == watch.Watching:
		case s.Detail != "":
			troubles = append(troubles, fmt.Sprintf("%s: %s", s.Kind.ID, s.Detail))
		default:
			troubles = append(troubles, fmt.Sprintf("%s: %s", s.Kind.ID, s.Phase))
		}
	}
	if len(troubles) > 0 {
		c.Ready, c.Detail = false, strings.Join(troubles, "; ")
	}
	return c
}

// kindsCondition tells of kinds that stay as they are. They keep nobody from
// relying on the others.
func (l *loops) kindsCondition() health.Condition {
	c := health.Condition{Name: "kinds", Ready: true, Optional: true}
	var frozen []string
	for _, s := range l.watches.States() {
		if reason := s.Frozen(); reason != "" {
			frozen = append(frozen, reason)
		}
		// A cluster that does not serve a kind lacks nothing.
		c.Ready = c.Ready && s.Phase != watch.Forbidden
	}
	c.Detail = strings.Join(frozen, "; ")
	return c
}

func (l *loops) groupsCondition() health.Condition {
	r := l.groups.Report()
	c := health.Condition{Name: "groups", Ready: r.Err == nil && !r.At.IsZero(), Optional: true}
	switch {
	case r.Err != nil:
		c.Detail = r.Err.Error()
	case r.At.IsZero():
		c.Detail = "the tree has not been read yet"
	default:
		c.Detail = fmt.Sprintf("%d groups, %d changes wait", r.Groups, r.Pending)
	}
	return c
}

func (l *loops) backlogCondition() health.Condition {
	s := l.mirror.Snapshot()
	return health.Condition{
		Name: "backlog", Ready: s.Backlog() == 0, Optional: true,
		Detail: fmt.Sprintf("%d to create, %d to update, %d to delete, %d wait after a failure", s.Waiting["create"], s.Waiting["update"], s.Waiting["delete"], s.Delayed),
	}
}

func (l *loops) parkedCondition() health.Condition {
	const shown = 5
	s := l.mirror.Snapshot()
	c := health.Condition{Name: "objects", Ready: len(s.Parked) == 0, Optional: true}
	for key, reason := range s.Parked {
		if c.Detail != "" {
			c.Detail += "; "
		}
		if len(strings.Split(c.Detail, "; ")) > shown {
			c.Detail += "..."
			break
		}
		c.Detail += fmt.Sprintf("%s: %s", key, reason)
	}
	return c
}

// deletesCondition tells of removals that are held.
func deletesCondition(h plan.Hold) health.Condition {
	if h.ID == "" {
		return health.Condition{Name: "deletes", Ready: true, Optional: true}
	}
	return health.Condition{Name: "deletes", Optional: true, Detail: holdText(h)}
}
