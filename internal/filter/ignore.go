package filter

import "strings"

// DefaultIgnoredAnnotations are the expressions of the newest chart, and the time
// that comes and goes with each change of an Endpoints object: annotations that
// change all the time and tell nothing, and copies of whole objects.
func DefaultIgnoredAnnotations() []string {
	return []string{
		`key in ('virtual-kubelet.io/last-applied-node-status', 'control-plane.alpha.kubernetes.io/leader', ` +
			`'autoscaling.alpha.kubernetes.io/current-metrics', 'autoscaling.alpha.kubernetes.io/conditions', ` +
			`'endpoints.kubernetes.io/last-change-trigger-time')`,
		`key =~ 'last-applied'`,
	}
}

// CompileIgnore compiles expressions over key, a label's or an annotation's, to
// the question whether one of them is true. Case does not count, because keys
// come back from LogicMonitor in lower case. The function is safe for concurrent
// use. path is the place of the list ("monitoring.labels.ignore"), for messages;
// the error is Faults.
func CompileIgnore(path string, expressions []string) (func(key string) bool, []Notice, error) {
	c := &compiler{}
	compiled := make([]*expression, 0, len(expressions))
	for i, text := range expressions {
		at := Place{Path: itemPath(path, i)}
		e, notices, err := compileExpression(text, dialect{ignore: true})
		if err != nil {
			c.fault(at, text, err)
			continue
		}
		c.notice(at, text, notices...)
		if value, known := e.static(func(string) (any, bool) { return nil, false }); known {
			c.notice(at, text, map[bool]string{true: "the rule matches everything", false: "the rule matches nothing"}[value])
		}
		compiled = append(compiled, e)
	}
	if err := c.faults.err(); err != nil {
		return nil, nil, err
	}
	return func(key string) bool {
		values := &keyValue{strings.ToLower(key)}
		for _, e := range compiled {
			if matched, _ := e.match(values); matched {
				return true
			}
		}
		return false
	}, c.notices, nil
}

// keyValue gives an expression its one variable.
type keyValue struct{ key any }

// Get is the key, whatever it is called.
func (v *keyValue) Get(string) (any, error) { return v.key, nil }
