package chaos_test

import "github.com/argus-k8s/argus/test/chaos/proxy"

// A scenario is what is done to one subject, and before which step.
type scenario struct {
	class, name string
	orders      orders
	slow        bool                     // not in "make test"
	counted     func(proxy.Request) bool // which requests count for a kill; nil: all
}

// orders by the step before which they are carried out. Whatever is still wrong
// at the end is lifted there.
type orders map[string][]string

// scenarios by class of fault (docs/chaos.md). Those of other tests are not here:
// kills at every request, leaders, and what happens to the cluster itself.
func scenarios() []scenario {
	return []scenario{
		{class: "F1", name: "creates take effect, their answers are lost", orders: orders{
			atStart: {"lm commitDrop(POST /device/devices, times=6)"}, atScale: {"lm commitDrop(POST /device/devices, times=2)"},
		}},
		{class: "F1", name: "creates take effect and are not answered, or by half", slow: true, orders: orders{
			atStart: {"lm hangAfter(POST /device/devices, times=3)"}, atScale: {"lift", "lm truncate(POST /device/devices, times=3)"},
		}},
		{class: "F1", name: "groups and deletes take effect, their answers are lost", slow: true, orders: orders{
			atStart: {"lm commitDrop(POST /device/groups, times=3)"}, atDelete: {"lm commitDrop(DELETE, times=3)"}, atNamespace: {"lm reset(DELETE, times=3)"},
		}},
		{class: "F1", name: "requests are lost on their way", orders: orders{
			atStart: {"lm dropBeforeCommit(POST, nth=5)", "lm dropBeforeCommit(PATCH, times=3)"}, atDelete: {"lm dropBeforeCommit(DELETE, times=3)"},
		}},
		{class: "F3", name: "a restart onto an apiserver that is far behind", slow: true, orders: orders{
			atLabels: {"k8s serveAt(all)"}, atRollout: {"proc restart"}, atAgain: {"lift"},
		}},
		{class: "F3", name: "a restart onto an apiserver that still has what is gone", orders: orders{
			atDelete: {"k8s serveAt(all)"}, atRecreate: {"proc restart"}, atAgain: {"proc restart"},
		}},
		{class: "F4", name: "events are swallowed, and the watches then end", orders: orders{
			atScale: {"k8s drop(all)"}, atDelete: {"lift", "k8s close(all)"}, atNamespace: {"k8s drop(all)"}, atEnd: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F4", name: "watches end with 410 before every step", slow: true, orders: orders{
			atLabels: {"k8s close(all, 410)"}, atScale: {"k8s close(all, 410)"}, atRollout: {"k8s close(all, 410)"},
			atDelete: {"k8s close(all, 410)"}, atNamespace: {"k8s close(all, 410)"}, atAgain: {"k8s close(all, 410)"},
		}},
		{class: "F5", name: "objects go and come back while no watch runs", orders: orders{
			atDelete: {"k8s refuse(all, watch)", "k8s close(all)"}, atNamespace: {"lift"},
		}},
		{class: "F6", name: "a list ends early: its continue token is lost", orders: orders{
			atScale: {"k8s loseContinue(all, 1)", "proc restart"}, atRollout: {"k8s close(all, 410)"}, atAgain: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F6", name: "every page of a list is cut", slow: true, orders: orders{
			atScale: {"k8s page(all, 3)", "k8s cut(all, 1)", "proc restart"}, atAgain: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F6", name: "the bookmark that ends a list is lost", orders: orders{
			atScale: {"k8s noBookmark(all)", "proc restart"}, atAgain: {"lift", "k8s close(all)"},
		}},
		{class: "F6", name: "lists in pages of two, as they are", slow: true, orders: orders{
			atStart: {"k8s page(all, 2)"}, atDelete: {"k8s close(all, 410)"},
		}},
		{class: "F7", name: "everything is listed as empty", orders: orders{
			atScale: {"k8s cut(all, 0)", "k8s close(all, 410)"}, atRollout: {"proc restart"}, atAgain: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F7", name: "everything is listed as empty, and reads fail", orders: orders{
			atScale: {"k8s status(all, 500, get)", "k8s cut(all, 0)", "k8s close(all, 410)"}, atDelete: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F8", name: "everything is listed as empty, and reads say that nothing is served", orders: orders{
			atLabels: {"k8s status(all, 404, get)", "k8s cut(all, 0)", "k8s close(all, 410)"}, atRollout: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F8", name: "everything is listed as empty, and reads are forbidden", slow: true, orders: orders{
			atLabels: {"k8s status(all, 403, get)", "k8s cut(all, 0)", "k8s close(all, 410)"}, atDelete: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F7", name: "half the kinds cannot be listed at the start", slow: true, orders: orders{
			atStart: {"k8s status(pods, 500)", "k8s status(services, 503)", "k8s status(deployments, 429)"}, atDelete: {"lift"},
		}},
		{class: "F8", name: "one kind is forbidden, one is not served, for a while", orders: orders{
			atScale:  {"k8s status(deployments, 403)", "k8s status(poddisruptionbudgets, 404)", "k8s close(deployments)", "k8s close(poddisruptionbudgets)"},
			atDelete: {"proc restart"}, atNamespace: {"lift"},
		}},
		{class: "F8", name: "no kind can be read for a while", slow: true, orders: orders{
			atScale: {"k8s status(all, 403)", "k8s close(all)"}, atAgain: {"lift"},
		}},
		{class: "F9", name: "pages of the account's listing fail", orders: orders{
			atScale: {"lm status(GET /device/devices, 500, times=3)", "proc restart"}, atDelete: {"lm truncate(GET /device/devices, times=3)", "proc restart"},
			atAgain: {"lm error200(GET /device/devices, times=2)", "proc restart"},
		}},
		{class: "F11", name: "fresh reads are slow while objects come and go", slow: true, orders: orders{
			atScale: {"k8s slow(all, 150ms, get)"}, atDelete: {"proc restart"},
		}},
		{class: "F11", name: "fresh reads fail while objects go", slow: true, orders: orders{
			atDelete: {"k8s status(all, 500, get)"}, atNamespace: {"lift", "k8s refuse(all, get)"},
		}},
		{class: "F12", name: "new resources are seen late", orders: orders{
			atStart: {"lm late(all, 3s)"}, atDelete: {"proc restart"},
		}},
		{class: "F14", name: "an object goes and comes back, and no event says so", slow: true, orders: orders{
			atRecreate: {"k8s drop(all)"}, atAgain: {"lift", "k8s close(all, 410)"},
		}},
		{class: "F14", name: "deletes are late: the account is slow", slow: true, orders: orders{
			atDelete: {"lm slow(DELETE, 700ms)"}, atAgain: {"lift"},
		}},
		{class: "F16", name: "the account's limits fall", orders: orders{
			atLabels: {"lm limit(POST /device/devices, 2, 1s)"}, atDelete: {"lm limit(DELETE /device/devices/{id}, 2, 1s)"},
		}},
		{class: "F17", name: "the account answers with pages of HTML", orders: orders{
			atScale: {"lm html503(all, times=5)"},
		}},
		{class: "F17", name: "the account is down for half a life", slow: true, orders: orders{
			atScale: {"lm html503(all)"}, atAgain: {"lift"},
		}},
		{class: "F17", name: "the account does not answer", slow: true, orders: orders{
			atScale: {"lm hang(all)"}, atAgain: {"lift"},
		}},
		{class: "F22", name: "the apiserver does not accept the credentials for a while", orders: orders{
			atScale: {"k8s status(all, 401)", "k8s close(all)"}, atNamespace: {"lift"},
		}},
		{class: "F22", name: "neither side accepts the credentials for a while", slow: true, orders: orders{
			atScale: {"lm status(all, 401)", "k8s status(all, 401)", "k8s close(all)"}, atAgain: {"lift"},
		}},
		{class: "F19", name: "both sides stand still", slow: true, orders: orders{
			atScale: {"lm pause(all)", "k8s pause(all)"}, atAgain: {"lift"},
		}},
	}
}
