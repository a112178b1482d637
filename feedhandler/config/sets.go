package config

import (
	"fmt"

	"wirebook/feedhandler/venue"
)

// checkSets holds the configured sets against what sets are: channels of one feed that has them, on one worker, since what
// they share has no locks.
func (c *Config) checkSets(r *report) {
	first := map[string]int{}
	for i := range c.Channels {
		ch := &c.Channels[i]
		if ch.Set == "" {
			continue
		}
		p, err := FindProfile(ch.Profile)
		if err != nil {
			continue // told elsewhere
		}
		if feed := venue.Find(p.Feed); feed == nil || feed.NewMember == nil {
			r.add("channels of "+ch.Profile+" form no sets: each tells its instruments itself", ch.Set, "channels", i, "set")
			continue
		}
		j, known := first[ch.Set]
		if !known {
			first[ch.Set] = i
			continue
		}
		other := &c.Channels[j]
		if other.Worker != ch.Worker {
			r.add(fmt.Sprintf("channels of a set belong to one worker, and %s of this set is worker %d's", other.Name, other.Worker), ch.Worker, "channels", i, "worker")
		}
		if other.Profile != ch.Profile {
			r.add(fmt.Sprintf("channels of a set are of one profile, and %s of this set is of %s", other.Name, other.Profile), ch.Profile, "channels", i, "profile")
		}
	}
}
