package filter_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/filter"
	"github.com/argus-k8s/argus/internal/kind"
)

// set compiles a configuration that must be right.
func set(t testing.TB, config filter.Config) *filter.Set {
	t.Helper()
	s, _, err := filter.Compile(config)
	if err != nil {
		t.Fatalf("Compile(%+v): %v", config, err)
	}
	return s
}

// list is rules in the list form, under a kind in the map form.
func list(under string, expressions ...string) filter.Config {
	var c filter.Config
	for _, e := range expressions {
		c.Rules = append(c.Rules, filter.Rule{Kind: under, Expression: e})
	}
	return c
}

// object makes one: "pods kube-system/dns" or "nodes n1".
func object(t testing.TB, text string, labels, annotations map[string]string) (*kind.Kind, *metav1.PartialObjectMetadata) {
	t.Helper()
	word, name, _ := strings.Cut(text, " ")
	k, err := kind.Parse(word)
	if err != nil {
		t.Fatal(err)
	}
	namespace, base, ok := strings.Cut(name, "/")
	if !ok {
		namespace, base = "", name
	}
	return k, &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: base, Namespace: namespace, Labels: labels, Annotations: annotations,
	}}
}

func owned(kindName, name string) []metav1.OwnerReference {
	return []metav1.OwnerReference{{Kind: kindName, Name: name, Controller: new(true)}}
}

func excluded(s *filter.Set, k *kind.Kind, obj metav1.Object) bool {
	return s.Exclude(k, obj, filter.NamespaceInfo{}).Excluded
}

type keys = map[string]string

