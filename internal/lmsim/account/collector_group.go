package account

// A CollectorGroup is one collector group of the account. A stored one never changes.
type CollectorGroup struct {
	ID                   int32      `json:"id"`
	Name                 string     `json:"name"`
	Description          string     `json:"description"`
	AutoBalance          bool       `json:"autoBalance"`
	AutoBalanceStrategy  string     `json:"autoBalanceStrategy"`
	AutoBalanceThreshold int64      `json:"autoBalanceInstanceCountThreshold"`
	Custom               []Property `json:"customProperties"`
	CreateOn             int64      `json:"createOn"`
}

// A CollectorGroupInput is the body of a create or update; nil means the field was not sent.
type CollectorGroupInput struct {
	Name                 *string     `json:"name"`
	Description          *string     `json:"description"`
	AutoBalance          *bool       `json:"autoBalance"`
	AutoBalanceStrategy  *string     `json:"autoBalanceStrategy"`
	AutoBalanceThreshold *int64      `json:"autoBalanceInstanceCountThreshold"`
	Custom               *[]Property `json:"customProperties"`
}

// CreateCollectorGroup adds a collector group.
func (a *Account) CreateCollectorGroup(by By, in CollectorGroupInput) (int32, error) {
	g := CollectorGroup{CreateOn: by.At.Unix(), AutoBalanceStrategy: "none", AutoBalanceThreshold: 10_000}
	if err := a.collectorGroupFrom(&g, in, Update{Whole: true}); err != nil {
		return 0, err
	}
	a.next.CollectorGroup++
	g.ID = a.next.CollectorGroup
	a.collectorGroups[g.ID] = &g
	a.commit(by, Created, "collectorGroup", itoa(g.ID), g.Name, nil, &g)
	return g.ID, nil
}

// UpdateCollectorGroup changes a collector group.
func (a *Account) UpdateCollectorGroup(by By, id int32, in CollectorGroupInput, u Update) error {
	old, ok := a.collectorGroups[id]
	if !ok {
		return notFound("AgentGroup", id)
	}
	g := *old
	if u.Whole {
		if in.Name == nil {
			return badRequest("name is required")
		}
		g.Description, g.AutoBalance, g.AutoBalanceStrategy, g.AutoBalanceThreshold = "", false, "none", 10_000
	}
	if err := a.collectorGroupFrom(&g, in, u); err != nil {
		return err
	}
	a.collectorGroups[id] = &g
	a.commit(by, Updated, "collectorGroup", itoa(id), g.Name, old, &g)
	return nil
}

// DeleteCollectorGroup removes a collector group that is empty.
func (a *Account) DeleteCollectorGroup(by By, id int32) error {
	g, ok := a.collectorGroups[id]
	if !ok {
		return notFound("AgentGroup", id)
	}
	for _, c := range a.collectors {
		if c.GroupID == id {
			return badRequest("collector group %d is not empty", id)
		}
	}
	if id == 1 {
		return badRequest("the default collector group cannot be deleted")
	}
	delete(a.collectorGroups, id)
	a.commit(by, Deleted, "collectorGroup", itoa(id), g.Name, g, nil)
	return nil
}

func (a *Account) collectorGroupFrom(g *CollectorGroup, in CollectorGroupInput, u Update) error {
	assign(&g.Name, in.Name)
	assign(&g.Description, in.Description)
	assign(&g.AutoBalance, in.AutoBalance)
	assign(&g.AutoBalanceStrategy, in.AutoBalanceStrategy)
	assign(&g.AutoBalanceThreshold, in.AutoBalanceThreshold)
	if g.Name == "" {
		return badRequest("name is required")
	}
	for _, other := range a.collectorGroups {
		if other.ID != g.ID && fold(other.Name) == fold(g.Name) {
			return refuse(409, 1409, "collector group %s already exists", g.Name)
		}
	}
	if in.Custom == nil {
		return nil
	}
	list, err := a.checkProperties(*in.Custom)
	g.Custom = mergeProperties(g.Custom, list, opTypeOr(u.OpType))
	return err
}
