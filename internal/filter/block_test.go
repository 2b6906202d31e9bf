package filter_test

import (
	"strings"
	"testing"

	"github.com/argus-k8s/argus/internal/filter"
)

func TestBlock_matches(t *testing.T) {
	tests := map[string]struct {
		block  filter.Block
		object string
		labels keys
		want   bool
	}{
		"kind":                         {filter.Block{Kinds: []string{"po", "Service"}}, "services a/b", nil, true},
		"another kind":                 {filter.Block{Kinds: []string{"po"}}, "services a/b", nil, false},
		"namespace":                    {filter.Block{Namespaces: []string{"kube-*", "x"}}, "pods kube-system/b", nil, true},
		"another namespace":            {filter.Block{Namespaces: []string{"kube-*"}}, "pods default/b", nil, false},
		"glob is for the whole":        {filter.Block{Namespaces: []string{"kube"}}, "pods kube-system/b", nil, false},
		"one character":                {filter.Block{Namespaces: []string{"team-?"}}, "pods team-a/b", nil, true},
		"class":                        {filter.Block{Namespaces: []string{"team-[ab]"}}, "pods team-c/b", nil, false},
		"a namespace is in itself":     {filter.Block{Namespaces: []string{"kube-*"}}, "namespaces kube-system", nil, true},
		"namespace and more":           {filter.Block{Namespaces: []string{"kube-*"}, Selector: "a=b"}, "namespaces kube-system", keys{"a": "b"}, false},
		"no namespace":                 {filter.Block{Namespaces: []string{"*"}}, "nodes n", nil, false},
		"selector":                     {filter.Block{Selector: "app in (web,db),!legacy"}, "pods a/b", keys{"app": "db"}, true},
		"selector not":                 {filter.Block{Selector: "app in (web,db),!legacy"}, "pods a/b", keys{"app": "db", "legacy": ""}, false},
		"unequal selects the missing":  {filter.Block{Selector: "app!=web"}, "nodes n", nil, true},
		"selector spares groups":       {filter.Block{Selector: "app!=web"}, "namespaces n", nil, false},
		"groups when named":            {filter.Block{Kinds: []string{"ns"}, Selector: "app!=web"}, "namespaces n", nil, true},
		"all parts":                    {filter.Block{Kinds: []string{"pod"}, Namespaces: []string{"a"}, Selector: "x=y", CEL: `name == "b"`}, "pods a/b", keys{"x": "y"}, true},
		"all parts but one":            {filter.Block{Kinds: []string{"pod"}, Namespaces: []string{"a"}, Selector: "x=y", CEL: `name == "c"`}, "pods a/b", keys{"x": "y"}, false},
		"CEL kind by any name":         {filter.Block{CEL: `kind == "deploy" && name.startsWith("web-")`}, "deployments a/web-1", nil, true},
		"CEL kind unequal":             {filter.Block{CEL: `kind != "Deployment"`}, "deployments a/web-1", nil, false},
		"CEL kind in a list":           {filter.Block{CEL: `kind in ["po", "svc"]`}, "services a/b", nil, true},
		"CEL kind on the right":        {filter.Block{CEL: `"ns" == kind`}, "pods a/b", nil, false},
		"CEL label":                    {filter.Block{CEL: `labels["app"] == "web"`}, "pods a/b", keys{"app": "web"}, true},
		"CEL missing label":            {filter.Block{CEL: `labels["app"] != "web"`}, "pods a/b", nil, false},
		"CEL optional label":           {filter.Block{CEL: `labels[?"app"].orValue("") != "web"`}, "pods a/b", nil, true},
		"CEL has label":                {filter.Block{CEL: `"app" in labels`}, "pods a/b", keys{"app": "web"}, true},
		"CEL namespace":                {filter.Block{CEL: `namespace == "a"`}, "pods a/b", nil, true},
		"CEL no namespace":             {filter.Block{CEL: `namespace == ""`}, "nodes n", nil, true},
		"CEL text functions":           {filter.Block{CEL: `name.lowerAscii().split("-").size() == 2`}, "pods a/b-c", nil, true},
		"CEL matches":                  {filter.Block{CEL: `name.matches("^b-[0-9]+$")`}, "pods a/b-12", nil, true},
		"CEL annotation loop":          {filter.Block{CEL: `annotations.exists(k, k.startsWith("x/"))`}, "pods a/b", nil, false},
		"CEL that costs too much":      {filter.Block{CEL: costly()}, "pods a/b", nil, false},
		"CEL that divides by zero":     {filter.Block{CEL: `1 / size(annotations) == 1`}, "pods a/b", nil, false},
		"CEL error does not hide true": {filter.Block{CEL: `labels["app"] == "web" || name == "b"`}, "pods a/b", nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, obj := object(t, tt.object, tt.labels, nil)
			s := set(t, filter.Config{Exclude: []filter.Block{tt.block}})
			if got := excluded(s, k, obj); got != tt.want {
				t.Errorf("%+v on %s: excluded = %v, want %v", tt.block, tt.object, got, tt.want)
			}
		})
	}
}

// costly loops 20 times within itself until the limit ends it; name keeps it
// from being a constant.
func costly() string {
	elements := "[" + strings.TrimSuffix(strings.Repeat("1,", 20), ",") + "]"
	expression := `name == "b"`
	for range 6 {
		expression = elements + ".all(x, " + expression + ")"
	}
	return expression
}

