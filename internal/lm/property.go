package lm

import (
	"context"
	"iter"
	"strings"
)

// A Property is a name and a value. LogicMonitor compares names without case.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An EntityProperty is a property with where it comes from: "Custom", "System" or
// "Inherit".
type EntityProperty struct {
	Property
	Type string `json:"type"`
}

// Lookup finds a property by name, compared without case.
func Lookup(properties []Property, name string) (value string, ok bool) {
	for _, p := range properties {
		if strings.EqualFold(p.Name, name) {
			return p.Value, true
		}
	}
	return "", false
}

// CategoriesProperty is the custom property that holds a device's categories,
// separated by commas.
const CategoriesProperty = "system.categories"

// propertyOf are the endpoints of the properties of one kind of thing.
type propertyOf struct{ list, add, read, set, remove Endpoint }

func deviceProperties() propertyOf {
	return propertyOf{EndpointListDeviceProperties, EndpointAddDeviceProperty, EndpointDeviceProperty, EndpointSetDeviceProperty, EndpointDeleteDeviceProperty}
}

func groupProperties() propertyOf {
	return propertyOf{EndpointListGroupProperties, EndpointAddGroupProperty, EndpointGroupProperty, EndpointSetGroupProperty, EndpointDeleteGroupProperty}
}

// DeviceProperties lists all properties of a device: custom, system and inherited.
func (c *Client) DeviceProperties(ctx context.Context, id DeviceID) iter.Seq2[EntityProperty, error] {
	return c.properties(ctx, deviceProperties(), id.String())
}

// DeviceProperty reads one property of a device.
func (c *Client) DeviceProperty(ctx context.Context, id DeviceID, name string) (Property, error) {
	return c.property(ctx, deviceProperties(), id.String(), name)
}

// AddDeviceProperty adds a property; ClassConflict if the device has it.
func (c *Client) AddDeviceProperty(ctx context.Context, id DeviceID, p Property) error {
	return c.addProperty(ctx, deviceProperties(), id.String(), p)
}

// SetDeviceProperty changes a property; ClassNotFound if the device lacks it.
func (c *Client) SetDeviceProperty(ctx context.Context, id DeviceID, p Property) error {
	return c.setProperty(ctx, deviceProperties(), id.String(), p)
}

// DeleteDeviceProperty removes a property; ClassNotFound if the device lacks it.
func (c *Client) DeleteDeviceProperty(ctx context.Context, id DeviceID, name string) error {
	return c.deleteProperty(ctx, deviceProperties(), id.String(), name)
}

// GroupProperties lists all properties of a device group.
func (c *Client) GroupProperties(ctx context.Context, id GroupID) iter.Seq2[EntityProperty, error] {
	return c.properties(ctx, groupProperties(), id.String())
}

// GroupProperty reads one property of a device group.
func (c *Client) GroupProperty(ctx context.Context, id GroupID, name string) (Property, error) {
	return c.property(ctx, groupProperties(), id.String(), name)
}

// AddGroupProperty adds a property; ClassConflict if the group has it.
func (c *Client) AddGroupProperty(ctx context.Context, id GroupID, p Property) error {
	return c.addProperty(ctx, groupProperties(), id.String(), p)
}

// SetGroupProperty changes a property; ClassNotFound if the group lacks it.
func (c *Client) SetGroupProperty(ctx context.Context, id GroupID, p Property) error {
	return c.setProperty(ctx, groupProperties(), id.String(), p)
}

// DeleteGroupProperty removes a property; ClassNotFound if the group lacks it.
func (c *Client) DeleteGroupProperty(ctx context.Context, id GroupID, name string) error {
	return c.deleteProperty(ctx, groupProperties(), id.String(), name)
}

func (c *Client) properties(ctx context.Context, of propertyOf, id string) iter.Seq2[EntityProperty, error] {
	return listing[EntityProperty]{
		endpoint: of.list, values: []string{id},
		// One name can come twice, as the device's own and inherited.
		key: func(p *EntityProperty) string { return p.Type + "\x00" + strings.ToLower(p.Name) + "\x00" + p.Value },
	}.all(ctx, c)
}

func (c *Client) property(ctx context.Context, of propertyOf, id, name string) (Property, error) {
	var p Property
	err := c.do(ctx, request{endpoint: of.read, values: []string{id, name}, decode: object(&p)})
	if err == nil && !strings.EqualFold(p.Name, name) {
		return Property{}, mismatch(of.read, "property "+name, "property "+p.Name)
	}
	return p, err
}

func (c *Client) addProperty(ctx context.Context, of propertyOf, id string, p Property) error {
	return c.do(ctx, request{endpoint: of.add, values: []string{id}, body: p, decode: object(nil)})
}

func (c *Client) setProperty(ctx context.Context, of propertyOf, id string, p Property) error {
	return c.do(ctx, request{endpoint: of.set, values: []string{id, p.Name}, body: p, decode: object(nil)})
}

func (c *Client) deleteProperty(ctx context.Context, of propertyOf, id, name string) error {
	return c.do(ctx, request{endpoint: of.remove, values: []string{id, name}, decode: object(nil)})
}
