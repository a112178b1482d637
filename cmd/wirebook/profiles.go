package main

import (
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"wirebook/feedhandler/config"
)

func profilesCommand() *cobra.Command {
	var asJSON, schema bool
	c := &cobra.Command{
		Use:   "profiles [NAME]",
		Short: "List the bundled venue profiles, or show one",
		Long: `A profile says what a feed is: protocol, publisher, price scale, session, sample groups.
With a profile alone a capture can be read: its channels and lines are found in the packets.

To override what a profile says, write a configuration file and name the profile in it:

  channels:
    - name: itch
      profile: nasdaq.itch50
      publisher_id: 2
      gap_timeout: 20ms
      lines:
        - {name: A, group: 233.54.12.111, port: 26477}
        - {name: B, group: 233.49.196.111, port: 26477}

and give it to 'wirebook replay --config FILE'. 'wirebook profiles --schema' prints the JSON schema of that file.`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				text, err := config.Schema()
				if err != nil {
					return err
				}
				_, err = os.Stdout.Write(text)
				return err
			}
			list := config.Profiles()
			if len(args) == 1 {
				p, err := config.FindProfile(args[0])
				if err != nil {
					return usageError{err}
				}
				list = []config.Profile{p}
			}
			if asJSON {
				enc := json.NewEncoder(os.Stdout)
				enc.SetIndent("", "  ")
				return enc.Encode(list)
			}
			if len(args) == 1 {
				showProfile(list[0])
				return nil
			}
			w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "PROFILE\tFEED\tPRICES\tSAMPLE GROUPS")
			for _, p := range list {
				groups := ""
				for _, l := range p.Lines {
					groups += fmt.Sprintf("%s %s:%d  ", l.Name, l.Group, l.Port)
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Title, p.PriceScale, groups)
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "machine readable")
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON schema of the configuration file")
	return c
}

func showProfile(p config.Profile) {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"profile", p.Name}, {"title", p.Title}, {"decoder", p.Feed}, {"dataset", p.Dataset},
		{"publisher_id", fmt.Sprint(p.PublisherID)}, {"venue", p.Venue}, {"currency", p.Currency},
		{"price scale", p.PriceScale}, {"session", p.Session}, {"notes", p.Notes},
	} {
		if row[1] != "" {
			fmt.Fprintf(w, "%s\t%s\n", row[0], row[1])
		}
	}
	for _, l := range p.Lines {
		fmt.Fprintf(w, "line %s (sample)\t%s:%d\n", l.Name, l.Group, l.Port)
	}
	w.Flush()
}