func TestSet_Exclude_list(t *testing.T) {
	tests := map[string]struct {
		rule                string
		object              string
		labels, annotations keys
		want                bool
	}{
		"type and pattern of name": {`type in ("pod", "deployment") && name =~ "nginx"`, "deployments web/my-nginx-1", nil, nil, true},
		"pattern of another name":  {`type in ("pod", "deployment") && name =~ "nginx"`, "pods web/apache", nil, nil, false},
		"pattern, another kind":    {`type in ("pod", "deployment") && name =~ "nginx"`, "services web/nginx", nil, nil, false},
		"namespace":                {`namespace == "default"`, "pods default/a", nil, nil, true},
		"ns is namespace":          {`ns == "default"`, "pods default/a", nil, nil, true},
		"no namespace is empty":    {`ns == ""`, "nodes n1", nil, nil, true},
		"negated is an allow list": {`!(namespace == "kube-system")`, "pods default/a", nil, nil, true},
		"allow list keeps":         {`!(namespace == "kube-system")`, "pods kube-system/a", nil, nil, false},
		"key in brackets":          {`type == "pod" && [app.kubernetes.io/instance] != "lm-container"`, "pods a/b", keys{"app.kubernetes.io/instance": "x"}, nil, true},
		"key in brackets equal":    {`type == "pod" && [app.kubernetes.io/instance] != "lm-container"`, "pods a/b", keys{"app.kubernetes.io/instance": "lm-container"}, nil, false},
		"missing is empty":         {`type == "pod" && [app.kubernetes.io/instance] != "lm-container"`, "pods a/b", nil, nil, true},
		"missing equals nothing":   {`[team] == "a"`, "pods a/b", nil, nil, false},
		"missing equals empty":     {`[team] == ""`, "pods a/b", nil, nil, true},
		"missing is not skipped":   {`[team] == "a" || name == "b"`, "pods a/b", nil, nil, true},
		"nested list":              {`!(type in ("po", ("deploy"), "ep"))`, "services a/b", nil, nil, true},
		"nested list, element":     {`!(type in ("po", ("deploy"), "ep"))`, "deployments a/b", nil, nil, false},
		"one element":              {`type in ("pod")`, "pods a/b", nil, nil, true},
		"one element, other kind":  {`type in ("pod")`, "nodes b", nil, nil, false},
		"one element, a name":      {`name in (ns)`, "pods a/a", nil, nil, true},
		"alias po":                 {`type == "po"`, "pods a/b", nil, nil, true},
		"alias pods":               {`type == "pods"`, "pods a/b", nil, nil, true},
		"alias in capitals":        {`type == "Pod"`, "pods a/b", nil, nil, true},
		"alias, unequal":           {`type != "po"`, "pods a/b", nil, nil, false},
		"type by pattern":          {`type =~ "^deployments$"`, "deployments a/b", nil, nil, true},
		"type not by pattern":      {`type !~ "^deploy$"`, "deployments a/b", nil, nil, false},
		"literal on the left":      {`"svc" == type`, "services a/b", nil, nil, true},
		"contains type":            {`contains(type, "svc, po")`, "pods a/b", nil, nil, true},
		"type as text":             {`type + "" == "pod"`, "pods a/b", nil, nil, true},
		"label over annotation":    {`team == "label"`, "pods a/b", keys{"team": "label"}, keys{"team": "annotation"}, true},
		"annotation":               {`team == "annotation"`, "pods a/b", nil, keys{"team": "annotation"}, true},
		"name over label":          {`name == "b"`, "pods a/b", keys{"name": "x"}, nil, true},
		"namespace over label":     {`namespace == "a" && ns == "a"`, "pods a/b", keys{"namespace": "x", "ns": "x"}, nil, true},
		"type over label":          {`type == "pod"`, "pods a/b", keys{"type": "node"}, nil, true},
		"owner over label":         {`owner == ""`, "pods a/b", keys{"owner": "me"}, nil, true},
		"bare key with specials":   {`app.kubernetes.io/part-of == "shop"`, "pods a/b", keys{"app.kubernetes.io/part-of": "shop"}, nil, true},
		"minus in value":           {`name == "my-pod-1"`, "pods a/my-pod-1", nil, nil, true},
		"minus is no underscore":   {`name == "my_pod_1"`, "pods a/my-pod-1", nil, nil, false},
		"range in pattern":         {`name =~ "^my-pod-[0-9]+$"`, "pods a/my-pod-12", nil, nil, true},
		"dot in pattern":           {`name =~ "^kube.*proxy$"`, "pods a/kube-x-proxy", nil, nil, true},
		"slash in value":           {`[image] == "registry/app"`, "pods a/b", nil, keys{"image": "registry/app"}, true},
		"date is text":             {`[built] == "2024-01-01"`, "pods a/b", keys{"built": "2024-01-01"}, nil, true},
		"number is never equal":    {`[tier] == 1`, "pods a/b", keys{"tier": "1"}, nil, false},
		"text order":               {`[tier] >= "2"`, "pods a/b", keys{"tier": "3"}, nil, true},
		"condition":                {`type == "pod" ? name == "b" : name == "n"`, "nodes n", nil, nil, true},
		"IN in capitals":           {`name IN ("a", "b")`, "pods a/b", nil, nil, true},
		"operators touch":          {`type=="pod"&&!(name=="x")`, "pods a/b", nil, nil, true},
		"pattern from a label":     {`name =~ [pattern]`, "pods a/b", keys{"pattern": "^b$"}, nil, true},
		"pattern from a bad label": {`name =~ [pattern]`, "pods a/b", keys{"pattern": "("}, nil, false},
		"escaped quote":            {`[note] == "say \"hi\""`, "pods a/b", nil, keys{"note": `say "hi"`}, true},
		"and binds before or":      {`name == "b" || name == "x" && ns == "y"`, "pods a/b", nil, nil, true},
		"joined texts":             {`ns + "/" + name == "a/b"`, "pods a/b", nil, nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, obj := object(t, tt.object, tt.labels, tt.annotations)
			s := set(t, list("", tt.rule))
			if got := excluded(s, k, obj); got != tt.want {
				t.Errorf("rule %s on %s %v: excluded = %v, want %v", tt.rule, tt.object, tt.labels, got, tt.want)
			}
		})
	}
}

