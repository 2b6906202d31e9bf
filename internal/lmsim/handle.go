package lmsim

import "github.com/argus-k8s/argus/internal/lmsim/account"

// The makers below turn an operation of the account into a handler: they read the id, the query or
// the body of the call, in that order, and answer what the operation left behind.

// listing answers one page.
func listing(list func(s *Server, c *call, q account.Query) (account.Page, error)) handler {
	return func(s *Server, c *call) (any, error) {
		q, err := c.listQuery()
		if err != nil {
			return nil, err
		}
		return list(s, c, q)
	}
}

// reading answers the one thing the path names.
func reading(read func(s *Server, c *call, id int32) ([]byte, error)) handler {
	return func(s *Server, c *call) (any, error) {
		id, err := c.id()
		if err != nil {
			return nil, err
		}
		return read(s, c, id)
	}
}

// creating makes a thing of the body and shows it.
func creating[In, ID any](create func(s *Server, by account.By, in In) (ID, error), show func(s *Server, c *call, id ID) []byte) handler {
	return func(s *Server, c *call) (any, error) {
		var in In
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		id, err := create(s, c.by(), in)
		if err != nil {
			return nil, err
		}
		return show(s, c, id), nil
	}
}

// updating applies the body to the thing the path names and shows it.
func updating[In any](update func(s *Server, by account.By, id int32, in In, u account.Update) error, show func(s *Server, c *call, id int32) []byte) handler {
	return func(s *Server, c *call) (any, error) {
		id, err := c.id()
		if err != nil {
			return nil, err
		}
		var in In
		u, err := c.change(&in)
		if err != nil {
			return nil, err
		}
		if err := update(s, c.by(), id, in, u); err != nil {
			return nil, err
		}
		return show(s, c, id), nil
	}
}

// acting does something to the thing the path names and answers nothing.
func acting(do func(s *Server, c *call, id int32) error) handler {
	return func(s *Server, c *call) (any, error) {
		id, err := c.id()
		if err != nil {
			return nil, err
		}
		return nil, do(s, c, id)
	}
}
