package lmsim

import (
	"net/url"
	"strings"
)

// A handler does one call with the lock held. Its error is an *account.Error.
type handler func(s *Server, c *call) (any, error)

// A route is one method on one endpoint template. The template is also the endpoint's rate bucket.
type route struct {
	method, template string
	segments         []string
	on               class
	do               handler
}

// restRoutes is the REST API below /santaba/rest.
func restRoutes() []route {
	return []route{
		rt("GET", "/device/devices", onDevices, listDevices),
		rt("POST", "/device/devices", onDevices, createDevice),
		rt("GET", "/device/devices/delta", onDevices, registerDelta),
		rt("GET", "/device/devices/delta/{deltaId}", onDevices, readDelta),
		rt("GET", "/device/devices/{id}", onDevices, readDevice),
		rt("PUT", "/device/devices/{id}", onDevices, updateDevice),
		rt("PATCH", "/device/devices/{id}", onDevices, updateDevice),
		rt("DELETE", "/device/devices/{id}", onDevices, deleteDevice),
		rt("GET", "/device/devices/{id}/properties", onDevices, listProperties),
		rt("POST", "/device/devices/{id}/properties", onDevices, createProperty),
		rt("GET", "/device/devices/{id}/properties/{name}", onDevices, readProperty),
		rt("PUT", "/device/devices/{id}/properties/{name}", onDevices, updateProperty),
		rt("PATCH", "/device/devices/{id}/properties/{name}", onDevices, updateProperty),
		rt("DELETE", "/device/devices/{id}/properties/{name}", onDevices, deleteProperty),
		rt("POST", "/device/devices/{id}/scheduleAutoDiscovery", onDevices, scheduleDiscovery),

		rt("GET", "/device/groups", onGroups, listGroups),
		rt("POST", "/device/groups", onGroups, createGroup),
		rt("GET", "/device/groups/{id}", onGroups, readGroup),
		rt("PUT", "/device/groups/{id}", onGroups, updateGroup),
		rt("PATCH", "/device/groups/{id}", onGroups, updateGroup),
		rt("DELETE", "/device/groups/{id}", onGroups, deleteGroup),
		rt("GET", "/device/groups/{id}/devices", onDevices, listGroupDevices),
		rt("GET", "/device/groups/{id}/properties", onGroups, listProperties),
		rt("POST", "/device/groups/{id}/properties", onGroups, createProperty),
		rt("GET", "/device/groups/{id}/properties/{name}", onGroups, readProperty),
		rt("PUT", "/device/groups/{id}/properties/{name}", onGroups, updateProperty),
		rt("PATCH", "/device/groups/{id}/properties/{name}", onGroups, updateProperty),
		rt("DELETE", "/device/groups/{id}/properties/{name}", onGroups, deleteProperty),
		rt("POST", "/functions", onGroups, testAppliesTo),

		rt("GET", "/setting/collector/collectors", onCollectors, listCollectors),
		rt("POST", "/setting/collector/collectors", onCollectors, createCollector),
		rt("GET", "/setting/collector/collectors/versions", onCollectors, collectorVersions),
		rt("GET", "/setting/collector/collectors/{id}", onCollectors, readCollector),
		rt("PUT", "/setting/collector/collectors/{id}", onCollectors, updateCollector),
		rt("PATCH", "/setting/collector/collectors/{id}", onCollectors, updateCollector),
		rt("DELETE", "/setting/collector/collectors/{id}", onCollectors, deleteCollector),
		rt("POST", "/setting/collector/collectors/{id}/ackdown", onCollectors, ackCollector),
		rt("GET", "/setting/collector/groups", onCollectors, listCollectorGroups),
		rt("POST", "/setting/collector/groups", onCollectors, createCollectorGroup),
		rt("GET", "/setting/collector/groups/{id}", onCollectors, readCollectorGroup),
		rt("PUT", "/setting/collector/groups/{id}", onCollectors, updateCollectorGroup),
		rt("PATCH", "/setting/collector/groups/{id}", onCollectors, updateCollectorGroup),
		rt("DELETE", "/setting/collector/groups/{id}", onCollectors, deleteCollectorGroup),

		rt("GET", "/setting/opsnotes", onNotes, listNotes),
		rt("POST", "/setting/opsnotes", onNotes, createNote),
		rt("GET", "/setting/opsnotes/{id}", onNotes, readNote),
		rt("PUT", "/setting/opsnotes/{id}", onNotes, updateNote),
		rt("PATCH", "/setting/opsnotes/{id}", onNotes, updateNote),
		rt("DELETE", "/setting/opsnotes/{id}", onNotes, deleteNote),

		rt("GET", "/recyclebin/recycles", onDevices, listRecycled),
		rt("POST", "/recyclebin/recycles/batchrestore", onDevices, restoreRecycled),
		rt("POST", "/recyclebin/recycles/batchdelete", onDevices, purgeRecycled),
	}
}

// ingestRoutes is the ingest API below /rest.
func ingestRoutes() []route {
	return []route{rt("POST", "/log/ingest", onLogs, ingestLogs)}
}

func rt(method, template string, on class, do handler) route {
	return route{method, template, strings.Split(template[1:], "/"), on, do}
}

// match finds the route of a call and the values of its parameters. The path is as it came, still
// escaped, so that an escaped slash in a property name does not cut it.
func match(routes []route, method, rawPath string) (route, map[string]string, bool) {
	parts := strings.Split(strings.TrimPrefix(rawPath, "/"), "/")
	for _, r := range routes {
		if r.method != method {
			continue
		}
		if params, ok := r.params(parts); ok {
			return r, params, true
		}
	}
	return route{}, nil, false
}

func (r route) params(parts []string) (map[string]string, bool) {
	last := len(r.segments) - 1
	if len(parts) < len(r.segments) || len(parts) > len(r.segments) && r.segments[last] != "{name}" {
		return nil, false
	}
	params := map[string]string{}
	for i, seg := range r.segments {
		text := parts[i]
		if i == last {
			text = strings.Join(parts[i:], "/") // a property name may hold slashes
		}
		if !strings.HasPrefix(seg, "{") {
			if seg != text {
				return nil, false
			}
			continue
		}
		decoded, err := url.PathUnescape(text)
		if err != nil || decoded == "" {
			return nil, false
		}
		params[strings.Trim(seg, "{}")] = decoded
	}
	return params, true
}