func TestSet_Exclude_map(t *testing.T) {
	tests := map[string]struct {
		rule   string
		object string
		labels keys
		want   bool
	}{
		"its kind":                 {`ns == "kube-system"`, "pods kube-system/a", nil, true},
		"another kind":             {`ns == "kube-system"`, "services kube-system/a", nil, false},
		"bare key":                 {`app.kubernetes.io/name == "x"`, "pods a/b", keys{"app.kubernetes.io/name": "x"}, true},
		"key in brackets":          {`[app.kubernetes.io/name] == "x"`, "pods a/b", keys{"app.kubernetes.io/name": "x"}, true},
		"range is a range":         {`name =~ "^my-pod-[0-9]+$"`, "pods a/my-pod-7", nil, true},
		"dot is any character":     {`name =~ "^web.*x$"`, "pods a/web-1-x", nil, true},
		"slash matches":            {`[path] == "a/b"`, "pods a/b", keys{"path": "a/b"}, true},
		"minus is minus":           {`name == "my-pod"`, "pods a/my.pod", nil, false},
		"underscore for minus":     {`ns == "kube_system"`, "pods kube-system/a", nil, true},
		"underscore for dot":       {`name == "my_pod"`, "pods a/my.pod", nil, true},
		"underscore, unequal":      {`ns != "kube_system"`, "pods kube-system/a", nil, false},
		"underscore in list":       {`ns in ("kube_system", "x")`, "pods kube-system/a", nil, true},
		"underscore in pattern":    {`name =~ "^my_pod_[0123456789]+$"`, "pods a/my-pod-1", nil, true},
		"underscore in class":      {`name =~ "^a[_x]b$"`, "pods a/a.b", nil, true},
		"what sanitizing made":     {`name =~ "^a_[0_9]b$"`, "pods a/a--b", nil, true},
		"underscore in group name": {`name =~ "^(?P<my_name>a-b)$"`, "pods a/a-b", nil, true},
		"underscore in key":        {`app_kubernetes_io/name == "x"`, "pods a/b", keys{"app.kubernetes.io/name": "x"}, true},
		"exact key first":          {`my_key == "exact"`, "pods a/b", keys{"my-key": "loose", "my_key": "exact"}, true},
		"first loose key":          {`my_key == "minus"`, "pods a/b", keys{"my-key": "minus", "my.key": "dot"}, true},
		"owner is a label":         {`owner == "me"`, "pods a/b", keys{"owner": "me"}, true},
		"type is a label":          {`type == "batch"`, "pods a/b", keys{"type": "batch"}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, obj := object(t, tt.object, tt.labels, nil)
			s := set(t, list("po", tt.rule))
			if got := excluded(s, k, obj); got != tt.want {
				t.Errorf("rule %s under po on %s %v: excluded = %v, want %v", tt.rule, tt.object, tt.labels, got, tt.want)
			}
		})
	}
}

func TestSet_Exclude_joined(t *testing.T) {
	s := set(t, filter.Config{Rules: []filter.Rule{
		{Kind: "pod", Joined: true, File: "f.yaml", Line: 3, Expression: `name == "a" || (ns == "x" || ns == "y") && name != "z" || name == "||"`},
	}})
	want := []string{
		`f.yaml:3: filters.pod part 1: name == "a"`,
		`f.yaml:3: filters.pod part 2: (ns == "x" || ns == "y") && name != "z"`,
		`f.yaml:3: filters.pod part 3: name == "||"`,
	}
	if diff := cmp.Diff(want, texts(s.Rules())); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	for name, rule := range map[string]int{"pods q/a": 0, "pods y/b": 1, "pods y/z": -1, "pods q/||": 2, "nodes a": -1} {
		k, obj := object(t, name, nil, nil)
		if got := s.Exclude(k, obj, filter.NamespaceInfo{}); got.Index != rule || got.Excluded != (rule >= 0) {
			t.Errorf("%s: got %+v, want rule %d", name, got, rule)
		}
	}
}

func texts[T interface{ String() string }](all []T) []string {
	var out []string
	for _, one := range all {
		out = append(out, one.String())
	}
	return out
}

