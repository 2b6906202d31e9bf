package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Compact has etcd forget every state but the present one, as it does by itself
// in time: who asks for an older resourceVersion hears that it is gone.
func (c *Cluster) Compact(ctx context.Context) error {
	if c.options.Existing {
		return fmt.Errorf("compact etcd: %w", ErrExisting)
	}
	var now struct {
		Header struct {
			Revision string `json:"revision"`
		} `json:"header"`
	}
	if err := c.askEtcd(ctx, "range", map[string]any{"key": []byte{0}}, &now); err != nil {
		return err
	}
	return c.askEtcd(ctx, "compaction", map[string]any{"revision": now.Header.Revision, "physical": true}, nil)
}

// askEtcd sends a request about keys in JSON.
func (c *Cluster) askEtcd(ctx context.Context, what string, body, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("ask etcd: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.layout.etcdURL()+"/v3/kv/"+what, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("ask etcd: %w", err)
	}
	response, err := c.probes.client.Do(request)
	if err != nil {
		return fmt.Errorf("ask etcd: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask etcd for a %s: %s", what, response.Status)
	}
	if answer == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		return fmt.Errorf("ask etcd for a %s: %w", what, err)
	}
	return nil
}
