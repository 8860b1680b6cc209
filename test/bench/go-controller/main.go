// A controller as one writes it in Go (controller-runtime, informers of unstructured objects, as a watcher of foreign CRDs
// has them), over the kinds that the agent watches: the peer of `npm run bench -- agent-start`. It prints one line, "watching",
// when its caches have synced, and runs until it is told to end.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	kinds := flag.String("kinds", "", "what to watch: GROUP/VERSION/KIND, separated by commas; the core group is empty")
	flag.Parse()
	if err := run(strings.Split(*kinds, ",")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kinds []string) error {
	ctrl.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{Metrics: server.Options{BindAddress: "127.0.0.1:0"}})
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	for _, kind := range kinds {
		parts := strings.Split(kind, "/")
		if len(parts) != 3 {
			return fmt.Errorf("-kinds holds %q: give GROUP/VERSION/KIND", kind)
		}
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(schema.GroupVersionKind{Group: parts[0], Version: parts[1], Kind: parts[2]})
		if _, err := manager.GetCache().GetInformer(ctx, object, cache.BlockUntilSynced(false)); err != nil {
			return err
		}
	}
	go func() {
		if manager.GetCache().WaitForCacheSync(ctx) {
			fmt.Println("watching")
		}
	}()
	return manager.Start(ctx)
}