func TestSet_Exclude_owner(t *testing.T) {
	hash := keys{"pod-template-hash": "5d59d67564"}
	tests := map[string]struct {
		object string
		owners []metav1.OwnerReference
		labels keys
		want   []string // kinds that contains(owner, ...) finds
		owner  string   // the single kind that owner is as a text
	}{
		"none":                         {"pods a/b", nil, nil, nil, ""},
		"not the controller":           {"pods a/b", []metav1.OwnerReference{{Kind: "Job", Name: "j"}}, nil, nil, ""},
		"job":                          {"pods a/b", owned("Job", "migrate-2"), nil, []string{"Job"}, "Job"},
		"cron job, minutes":            {"pods a/b", owned("Job", "backup-28934400"), nil, []string{"CronJob", "Job"}, "CronJob"},
		"cron job, seconds":            {"pods a/b", owned("Job", "backup-1600000000"), nil, []string{"CronJob", "Job"}, "CronJob"},
		"digits alone are a name":      {"pods a/b", owned("Job", "28934400"), nil, []string{"Job"}, "Job"},
		"job of a cron job":            {"jobs a/backup-28934400", owned("CronJob", "backup"), nil, []string{"CronJob"}, "CronJob"},
		"replica set of a deployment":  {"pods a/b", owned("ReplicaSet", "web-5d59d67564"), hash, []string{"Deployment", "ReplicaSet"}, "Deployment"},
		"replica set by hand":          {"pods a/b", owned("ReplicaSet", "web"), nil, []string{"ReplicaSet"}, "ReplicaSet"},
		"hash is not in the name":      {"pods a/b", owned("ReplicaSet", "web-x"), hash, []string{"ReplicaSet"}, "ReplicaSet"},
		"set":                          {"pods a/b", owned("StatefulSet", "db"), nil, []string{"StatefulSet"}, "StatefulSet"},
		"static pod":                   {"pods a/b", owned("Node", "n1"), nil, []string{"Node"}, "Node"},
		"replica set of a deployment ": {"replicasets a/web-1", owned("Deployment", "web"), nil, []string{"Deployment"}, "Deployment"},
	}
	all := []string{"CronJob", "Deployment", "Job", "Node", "ReplicaSet", "StatefulSet"}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, obj := object(t, tt.object, tt.labels, nil)
			obj.OwnerReferences = tt.owners
			var got []string
			for _, owner := range all {
				if excluded(set(t, list("", `contains(owner, "X, `+owner+`")`)), k, obj) {
					got = append(got, owner)
				}
				if cel := `"` + owner + `" in owners`; excluded(set(t, filter.Config{Exclude: []filter.Block{{CEL: cel}}}), k, obj) != slices.Contains(tt.want, owner) {
					t.Errorf("CEL %s = %v", cel, !slices.Contains(tt.want, owner))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("owners (-want +got):\n%s", diff)
			}
			for _, rule := range []string{`owner + "" == "` + tt.owner + `"`, `owner == "` + tt.owner + `"`} {
				if !excluded(set(t, list("", rule)), k, obj) {
					t.Errorf("%s does not match", rule)
				}
			}
			if cel := `owner == "` + tt.owner + `"`; !excluded(set(t, filter.Config{Exclude: []filter.Block{{CEL: cel}}}), k, obj) {
				t.Errorf("CEL %s does not match", cel)
			}
		})
	}
}

// The rule that the newest chart adds by itself.
func TestSet_Exclude_chartDefault(t *testing.T) {
	s := set(t, list("", `contains(owner,"Job,CronJob") && type == "pod"`))
	k, obj := object(t, "pods a/b", nil, nil)
	obj.OwnerReferences = owned("Job", "backup-28934400")
	want := filter.Verdict{Excluded: true, Rule: `filters[0]: contains(owner,"Job,CronJob") && type == "pod"`, Index: 0}
	if diff := cmp.Diff(want, s.Exclude(k, obj, filter.NamespaceInfo{})); diff != "" {
		t.Errorf("pod of a job (-want +got):\n%s", diff)
	}
	job, obj := object(t, "jobs a/backup-28934400", nil, nil)
	obj.OwnerReferences = owned("CronJob", "backup")
	if got := s.Exclude(job, obj, filter.NamespaceInfo{}); got.Excluded {
		t.Errorf("the job itself: got %+v, want it kept", got)
	}
}

