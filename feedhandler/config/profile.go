package config

import (
	_ "embed"
	"fmt"
	"sort"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// Profile is one bundled description of a venue's feed.
type Profile struct {
	Name        string `yaml:"name" json:"name"`       // venue.feed
	Title       string `yaml:"title" json:"title"`     // what people call it
	Feed        string `yaml:"feed" json:"feed"`       // decoder in the registry
	Dataset     string `yaml:"dataset" json:"dataset"` // dataset code written into DBN files
	PublisherID uint16 `yaml:"publisher_id" json:"publisher_id"`
	Venue       string `yaml:"venue" json:"venue"` // ISO 10383 market identifier
	Currency    string `yaml:"currency" json:"currency"`
	PriceScale  string `yaml:"price_scale" json:"price_scale"`
	Session     string `yaml:"session" json:"session"`
	// InitialOrders is about how many orders live at a busy day's peak; 0 where the feed has no orders.
	InitialOrders int    `yaml:"initial_orders" json:"initial_orders,omitempty"`
	Lines         []Line `yaml:"lines" json:"lines"` // sample groups, as in the venue's public documents
	Notes         string `yaml:"notes" json:"notes,omitempty"`
}

//go:embed profiles.yaml
var bundled []byte

var profiles = sync.OnceValue(func() map[string]Profile {
	var list []Profile
	if err := yaml.Unmarshal(bundled, &list); err != nil {
		panic("profiles.yaml: " + err.Error())
	}
	byName := make(map[string]Profile, len(list))
	for _, p := range list {
		byName[p.Name] = p
	}
	return byName
})

// Profiles returns the bundled profiles by name.
func Profiles() []Profile {
	list := make([]Profile, 0, len(profiles()))
	for _, p := range profiles() {
		list = append(list, p)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}

// FindProfile returns a bundled profile. The error of an unknown name suggests near ones.
func FindProfile(name string) (Profile, error) {
	if p, ok := profiles()[name]; ok {
		return p, nil
	}
	var names []string
	for _, p := range Profiles() {
		names = append(names, p.Name)
	}
	near := Near(name, names)
	if len(near) == 0 {
		return Profile{}, fmt.Errorf("no profile %q: there are %s", name, strings.Join(names, ", "))
	}
	return Profile{}, fmt.Errorf("no profile %q: did you mean %s? ('wirebook profiles' lists them)", name, strings.Join(near, ", "))
}
