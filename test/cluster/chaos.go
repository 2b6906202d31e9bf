package cluster

import (
	"context"
	"fmt"
	"syscall"
)

// process returns the running process of a component.
func (c *Cluster) process(component Component) (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.processes[component]
	if !ok {
		return nil, fmt.Errorf("%s does not run in this cluster", component)
	}
	return p, nil
}

// Pause stops a component in its tracks: it keeps its connections and answers
// nothing, like a machine that hangs. Resume lets it go on.
func (c *Cluster) Pause(component Component) error { return c.signal(component, syscall.SIGSTOP) }

// Resume lets a paused component go on.
func (c *Cluster) Resume(component Component) error { return c.signal(component, syscall.SIGCONT) }

func (c *Cluster) signal(component Component, s syscall.Signal) error {
	p, err := c.process(component)
	if err != nil {
		return err
	}
	return p.signal(s)
}

// Kill ends a component without giving it a chance to say goodbye, and returns
// when it is gone. Restart brings it back.
func (c *Cluster) Kill(component Component) error {
	p, err := c.process(component)
	if err != nil {
		return err
	}
	p.kill()
	return nil
}

// Restart ends a component, if it still runs, starts it again on the same port
// with the same data, and returns when it is ready. Killing or restarting a
// component from two goroutines at once is the caller's mistake.
func (c *Cluster) Restart(ctx context.Context, component Component) error {
	p, err := c.process(component)
	if err != nil {
		return err
	}
	p.end()
	if err := c.launch(component); err != nil {
		return err
	}
	return c.awaitReady(ctx, component)
}

// Log returns the end of what a component wrote.
func (c *Cluster) Log(component Component) string { return tail(c.layout.log(component)) }
