package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/argus-k8s/argus/internal/config"
)

// newConfig is about configuration files alone: it needs no cluster, no account
// and no credentials.
func newConfig(p Process) *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check a configuration, or show all of it"}
	var files []string
	add := func(use, short string, run func(config.Config) error) {
		sub := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
			c, err := config.Load(files...)
			if err != nil {
				return err
			}
			return run(c)
		}}
		sub.Flags().StringSliceVar(&files, "config", []string{"/etc/argus"}, "configuration `file`, or folder with config.yaml; several may be given")
		cmd.AddCommand(sub)
	}
	add("validate", "Say whether a configuration is good, and what is odd about it", func(c config.Config) error {
		for _, n := range c.Notices {
			if _, err := fmt.Fprintln(p.Stdout, n); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(p.Stdout, "good: cluster %q, %d kinds, %d notices\n", c.ClusterName, len(c.EnabledKinds()), len(c.Notices))
		return err
	})
	add("print", "Print the configuration in force, with defaults and without secrets", func(c config.Config) error {
		out, err := c.Effective()
		if err != nil {
			return err
		}
		_, err = p.Stdout.Write(out)
		return err
	})
	return cmd
}
