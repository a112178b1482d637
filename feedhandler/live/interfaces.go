package live

import "wirebook/feedhandler/config"

// interfaces lists each interface that a line arrives on, once.
func interfaces(c *config.Config) []string {
	var list []string
	seen := map[string]bool{}
	note := func(name string) {
		if name == "" {
			name = c.Live.Interface
		}
		if !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	for i := range c.Channels {
		lines := c.Channels[i].Lines
		for l := range lines {
			note(lines[l].Interface)
		}
		if len(lines) == 0 {
			note("")
		}
	}
	return list
}
