package appliesto

import "testing"

// What expressions mean is proved against the simulator's evaluator, in package lm.
func TestExpr_String(t *testing.T) {
	pods, demo := HasCategory("KubernetesPod"), Equal("auto.clustername", "demo")
	for want, expr := range map[string]Expr{
		`false()`:                      {},
		`hasCategory("KubernetesPod")`: pods,
		`hasCategory("KubernetesPod") && auto.clustername == "demo"`:               All(pods, demo),
		`hasCategory("KubernetesPod") || auto.clustername == "demo"`:               Any(pods, demo),
		`(hasCategory("KubernetesPod") || auto.clustername == "demo") && x != "y"`: All(Any(pods, demo), NotEqual("x", "y")),
		`hasCategory("KubernetesPod") && false()`:                                  All(pods, Expr{}),
		`!(auto.clustername == "demo")`:                                            Not(demo),
		`getPropValue("a-b") == "x"`:                                               Equal("a-b", "x"),
		`getPropValue("kubernetes.label.app.kubernetes.io/name") == "x"`:           Equal("kubernetes.label.app.kubernetes.io/name", "x"),
		`getPropValue("not") == "x"`:                                               Equal("not", "x"),
		`a == "\" || true() || \"\\"`:                                              Equal("a", `" || true() || "\`),
	} {
		if got := expr.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if All() != (Expr{}) || All(demo) != demo {
		t.Error("All of none and of one are not themselves")
	}
}
