package main

import (
	"errors"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wirebook/feedhandler/config"
)

// nearFlags is what somebody who wrote an unknown flag may have meant; "" for another mistake or where nothing is near.
func nearFlags(c *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return ""
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return meant("--", config.Near(unknown.GetSpecifiedName(), names))
}

var unknownCommand = regexp.MustCompile(`^unknown command "(.*)" for "wirebook"`)

// nearCommands is the same for an unknown verb.
func nearCommands(root *cobra.Command, err error) string {
	m := unknownCommand.FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return meant("", config.Near(m[1], names))
}

func meant(prefix string, near []string) string {
	if len(near) == 0 {
		return ""
	}
	return ": did you mean " + prefix + strings.Join(near, ", "+prefix) + "?"
}
