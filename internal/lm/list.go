package lm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A listing is one kind of list: where it is and what its items are.
type listing[T any] struct {
	endpoint Endpoint
	values   []string
	filter   Filter[T]
	fields   []string
	// id of an item, if it has one by which the account sorts; then gaps between
	// pages are seen and closed. Otherwise key tells items apart.
	id  func(*T) int64
	key func(*T) string
}

// all yields the items that match, each once, and ends with an error unless the
// listing is known to be complete.
func (l listing[T]) all(ctx context.Context, c *Client) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		w := newWalk(c.config.PageSize, l.id, l.key)
		for !w.complete {
			fresh, err := l.step(ctx, c, w)
			if err != nil {
				yield(*new(T), err)
				return
			}
			for i := range fresh {
				if !yield(fresh[i], nil) {
					return
				}
			}
		}
	}
}

// step reads one page and returns those of its items that are new and match.
func (l listing[T]) step(ctx context.Context, c *Client, w *walk[T]) ([]T, error) {
	p, err := l.page(ctx, c, w.offset)
	if err != nil {
		return nil, l.failed(err)
	}
	fresh, err := w.take(p)
	if err != nil {
		return nil, l.failed(err)
	}
	return slices.DeleteFunc(fresh, func(item T) bool { return !l.filter.Matches(&item) }), nil
}

func (l listing[T]) failed(err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Class: ClassIncomplete, Endpoint: l.endpoint, Message: err.Error(), cause: err}
}

func (l listing[T]) page(ctx context.Context, c *Client, offset int) (page[T], error) {
	query := url.Values{
		"size":   {strconv.Itoa(c.config.PageSize)},
		"offset": {strconv.Itoa(offset)},
	}
	if l.id != nil {
		query.Set("sort", "+id")
	}
	if len(l.fields) > 0 {
		query.Set("fields", strings.Join(l.columns(), ","))
	}
	if l.filter.expr != "" {
		query.Set("filter", l.filter.expr)
	}
	var p page[T]
	err := c.do(ctx, request{
		endpoint: l.endpoint, values: l.values, query: query,
		decode: func(r io.Reader) (err error) {
			p, err = decodePage[T](&bounded{from: r, left: maxPageBody})
			return err
		},
	})
	return p, err
}

// columns are the fields to ask for: those wanted and those the check of each
// item on our side needs.
func (l listing[T]) columns() []string {
	columns := slices.Concat(l.fields, l.filter.needs)
	if l.id != nil {
		columns = append(columns, "id")
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// A page is one answer of a listing.
type page[T any] struct {
	total int // negative: at least so many
	items []T
}

// decodePage reads a page item by item, so that only the items are in memory and
// not the text as well.
func decodePage[T any](r io.Reader) (page[T], error) {
	var (
		p        page[T]
		f        fault
		hasTotal bool
		hasItems bool
	)
	dec := json.NewDecoder(r)
	if err := expect(dec, '{'); err != nil {
		return p, err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return p, err
		}
		switch name {
		case "total":
			hasTotal = true
			err = dec.Decode(&p.total)
		case "items":
			hasItems = true
			p.items, err = decodeItems[T](dec)
		case "errorMessage":
			err = dec.Decode(&f.ErrorMessage)
		case "errorCode":
			err = dec.Decode(&f.ErrorCode)
		case "errmsg":
			err = dec.Decode(&f.Errmsg)
		case "status":
			err = dec.Decode(&f.Status)
		default:
			var skipped json.RawMessage
			err = dec.Decode(&skipped)
		}
		if err != nil {
			return p, err
		}
	}
	if err := expect(dec, '}'); err != nil {
		return p, err
	}
	if f.code() != 0 {
		return p, &f
	}
	if !hasTotal || !hasItems {
		return p, errors.New("a page without total or items")
	}
	if _, err := dec.Token(); err != io.EOF {
		return p, errors.New("something follows the page")
	}
	return p, nil
}

func expect(dec *json.Decoder, want json.Delim) error {
	token, err := dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("got %v where %v should be", token, want)
	}
	return nil
}

func decodeItems[T any](dec *json.Decoder) ([]T, error) {
	token, err := dec.Token()
	if err != nil || token == nil {
		return nil, err // null: no items
	}
	if token != json.Delim('[') {
		return nil, fmt.Errorf("items are %v, not a list", token)
	}
	var items []T
	for dec.More() {
		var item T
		if err := dec.Decode(&item); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, expect(dec, ']')
}
