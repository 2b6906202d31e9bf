package scenario_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/tools/txtar"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// table is rows of cells; the first names the columns.
type table [][]string

var cell = regexp.MustCompile("`[^`]*`|[^\\s`]+")

// readTable reads columns that blanks part. A cell that holds blanks stands in
// back quotes, and an empty one is a dash. Lines that begin with # are comments.
func readTable(text string) table {
	var t table
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var row []string
		for _, c := range cell.FindAllString(line, -1) {
			row = append(row, strings.Trim(c, "`"))
		}
		t = append(t, row)
	}
	return t
}

// String is the table with its columns aligned.
func (t table) String() string {
	var widths []int
	for _, row := range t {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len(quoted(c)))
		}
	}
	var b strings.Builder
	for _, row := range t {
		for i, c := range row {
			if i < len(row)-1 {
				fmt.Fprintf(&b, "%-*s  ", widths[i], quoted(c))
			} else {
				b.WriteString(quoted(c))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// lines are the rows with no more blanks than are needed: for comparing.
func (t table) lines() []string {
	lines := make([]string, len(t))
	for i, row := range t {
		for _, c := range row {
			lines[i] += quoted(c) + "  "
		}
	}
	return lines
}

func quoted(c string) string {
	if strings.ContainsAny(c, " \t") {
		return "`" + c + "`"
	}
	return c
}

func orDash(c string) string {
	if c == "" {
		return "-"
	}
	return c
}

// compare waits until what got makes of the columns is what the file says, from
// its columns on.
func (s *story) compare(ts *testscript.TestScript, file string, got func(columns []string) (table, error)) {
	want := readTable(ts.ReadFile(file))
	if len(want) == 0 {
		ts.Fatalf("%s: name the columns in the first line", file)
	}
	look := func() (table, error) {
		rows, err := got(want[0])
		return append(table{want[0]}, rows...), err
	}
	if os.Getenv(updateEnv) != "" {
		ts.Check(update(ts, file, look))
		return
	}
	eventually(ts, func() error {
		have, err := look()
		if err != nil {
			return err
		}
		if diff := cmp.Diff(want.lines(), have.lines()); diff != "" {
			return fmt.Errorf("%s differs (-file +account):\n%s\nthe account has:\n%s", file, diff, have)
		}
		return nil
	})
}

// update writes a table anew once it has stayed the same for a while.
func update(ts *testscript.TestScript, file string, look func() (table, error)) error {
	var last string
	for same := 0; same < 30; same++ {
		have, err := look()
		if err != nil {
			return err
		}
		if text := have.String(); text != last {
			last, same = text, 0
		}
		time.Sleep(100 * time.Millisecond) // between two looks
	}
	path := filepath.Join(os.Getenv(updateEnv), ts.Name()+".txtar")
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return err
	}
	for i := range archive.Files {
		if archive.Files[i].Name == file {
			archive.Files[i].Data = []byte(last)
		}
	}
	return os.WriteFile(path, txtar.Format(archive), 0o644)
}

// seenAs is how one object stands in the cluster.
type seenAs struct{ created string }

// uids are the identities of the objects that the file has applied, as they are
// in the cluster now.
func (s *story) uids(ctx context.Context) (map[string]seenAs, error) {
	all := map[string]seenAs{}
	for _, k := range s.known {
		client, err := s.client(k)
		if err != nil {
			return nil, err
		}
		obj, err := client.Get(ctx, k.name, metav1.GetOptions{})
		switch {
		case gone(err):
		case err != nil:
			return nil, err
		default:
			all[string(obj.GetUID())] = seenAs{strconv.FormatInt(obj.GetCreationTimestamp().Unix(), 10)}
		}
	}
	return all, nil
}

// sees says whether a device is one of the scenario's: of an object in its
// namespaces, of one it has applied, or made by a person.
func (o own) sees(d device) bool {
	namespace, name := d.property("auto.namespace"), d.property("auto.name")
	switch {
	case d.property("auto.clustername") == "":
		return true
	case namespace != "":
		return o.namespaces[namespace]
	}
	return o.scoped[name]
}

var (
	ofNamespace = regexp.MustCompile(`auto\.namespace == "([^"]*)"`)
	ofRole      = regexp.MustCompile(`exists\("kubernetes\.label\.node-role\.kubernetes\.io/([^"]*)"\)`)
)

// seesGroup says the same of a group.
func (o own) seesGroup(g group) bool {
	if m := ofNamespace.FindStringSubmatch(g.AppliesTo); m != nil {
		return o.namespaces[m[1]]
	}
	if m := ofRole.FindStringSubmatch(g.AppliesTo); m != nil {
		return o.roles[m[1]]
	}
	return true
}

// deviceTable is what the account shows of the scenario's devices.
func (s *story) deviceTable(columns []string) (table, error) {
	all, err := s.portal.devices()
	if err != nil {
		return nil, err
	}
	var uids map[string]seenAs
	if slices.Contains(columns, "uid") {
		if uids, err = s.uids(context.Background()); err != nil {
			return nil, err
		}
	}
	var t table
	for _, d := range all {
		if !s.own.sees(d) {
			continue
		}
		row := make([]string, len(columns))
		for i, column := range columns {
			row[i] = orDash(s.deviceCell(d, column, uids))
		}
		t = append(t, row)
	}
	return t, nil
}

// marks ends the names of a resource that is marked deleted: a number made of its
// identity.
var marks = regexp.MustCompile(`-\d+$`)

func (s *story) deviceCell(d device, column string, uids map[string]seenAs) string {
	unmarked := func(name string) string {
		if valueOf(d.Custom, "kubernetes.resourceDeletedOn") != "" {
			return marks.ReplaceAllString(name, "-N")
		}
		return name
	}
	switch column {
	case "displayName":
		return unmarked(d.DisplayName)
	case "name":
		return unmarked(d.Name)
	case "categories":
		return d.property("system.categories")
	case "alerting":
		return alerting(d.Muted)
	case "type":
		return strconv.Itoa(d.Type)
	case "collector":
		return strconv.Itoa(d.Collector)
	case "container":
		return d.Containers
	case "id":
		return s.portal.identity(d.ID)
	case "uid":
		return presence(uids, d.property("auto.uid"))
	}
	prefix, name, _ := strings.Cut(column, ":")
	switch prefix {
	case "label":
		return valueOf(d.Custom, "kubernetes.label."+name)
	case "annotation":
		return valueOf(d.Custom, "kubernetes.annotation."+name)
	case "set":
		return yes(valueOf(d.Custom, name) != "")
	}
	return d.property(column)
}

// identity says whether a device or group is one that the file has marked.
func (p *portal) identity(id int32) string {
	if p.marked[id] == "" {
		return "new"
	}
	return "marked"
}

func presence(uids map[string]seenAs, uid string) string {
	_, present := uids[uid]
	switch {
	case uid == "":
		return ""
	case present:
		return "current"
	}
	return "stale"
}

func alerting(muted bool) string {
	if muted {
		return "off"
	}
	return "on"
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// groupTable is what the account shows of the scenario's groups.
func (s *story) groupTable(columns []string) (table, error) {
	all, err := s.portal.groups()
	if err != nil {
		return nil, err
	}
	devices, err := s.portal.devices()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, d := range devices {
		seen[d.DisplayName] = s.own.sees(d)
	}
	var t table
	for _, g := range all {
		if !s.own.seesGroup(g) {
			continue
		}
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(name string) bool { return !seen[name] })
		row := make([]string, len(columns))
		for i, column := range columns {
			row[i] = orDash(s.groupCell(all, g, column))
		}
		t = append(t, row)
	}
	return t, nil
}

func (s *story) groupCell(all []group, g group, column string) string {
	switch column {
	case "group":
		return within(all, g)
	case "name":
		return g.Name
	case "path":
		return g.Path
	case "appliesTo":
		return g.AppliesTo
	case "alerting":
		return alerting(g.Muted)
	case "members":
		names := slices.Sorted(slices.Values(g.Members))
		for i, name := range names {
			names[i] = marks.ReplaceAllString(name, "-N")
		}
		return strings.Join(names, ",")
	case "id":
		return s.portal.identity(g.ID)
	}
	if name, ok := strings.CutPrefix(column, "set:"); ok {
		return yes(valueOf(g.Custom, name) != "")
	}
	return valueOf(g.Custom, column)
}

// propertyTable is every property of one device. What differs from run to run is
// replaced by a word, if it is right.
func (s *story) propertyTable(displayName string) (table, error) {
	all, err := s.portal.devices()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(d device) bool { return d.DisplayName == displayName })
	if at < 0 {
		return nil, fmt.Errorf("there is no device %q", displayName)
	}
	uids, err := s.uids(context.Background())
	if err != nil {
		return nil, err
	}
	object, present := uids[valueOf(all[at].Custom, "auto.uid")]
	var t table
	for _, p := range all[at].Custom {
		switch {
		case p.Name == "auto.uid" && present:
			p.Value = "UID"
		case p.Name == "kubernetes.resourceCreatedOn" && p.Value == object.created:
			p.Value = "CREATED"
		case p.Name == "auto.createdBy":
			p.Value = regexp.MustCompile(`^(LogicMonitor/Argus: ).+$`).ReplaceAllString(p.Value, "${1}VERSION")
		}
		t = append(t, []string{p.Name, orDash(p.Value)})
	}
	slices.SortFunc(t, func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	return t, nil
}
