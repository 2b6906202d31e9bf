package simulation_test

import (
	"testing"

	"github.com/argus-k8s/argus/test/simulation"
)

// TestRun: a world without faults comes to rest, and follows what happens to its
// objects.
func TestRun(t *testing.T) {
	tests := map[string]string{
		"nothing happens":  "",
		"created":          "k8s:create 0\nk8s:create 1\nk8s:create 2",
		"created, deleted": "k8s:create 0\nproc:start 0\nk8s:list 0 0\nk8s:list 0 1\nproc:list 0\nproc:list 0\nproc:go 0\nproc:go 0\nproc:go 0\nk8s:delete 0",
	}
	for name, ops := range tests {
		for _, setting := range []string{"delete", "reuse", "retain"} {
			t.Run(name+", "+setting, func(t *testing.T) {
				s, err := simulation.Parse("world writers=2 objects=3 policy=" + setting + "\n" + ops)
				if err != nil {
					t.Fatal(err)
				}
				if v := simulation.NewLab().Run(s, nil); v != nil {
					t.Errorf("got %v, want no violation", v)
				}
			})
		}
	}
}
