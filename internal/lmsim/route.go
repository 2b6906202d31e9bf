package lmsim

import (
	"net/url"
	"slices"
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
	return slices.Concat(deviceRoutes(), groupRoutes(), propertyRoutes("/device/devices", onDevices), propertyRoutes("/device/groups", onGroups),
		collectorRoutes(), collectorGroupRoutes(), noteRoutes(), recycleRoutes())
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
