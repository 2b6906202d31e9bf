package lmsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/argus-k8s/argus/internal/lmsim/account"
)

// adminPeople are the calls by which a person looks at and changes the account.
func (s *Server) adminPeople(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/groups", s.adminGroups)
	mux.HandleFunc("GET /api/groups/{id}", withID(func(w http.ResponseWriter, _ *http.Request, id int32) {
		show(w, s.shown(func(a *account.Account) []byte { return a.ShowGroup(id, account.View{}) }))
	}))
	mux.HandleFunc("GET /api/groups/{id}/devices", withID(s.adminMembers))
	mux.HandleFunc("GET /api/search", s.adminSearch)
	mux.HandleFunc("GET /api/devices/{id}", withID(func(w http.ResponseWriter, _ *http.Request, id int32) {
		show(w, s.shown(func(a *account.Account) []byte { return a.ShowDevice(id, account.View{}) }))
	}))
	mux.HandleFunc("POST /api/devices", func(w http.ResponseWriter, r *http.Request) {
		created(func(in account.DeviceInput) (int32, error) { return s.CreateDevice(in) })(w, r)
	})
	mux.HandleFunc("PATCH /api/devices/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int32) {
		change(func(in account.DeviceInput) error { return s.EditDevice(id, in) })(w, r)
	}))
	mux.HandleFunc("DELETE /api/devices/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int32) {
		finish(w, s.DeleteDevice(id, r.URL.Query().Get("soft") != "true"))
	}))
	mux.HandleFunc("POST /api/groups", func(w http.ResponseWriter, r *http.Request) {
		created(func(in account.GroupInput) (int32, error) { return s.CreateGroup(in) })(w, r)
	})
	mux.HandleFunc("PATCH /api/groups/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int32) {
		change(func(in account.GroupInput) error { return s.EditGroup(id, in) })(w, r)
	}))
	mux.HandleFunc("DELETE /api/groups/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int32) {
		finish(w, s.DeleteGroup(id, account.GroupDeletion{Children: r.URL.Query().Get("children") == "true", Hard: true}))
	}))
	mux.HandleFunc("POST /api/collectors", func(w http.ResponseWriter, r *http.Request) {
		created(func(c Collector) (int32, error) { return s.AddCollector(c) })(w, r)
	})
	mux.HandleFunc("PATCH /api/collectors/{id}", withID(func(w http.ResponseWriter, r *http.Request, id int32) {
		change(func(state account.CollectorState) error { return s.SetCollector(id, state) })(w, r)
	}))
}

func withID(do func(http.ResponseWriter, *http.Request, int32)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(r.PathValue("id"), 10, 32)
		if err != nil {
			failJSON(w, err)
			return
		}
		do(w, r, int32(id))
	}
}

func created[T any](do func(T) (int32, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<20)).Decode(&in); err != nil {
			failJSON(w, err)
			return
		}
		id, err := do(in)
		if err != nil {
			failJSON(w, err)
			return
		}
		answerJSON(w, map[string]int32{"id": id})
	}
}

func finish(w http.ResponseWriter, err error) {
	if err != nil {
		failJSON(w, err)
		return
	}
	answerJSON(w, struct{}{})
}

func (s *Server) shown(f func(*account.Account) []byte) (b []byte) {
	s.locked(func(a *account.Account, _ time.Time) { b = f(a) })
	return b
}

func show(w http.ResponseWriter, b []byte) {
	if b == nil {
		failJSON(w, &account.Error{Status: 404, Code: 1404, Message: "not found"})
		return
	}
	answerJSON(w, json.RawMessage(b))
}

// adminGroups answers the sub-groups of one group (parent, default the root), in the order of
// their names.
func (s *Server) adminGroups(w http.ResponseWriter, r *http.Request) {
	parent, _ := strconv.ParseInt(r.URL.Query().Get("parent"), 10, 32)
	if parent == 0 {
		parent = int64(account.RootGroup)
	}
	q := account.Query{Size: 1000, Sort: "name", Filter: "parentId:" + strconv.FormatInt(parent, 10)}
	q.Fields = []string{"id", "name", "fullPath", "appliesTo", "numOfHosts", "numOfDirectSubGroups"}
	s.adminPage(w, func(a *account.Account, by account.By) (account.Page, error) { return a.ListGroups(by, q) })
}

func (s *Server) adminMembers(w http.ResponseWriter, r *http.Request, id int32) {
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	q := account.Query{Size: 100, Offset: max(0, offset)}
	if id == account.RootGroup {
		id = 0 // the root shows every device of the account
	}
	q.Fields = []string{"id", "name", "displayName", "deviceType", "hostStatus"}
	s.adminPage(w, func(a *account.Account, by account.By) (account.Page, error) { return a.ListDevices(by, id, q) })
}

// adminSearch answers devices whose display name, name or a property value contains a text.
func (s *Server) adminSearch(w http.ResponseWriter, r *http.Request) {
	text := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "*", `\*`, "%", "%25").Replace(r.URL.Query().Get("q"))
	q := account.Query{Size: 50, Filter: `displayName~"` + text + `"||name~"` + text + `"||customProperties.value:"` + text + `"`}
	q.Fields = []string{"id", "name", "displayName", "deviceType", "hostStatus"}
	s.adminPage(w, func(a *account.Account, by account.By) (account.Page, error) { return a.ListDevices(by, 0, q) })
}

// page answers a list without the traps the rules set for API clients.
func (s *Server) adminPage(w http.ResponseWriter, list func(*account.Account, account.By) (account.Page, error)) {
	var p account.Page
	var err error
	s.locked(func(a *account.Account, now time.Time) {
		rules := a.Rules
		a.Rules = account.DefaultRules()
		a.Rules.MaskedSuffixes = rules.MaskedSuffixes
		p, err = list(a, account.By{Who: Person, At: now})
		a.Rules = rules
	})
	if err != nil {
		failJSON(w, err)
		return
	}
	answerJSON(w, json.RawMessage(p))
}
