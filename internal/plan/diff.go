package plan

import (
	"slices"
	"strings"

	"github.com/argus-k8s/argus/internal/resource"
)

// Diff says what to write so that the observed resource equals the wanted one in
// all that is Argus's, and nothing else. Its Op is None when they are equal.
//
// The display name is not compared: it is given when a resource is created and
// belongs to the portal's people afterwards.
func Diff(have *resource.Observed, want *resource.Resource, own resource.Ownership) Change {
	c := Change{Op: None, Key: want.Key, ID: have.ID, Want: want}
	if want.Name != have.Name {
		c.Name = want.Name
		c.Fields = append(c.Fields, Field{Name: "name", Have: have.Name, Want: want.Name})
	}
	c.diffCategories(have, want, own)
	for _, p := range want.Properties {
		c.diffProperty(have, p, own)
	}
	for _, p := range have.Properties {
		if _, wanted := want.Property(p.Name); !wanted && own.Owns(p.Name) {
			c.Remove = append(c.Remove, p.Name)
			c.Fields = append(c.Fields, Field{Name: p.Name, Have: p.Value})
		}
	}
	if len(c.Fields) > 0 {
		c.Op = Update
		slices.SortFunc(c.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	}
	return c
}

// diffProperty compares one property. The account keeps several addresses and
// learns of new ones by itself, so that the wanted one being among them is enough.
func (c *Change) diffProperty(have *resource.Observed, p resource.Property, own resource.Ownership) {
	if p.Name == resource.PropIPs {
		if !slices.Contains(have.IPs, p.Value) {
			c.set(p, strings.Join(have.IPs, ","))
		}
		return
	}
	old, ok := have.Property(p.Name)
	same := ok && (old == p.Value || old == resource.Masked && resource.Sensitive(p.Name))
	if !same && own.Owns(p.Name) {
		c.set(p, old)
	}
}

// writeMasked adds the values that the account masks, which nothing can be compared
// with: what is written anyway brings them along, and where Argus knows that it wrote
// something else before, they are written for their own sake.
func (c *Change) writeMasked(have *resource.Observed, own resource.Ownership) {
	for _, p := range c.Want.Properties {
		if old, _ := have.Property(p.Name); old == resource.Masked && p.Value != old && resource.Sensitive(p.Name) && own.Owns(p.Name) {
			c.set(p, old)
			c.Op = Update
		}
	}
	slices.SortFunc(c.Fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
}

// overtaken says whether a resource, as the answer to an update shows it, differs
// from what is wanted in a field that the update did not write.
func (c *Change) overtaken(seen *resource.Observed, own resource.Ownership) bool {
	return slices.ContainsFunc(Diff(seen, c.Want, own).Fields, func(f Field) bool {
		return !slices.ContainsFunc(c.Fields, func(wrote Field) bool { return strings.EqualFold(wrote.Name, f.Name) })
	})
}

// rename sets the display name back to what the object gives it, and removes the
// marks of a conflict.
func (c *Change) rename(have *resource.Observed, own resource.Ownership) {
	if have.DisplayName != c.Want.DisplayName {
		c.Op, c.DisplayName = Update, c.Want.DisplayName
		c.Fields = append(c.Fields, Field{Name: "displayName", Have: have.DisplayName, Want: c.Want.DisplayName})
	}
	conflicts := own.Conflicts(have.Categories)
	if len(conflicts) == 0 {
		return
	}
	c.Op = Update
	c.setCategories(have, slices.DeleteFunc(c.categories(have), func(category string) bool { return slices.Contains(conflicts, category) }))
}

// categories are those that the resource will have after the change.
func (c *Change) categories(have *resource.Observed) []string {
	for _, p := range c.Set {
		if p.Name == resource.PropCategories {
			return resource.SplitCategories(p.Value)
		}
	}
	return slices.Clone(have.Categories)
}

// setCategories writes categories in place of those that the change wrote.
func (c *Change) setCategories(have *resource.Observed, categories []string) {
	c.Set = slices.DeleteFunc(c.Set, func(p resource.Property) bool { return p.Name == resource.PropCategories })
	c.Fields = slices.DeleteFunc(c.Fields, func(f Field) bool { return f.Name == resource.PropCategories })
	c.set(resource.Property{Name: resource.PropCategories, Value: resource.JoinCategories(categories), From: "kind"},
		resource.JoinCategories(have.Categories))
}

func (c *Change) set(p resource.Property, old string) {
	c.Set = append(c.Set, p)
	c.Fields = append(c.Fields, Field{Name: p.Name, Have: old, Want: p.Value, From: p.From})
}

// diffCategories keeps every element that somebody else put there, in its place.
func (c *Change) diffCategories(have *resource.Observed, want *resource.Resource, own resource.Ownership) {
	ours := own.Categories(have.Categories)
	var merged []string
	for _, category := range have.Categories {
		if !slices.Contains(ours, category) || slices.Contains(want.Categories, category) {
			merged = append(merged, category)
		}
	}
	for _, category := range want.Categories {
		if !slices.Contains(merged, category) {
			merged = append(merged, category)
		}
	}
	if !slices.Equal(merged, have.Categories) {
		c.setCategories(have, merged)
	}
}
