package watch

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/argus-k8s/argus/internal/kind"
	"github.com/argus-k8s/argus/internal/resource"
)

// A panicError is a Mapper or a rule that panicked over one object: a bug, which
// must cost that object and not every other.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("mapping it panicked: %v", e.value) }

// mapObject says what the object should be. A panic is an error like others.
func mapObject(k *kind.Kind, obj kind.Object, view kind.View) (want resource.Resource, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicError{value: r, stack: debug.Stack()}
		}
	}()
	return k.Map(obj, view)
}

// tell logs the panic.
func (e *panicError) tell(log *slog.Logger, obj metav1.Object) {
	log.Error("panic while mapping an object; its resource is left as it is", "namespace", obj.GetNamespace(), "name", obj.GetName(),
		"error", fmt.Sprint(e.value), "stack", string(e.stack))
}
