package watch

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/argus-k8s/argus/internal/kind"
)

// source reads the objects of one kind in one API version.
type source struct {
	cache.ListWatch
	get func(ctx context.Context, namespace, name string) (kind.Object, error)
}

// newSource returns the source of a kind: of its metadata alone where the mapping
// needs no more, else of whole objects, in protobuf where the server can.
func newSource(config *rest.Config, k *kind.Kind, view kind.View, version schema.GroupVersion, watchSeconds int64) (*source, error) {
	if k.MetadataOnlyUnder(view) {
		return metadataSource(config, k, version, watchSeconds)
	}
	return typedSource(config, k, view, version, watchSeconds)
}

func typedSource(config *rest.Config, k *kind.Kind, view kind.View, version schema.GroupVersion, watchSeconds int64) (*source, error) {
	c := rest.CopyConfig(config)
	c.GroupVersion = &version
	c.APIPath = "/apis"
	if version.Group == "" {
		c.APIPath = "/api"
	}
	c.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	c.ContentType = runtime.ContentTypeProtobuf
	c.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	client, err := rest.RESTClientFor(c)
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", k.ID, err)
	}
	s := &source{}
	s.ListWithContextFunc = func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return client.Get().Resource(string(k.ID)).VersionedParams(&options, scheme.ParameterCodec).Do(ctx).Get()
	}
	s.WatchFuncWithContext = func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		options = watchOptions(options, watchSeconds)
		options.Watch = true
		return client.Get().Resource(string(k.ID)).VersionedParams(&options, scheme.ParameterCodec).Watch(ctx)
	}
	s.get = func(ctx context.Context, namespace, name string) (kind.Object, error) {
		obj := k.NewUnder(view)
		err := client.Get().NamespaceIfScoped(namespace, namespace != "").Resource(string(k.ID)).Name(name).Do(ctx).Into(obj)
		return obj, err
	}
	return s, nil
}

func metadataSource(config *rest.Config, k *kind.Kind, version schema.GroupVersion, watchSeconds int64) (*source, error) {
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("client for %s: %w", k.ID, err)
	}
	all := client.Resource(version.WithResource(string(k.ID)))
	s := &source{}
	s.ListWithContextFunc = func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return all.List(ctx, options)
	}
	s.WatchFuncWithContext = func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
		return all.Watch(ctx, watchOptions(options, watchSeconds))
	}
	s.get = func(ctx context.Context, namespace, name string) (kind.Object, error) {
		if namespace == "" {
			return all.Get(ctx, name, metav1.GetOptions{})
		}
		return all.Namespace(namespace).Get(ctx, name, metav1.GetOptions{})
	}
	return s, nil
}

// watchOptions ends watches sooner than a reflector would: taking up a watch
// again is cheap, and it is when a permission that was taken away shows. The
// first watch streams the whole list and keeps its time.
func watchOptions(options metav1.ListOptions, seconds int64) metav1.ListOptions {
	if options.SendInitialEvents == nil && seconds > 0 {
		options.TimeoutSeconds = &seconds
	}
	return options
}