func TestSet_Exclude_disableLabel(t *testing.T) {
	disabled := keys{"logicmonitor/monitoring": "disable"}
	tests := map[string]struct {
		config            filter.Config
		object, namespace keys
		want              string
	}{
		"object":            {filter.Config{HonorDisableLabel: true}, disabled, nil, "label logicmonitor/monitoring=disable"},
		"namespace":         {filter.Config{HonorDisableLabel: true}, nil, disabled, "label logicmonitor/monitoring=disable of its namespace"},
		"not enabled":       {filter.Config{}, disabled, disabled, ""},
		"another value":     {filter.Config{HonorDisableLabel: true}, keys{"logicmonitor/monitoring": "enable"}, nil, ""},
		"over keep":         {filter.Config{HonorDisableLabel: true, Keep: "logicmonitor/monitoring"}, disabled, nil, "label logicmonitor/monitoring=disable"},
		"keep over rules":   {filter.Config{Keep: "app in (argus)", Rules: list("", "true").Rules, Exclude: []filter.Block{{Kinds: []string{"pod"}}}}, keys{"app": "argus"}, nil, ""},
		"keep over include": {filter.Config{Keep: "app in (argus)", Include: []filter.Block{{Selector: "none=there"}}}, keys{"app": "argus"}, nil, ""},
		"keep is for these": {filter.Config{Keep: "app in (argus)", Rules: list("", "true").Rules}, keys{"app": "web"}, nil, "filters[0]: true"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, obj := object(t, "pods a/b", tt.object, nil)
			got := set(t, tt.config).Exclude(k, obj, filter.NamespaceInfo{Labels: tt.namespace})
			if got.Rule != tt.want || got.Excluded != (tt.want != "") {
				t.Errorf("got %+v, want rule %q", got, tt.want)
			}
		})
	}
}

func TestSet_Exclude_order(t *testing.T) {
	config := list("", `name == "b"`)
	config.Exclude = []filter.Block{{Kinds: []string{"pods"}, Namespaces: []string{"kube-*"}, File: "c.yaml", Line: 9}}
	config.Include = []filter.Block{{Kinds: []string{"pod", "node"}, Selector: "team=a"}, {Kinds: []string{"pod"}, Namespaces: []string{"kube-x"}}}
	s := set(t, config)
	tests := map[string]struct {
		labels keys
		want   string
	}{
		"pods kube-x/b":  {nil, "c.yaml:9: exclude[0]: kinds pods; namespaces kube-*"},
		"pods a/b":       {keys{"team": "a"}, `filters[0]: name == "b"`},
		"pods a/c":       {nil, "include: none of include[0], include[1] matches"},
		"pods a/d":       {keys{"team": "a"}, ""},
		"nodes n":        {nil, "include: none of include[0] matches"},
		"services a/svc": {nil, ""},
	}
	for name, tt := range tests {
		k, obj := object(t, name, tt.labels, nil)
		if got := s.Exclude(k, obj, filter.NamespaceInfo{}); got.Rule != tt.want || got.Excluded != (tt.want != "") {
			t.Errorf("%s: got %+v, want rule %q", name, got, tt.want)
		}
	}
}

func TestSet_nil(t *testing.T) {
	var s *filter.Set
	k, obj := object(t, "pods a/b", nil, nil)
	if got := s.Exclude(k, obj, filter.NamespaceInfo{}); got.Excluded || len(s.Rules()) > 0 {
		t.Errorf("a nil set: got %+v with rules %v, want nothing excluded", got, s.Rules())
	}
}

// A kind that is not in the table is judged like any other.
func TestSet_Exclude_otherKind(t *testing.T) {
	widget := &kind.Kind{ID: "widgets", Aliases: []string{"widget"}, Title: "Widget", Namespaced: true}
	config := list("", `type == "widget" && ns == "a"`)
	config.Include = []filter.Block{{Namespaces: []string{"a", "b"}}}
	s := set(t, config)
	for namespace, want := range map[string]bool{"a": true, "b": false, "c": true} {
		_, obj := object(t, "pods "+namespace+"/x", nil, nil)
		if got := s.Exclude(widget, obj, filter.NamespaceInfo{}); got.Excluded != want {
			t.Errorf("widget in %s: got %+v, want excluded %v", namespace, got, want)
		}
	}
}