// Without kinds, include by namespace leaves alone what has no namespace.
func TestInclude(t *testing.T) {
	tests := map[string]struct {
		include []filter.Block
		object  string
		labels  keys
		want    bool
	}{
		"one namespace":          {[]filter.Block{{Namespaces: []string{"prod"}}}, "pods prod/a", nil, false},
		"another namespace":      {[]filter.Block{{Namespaces: []string{"prod"}}}, "pods test/a", nil, true},
		"nodes stay":             {[]filter.Block{{Namespaces: []string{"prod"}}}, "nodes n", nil, false},
		"its group":              {[]filter.Block{{Namespaces: []string{"prod"}}}, "namespaces prod", nil, false},
		"another group":          {[]filter.Block{{Namespaces: []string{"prod"}}}, "namespaces test", nil, true},
		"one of two":             {[]filter.Block{{Namespaces: []string{"prod"}}, {Selector: "keep=me"}}, "pods test/a", keys{"keep": "me"}, false},
		"second concerns nodes":  {[]filter.Block{{Namespaces: []string{"prod"}}, {Selector: "keep=me"}}, "nodes n", nil, true},
		"kind not named":         {[]filter.Block{{Kinds: []string{"pod"}, Selector: "a=b"}}, "services a/b", nil, false},
		"CEL for another kind":   {[]filter.Block{{CEL: `kind == "pod"`}}, "services a/b", nil, true},
		"CEL that fails is none": {[]filter.Block{{Kinds: []string{"pod"}, CEL: `labels["a"] == "b"`}}, "pods a/b", nil, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			k, obj := object(t, tt.object, tt.labels, nil)
			s := set(t, filter.Config{Include: tt.include})
			if got := excluded(s, k, obj); got != tt.want {
				t.Errorf("include %+v, %s: excluded = %v, want %v", tt.include, tt.object, got, tt.want)
			}
		})
	}
}

func TestBlock_faults(t *testing.T) {
	tests := map[string]struct {
		block filter.Block
		want  string
	}{
		"empty":            {filter.Block{File: "c.yaml", Line: 4}, "c.yaml:4: exclude[0]: the block is empty; set kinds, namespaces, selector or cel"},
		"unknown kind":     {filter.Block{Kinds: []string{"deploymant"}}, `exclude[0].kinds[0]: unknown kind "deploymant"; did you mean "deployment"?`},
		"no namespace":     {filter.Block{Kinds: []string{"node"}, Namespaces: []string{"a"}}, "exclude[0].kinds[0]: nodes have no namespace; put them in a block of their own"},
		"bad glob":         {filter.Block{Namespaces: []string{"a", "b[c"}}, "exclude[0].namespaces[1]: not a glob"},
		"bad selector":     {filter.Block{Selector: "app in web"}, "exclude[0].selector: not a label selector: "},
		"selector's place": {filter.Block{Selector: "app in web"}, "    app in web\n           ^"},
		"bad label value":  {filter.Block{Selector: "app=-x"}, "    app=-x\n        ^"},
		"CEL syntax":       {filter.Block{CEL: `name == "a" &&`}, "exclude[0].cel: not a CEL expression: "},
		"CEL place":        {filter.Block{CEL: "name == 'ä' &&\n nme == 'b'"}, "     nme == 'b'\n     ^"},
		"CEL type":         {filter.Block{CEL: `name == 1`}, "found no matching overload for '_==_' applied to '(string, int)'"},
		"CEL not bool":     {filter.Block{CEL: `name`}, "the expression is of type string, not bool"},
		"CEL unknown name": {filter.Block{CEL: `owner_ == "a"`}, "undeclared reference to 'owner_'"},
		"CEL unknown kind": {filter.Block{CEL: `name == "ä" || kind == "podd"`}, "unknown kind \"podd\"; did you mean \"pod\"?; name a kind\n    name == \"ä\" || kind == \"podd\"\n                           ^"},
		"CEL bad pattern":  {filter.Block{CEL: `name.matches("(")`}, "exclude[0].cel: "},
		"CEL deep":         {filter.Block{CEL: strings.Repeat("(", 5000) + "true" + strings.Repeat(")", 5000)}, "exclude[0].cel: not a CEL expression: "},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, err := filter.Compile(filter.Config{Exclude: []filter.Block{tt.block}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Compile(%+v):\ngot  %v\nwant %s", tt.block, err, tt.want)
			}
		})
	}
}

func TestBlock_notices(t *testing.T) {
	tests := map[string]struct {
		config filter.Config
		want   string
	}{
		"CEL nothing":       {filter.Config{Exclude: []filter.Block{{CEL: `kind == "pod" && kind == "node"`}}}, "the rule matches nothing"},
		"CEL everything":    {filter.Config{Exclude: []filter.Block{{CEL: `true || name == "a"`}}}, "the rule matches everything"},
		"kinds against CEL": {filter.Config{Exclude: []filter.Block{{Kinds: []string{"pod"}, CEL: `kind == "node"`}}}, "the rule matches nothing"},
		"include of all":    {filter.Config{Include: []filter.Block{{Selector: "a"}}}, "the block concerns every kind, nodes and volumes too; name the kinds that are meant"},
		"a whole kind":      {filter.Config{Exclude: []filter.Block{{Kinds: []string{"pod"}}}}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, notices, err := filter.Compile(tt.config)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if len(notices) > 0 {
				got = notices[0].Text
			}
			if got != tt.want || len(notices) > 1 {
				t.Errorf("notices of %+v: got %v, want %q", tt.config, notices, tt.want)
			}
		})
	}
}
