package account

// rows holds the devices by id. Ids are given out one after the other, so a slice serves as the
// table: a scan of a large account is then a walk through memory and not through a map.
type rows []*host

// at returns the device with this id, nil when there is none.
func (r rows) at(id int32) *host {
	if id < 0 || int(id) >= len(r) {
		return nil
	}
	return r[id]
}

func (r rows) find(id int32) (*host, bool) {
	h := r.at(id)
	return h, h != nil
}

func (r *rows) put(h *host) {
	for int(h.ID) >= len(*r) {
		*r = append(*r, nil)
	}
	(*r)[h.ID] = h
}

func (r rows) drop(id int32) { r[id] = nil }