func TestCompile_faults(t *testing.T) {
	tests := map[string]struct {
		rule filter.Rule
		want string
	}{
		"empty":              {filter.Rule{Expression: "  "}, "filters[0]: the rule is empty; write one or remove it"},
		"ends too soon":      {filter.Rule{Expression: "type == ", File: "f.yaml", Line: 3}, "f.yaml:3: filters[0]: the rule ends too soon; a value is missing, or a )\n    type == \n            ^"},
		"single =":           {filter.Rule{Expression: `name = "a"`}, "filters[0]: a single =; compare with ==\n    name = \"a\"\n         ^"},
		"open text":          {filter.Rule{Expression: `name == "a`}, "this text has no end; close it with \"\n    name == \"a\n            ^"},
		"open bracket":       {filter.Rule{Expression: `[a == "b"`}, "this bracket is not closed"},
		"open parenthesis":   {filter.Rule{Expression: `(name == "a"`}, "the rule ends too soon"},
		"closing too many":   {filter.Rule{Expression: `name == "a")`}, "a ) too many"},
		"no operator":        {filter.Rule{Expression: `name "a"`}, "unexpected text \"a\"; is an operator such as == or && missing before it\n    name \"a\"\n         ^"},
		"not true or false":  {filter.Rule{Expression: `name`}, "the rule is text, not true or false"},
		"a number":           {filter.Rule{Expression: `1 + 2`}, "the rule is a number, not true or false"},
		"text in and":        {filter.Rule{Expression: `name == "a" && ns`}, "&& wants true or false here, this is text; write a comparison, such as name == \"a\"\n    name == \"a\" && ns\n                   ^"},
		"! of a name":        {filter.Rule{Expression: `!name == "a"`}, "! before text; put what it is for in parentheses: !(...)"},
		"minus of names":     {filter.Rule{Expression: `name - ns == "a"`}, "- wants a number here, this is text"},
		"in without list":    {filter.Rule{Expression: `type in "pod"`}, "the right side of in is not a list"},
		"empty list":         {filter.Rule{Expression: `type in ()`}, "an empty list"},
		"list compared":      {filter.Rule{Expression: `type == ("a", "b")`}, "a list where a single value is wanted"},
		"bad pattern":        {filter.Rule{Expression: `name =~ "a("`}, "not a regular expression: missing closing ): a("},
		"order of number":    {filter.Rule{Expression: `[n] < 3`}, "text cannot be compared with a number by <; all values are text: put numbers in quotes"},
		"unknown function":   {filter.Rule{Expression: `startsWith(name, "a")`}, "unknown function \"startsWith\"; the only one is contains(owner, \"Job,CronJob\")"},
		"jsonGet":            {filter.Rule{Expression: `jsonGet(object, "x") == "a"`}, "jsonGet is not offered"},
		"arguments":          {filter.Rule{Expression: `contains(owner)`}, "contains wants 2 arguments, got 1"},
		"unknown kind":       {filter.Rule{Kind: "pood", Expression: `name == "a"`}, "filters.pood[0]: unknown kind \"pood\"; did you mean \"pod\"?"},
		"question":           {filter.Rule{Expression: `name == "a" ? true`}, "a ? without its :"},
		"strange character":  {filter.Rule{Expression: `name == $a`}, "unexpected '$'"},
		"not UTF-8":          {filter.Rule{Expression: "name == \"\xff\""}, "the rule is not UTF-8"},
		"number with points": {filter.Rule{Expression: `[a] == 1.2.3`}, "not a number: 1.2.3; put it in quotes to compare text"},
		"deep":               {filter.Rule{Expression: strings.Repeat("(", 1000) + "true" + strings.Repeat(")", 1000)}, "too many parentheses"},
		"deep prefixes":      {filter.Rule{Expression: strings.Repeat("!", 1000) + "true"}, "too many prefixes"},
		"long":               {filter.Rule{Expression: strings.Repeat("true||", 5000) + "true"}, "the rule is too long"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := filter.Compile(filter.Config{Rules: []filter.Rule{tt.rule}})
			var faults filter.Faults
			if !errors.As(err, &faults) || len(faults) != 1 {
				t.Fatalf("Compile(%q): got %v, want one fault", tt.rule.Expression, err)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Compile(%q):\ngot  %s\nwant %s", tt.rule.Expression, err, tt.want)
			}
			if faults[0].Mend == "" {
				t.Errorf("Compile(%q): %q does not say how to mend it", tt.rule.Expression, err)
			}
		})
	}
}

