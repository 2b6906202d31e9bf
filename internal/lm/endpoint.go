package lm

import "strings"

// An Endpoint is a method and a path template, "GET /device/devices/{id}". The
// account keeps one rate limit for each, and the client one line of waiting.
type Endpoint string

// The endpoints the client uses.
const (
	EndpointListDevices          Endpoint = "GET /device/devices"
	EndpointCreateDevice         Endpoint = "POST /device/devices"
	EndpointDevice               Endpoint = "GET /device/devices/{id}"
	EndpointPatchDevice          Endpoint = "PATCH /device/devices/{id}"
	EndpointDeleteDevice         Endpoint = "DELETE /device/devices/{id}"
	EndpointListDeviceProperties Endpoint = "GET /device/devices/{id}/properties"
	EndpointAddDeviceProperty    Endpoint = "POST /device/devices/{id}/properties"
	EndpointDeviceProperty       Endpoint = "GET /device/devices/{id}/properties/{name}"
	EndpointSetDeviceProperty    Endpoint = "PUT /device/devices/{id}/properties/{name}"
	EndpointDeleteDeviceProperty Endpoint = "DELETE /device/devices/{id}/properties/{name}"

	EndpointListGroups          Endpoint = "GET /device/groups"
	EndpointCreateGroup         Endpoint = "POST /device/groups"
	EndpointGroup               Endpoint = "GET /device/groups/{id}"
	EndpointPatchGroup          Endpoint = "PATCH /device/groups/{id}"
	EndpointDeleteGroup         Endpoint = "DELETE /device/groups/{id}"
	EndpointListGroupDevices    Endpoint = "GET /device/groups/{id}/devices"
	EndpointListGroupProperties Endpoint = "GET /device/groups/{id}/properties"
	EndpointAddGroupProperty    Endpoint = "POST /device/groups/{id}/properties"
	EndpointGroupProperty       Endpoint = "GET /device/groups/{id}/properties/{name}"
	EndpointSetGroupProperty    Endpoint = "PUT /device/groups/{id}/properties/{name}"
	EndpointDeleteGroupProperty Endpoint = "DELETE /device/groups/{id}/properties/{name}"

	EndpointListCollectors       Endpoint = "GET /setting/collector/collectors"
	EndpointCreateCollector      Endpoint = "POST /setting/collector/collectors"
	EndpointCollector            Endpoint = "GET /setting/collector/collectors/{id}"
	EndpointPatchCollector       Endpoint = "PATCH /setting/collector/collectors/{id}"
	EndpointListCollectorGroups  Endpoint = "GET /setting/collector/groups"
	EndpointCreateCollectorGroup Endpoint = "POST /setting/collector/groups"
	EndpointCollectorGroup       Endpoint = "GET /setting/collector/groups/{id}"

	EndpointListOpsNotes  Endpoint = "GET /setting/opsnotes"
	EndpointCreateOpsNote Endpoint = "POST /setting/opsnotes"
	EndpointDeleteOpsNote Endpoint = "DELETE /setting/opsnotes/{id}"

	EndpointTestAppliesTo Endpoint = "POST /functions"
	EndpointIngestLogs    Endpoint = "POST /log/ingest"
)

// Endpoints returns all endpoints the client uses.
func Endpoints() []Endpoint {
	return []Endpoint{
		EndpointListDevices, EndpointCreateDevice, EndpointDevice, EndpointPatchDevice, EndpointDeleteDevice,
		EndpointListDeviceProperties, EndpointAddDeviceProperty, EndpointDeviceProperty, EndpointSetDeviceProperty, EndpointDeleteDeviceProperty,
		EndpointListGroups, EndpointCreateGroup, EndpointGroup, EndpointPatchGroup, EndpointDeleteGroup, EndpointListGroupDevices,
		EndpointListGroupProperties, EndpointAddGroupProperty, EndpointGroupProperty, EndpointSetGroupProperty, EndpointDeleteGroupProperty,
		EndpointListCollectors, EndpointCreateCollector, EndpointCollector, EndpointPatchCollector,
		EndpointListCollectorGroups, EndpointCreateCollectorGroup, EndpointCollectorGroup,
		EndpointListOpsNotes, EndpointCreateOpsNote, EndpointDeleteOpsNote,
		EndpointTestAppliesTo, EndpointIngestLogs,
	}
}

// Method is the HTTP method.
func (e Endpoint) Method() string {
	method, _, _ := strings.Cut(string(e), " ")
	return method
}

// Template is the path, with {id} and {name} where a request has values.
func (e Endpoint) Template() string {
	_, template, _ := strings.Cut(string(e), " ")
	return template
}

// changes tells whether a request may change the account. testAppliesTo is a POST
// that only asks.
func (e Endpoint) changes() bool {
	return e.Method() != "GET" && e != EndpointTestAppliesTo
}

// at fills {id} and {name} of the template, in that order.
func (e Endpoint) at(values ...string) string {
	var path strings.Builder
	rest := e.Template()
	for _, value := range values {
		before, after, _ := strings.Cut(rest, "{")
		path.WriteString(before)
		path.WriteString(value)
		_, rest, _ = strings.Cut(after, "}")
	}
	path.WriteString(rest)
	return path.String()
}