func TestCompile_allFaults(t *testing.T) {
	config := list("", `name ==`, `name == "a"`, `type`)
	config.Exclude = []filter.Block{{}, {Kinds: []string{"deploi"}, Namespaces: []string{"[a"}, Selector: "a in (", CEL: "name +"}}
	config.Keep = "a in"
	_, _, err := filter.Compile(config)
	var faults filter.Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want faults", err)
	}
	var got []string
	for _, f := range faults {
		got = append(got, f.Path)
	}
	want := []string{"exclude[0]", "exclude[1].kinds[0]", "exclude[1].namespaces[0]", "exclude[1].selector", "exclude[1].cel", "filters[0]", "filters[2]", "keep"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s\n%v", diff, err)
	}
}

func TestCompile_notices(t *testing.T) {
	tests := map[string]struct {
		kind, rule string
		want       []string
	}{
		"plain":             {"", `namespace == "default"`, nil},
		"one element":       {"", `type in ("pod")`, []string{"a list of one element works here; older releases took it for no list"}},
		"missing, unequal":  {"", `type == "pod" && [team] != "a"`, []string{`objects without "team" can match, as if it were empty; the first Argus skipped the rule for them`}},
		"missing, negated":  {"", `!(team == "a")`, []string{`objects without "team" can match, as if it were empty; the first Argus skipped the rule for them`}},
		"missing, or":       {"", `team == "a" || ns == "b"`, []string{`objects without "team" can match, as if it were empty; the first Argus skipped the rule for them`}},
		"missing, equal":    {"", `team == "a" && ns == "b"`, nil},
		"bare key":          {"", `app.kubernetes.io/name == "a"`, []string{"the key app.kubernetes.io/name should stand in brackets: [app.kubernetes.io/name]"}},
		"bare key, map":     {"pod", `app.kubernetes.io/name == "a"`, nil},
		"number":            {"", `tier == 1`, []string{"text is never equal to a number; all values are text: put numbers in quotes", "the rule matches nothing"}},
		"unknown kind":      {"", `type == "podd"`, []string{`unknown kind "podd": the comparison of type with it is never true; did you mean "pod"?`, "the rule matches nothing"}},
		"backslash":         {"", `name =~ "^\d+$"`, []string{`a single backslash in a text is dropped; write two: \\`}},
		"two backslashes":   {"", `name =~ "^\\d+$"`, nil},
		"everything":        {"", `true`, []string{"the rule matches everything"}},
		"any name":          {"", `name =~ ".*"`, []string{"the rule matches everything"}},
		"every type":        {"", `type != "pod" || type != "node"`, []string{"the rule matches everything"}},
		"nothing":           {"", `type == "pod" && type == "node"`, []string{"the rule matches nothing"}},
		"a kind":            {"", `type == "pod"`, nil},
		"all of its kind":   {"pod", `name =~ "^"`, []string{"the rule matches everything"}},
		"underscore":        {"pod", `ns == "kube_system"`, []string{"in rules under a kind _ stands for any of _ - ."}},
		"pattern":           {"pod", `name =~ "a.*b"`, []string{"the pattern is matched as written; older releases first made _ of its . and -"}},
		"type under a kind": {"pod", `type == "a"`, []string{"type is the label of that name in rules under a kind; write the rule in the list form to ask for the object's type"}},
		"coalescing":        {"", `(team ?? "x") == "a"`, []string{"?? has no effect: a missing label is the empty text"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, notices, err := filter.Compile(list(tt.kind, tt.rule))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, n := range notices {
				got = append(got, n.Text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("notices for %s (-want +got):\n%s", tt.rule, diff)
			}
		})
	}
}

// A Set is asked by all watchers at once; run with -race.
func TestSet_Exclude_concurrent(t *testing.T) {
	config := list("", `name =~ "^b" && [team] != "a"`, `contains(owner, "Job") && type in ("pod")`)
	config.Exclude = []filter.Block{{CEL: `labels[?"team"].orValue("") == "c" && kind == "po"`}}
	s := set(t, config)
	k, obj := object(t, "pods a/b", keys{"team": "c"}, nil)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				if got := s.Exclude(k, obj, filter.NamespaceInfo{}); got.Index != 0 {
					t.Errorf("got %+v, want rule 0", got)
					return
				}
			}
		})
	}
	group.Wait()
}
