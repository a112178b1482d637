package config

import (
	"errors"
	"fmt"
	"time"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/pages"
	"wirebook/feedhandler/venue"
)

// lines are where the channel's lines arrive: its own, or the sample groups of its profile.
func (ch *Channel) lines(p *Profile) []Line {
	if len(ch.Lines) == 0 {
		return p.Lines
	}
	return ch.Lines
}

// set names the set that a channel of a feed that has sets belongs to.
func (ch *Channel) set(publisher uint16) string {
	if ch.Set != "" {
		return ch.Set
	}
	return fmt.Sprintf("publisher %d, worker %d", publisher, ch.Worker)
}

// HasLines says whether there is anything the channel could receive: lines of its own, or sample groups of its profile.
func (ch *Channel) HasLines() bool {
	p, err := FindProfile(ch.Profile)
	return len(ch.Lines) > 0 || err == nil && len(p.Lines) > 0
}

// Build turns a channel into what the core takes, without its output.
func (ch *Channel) Build() (feedhandler.ChannelConfig, error) {
	p, err := FindProfile(ch.Profile)
	if err != nil {
		return feedhandler.ChannelConfig{}, fmt.Errorf("channel %s: %w", ch.Name, err)
	}
	feed := venue.Find(p.Feed)
	if feed == nil {
		return feedhandler.ChannelConfig{}, fmt.Errorf("channel %s: profile %s names feed %q, which no decoder reads", ch.Name, p.Name, p.Feed)
	}
	out := feedhandler.ChannelConfig{
		Name: ch.Name, ID: ch.ChannelID, PublisherID: ch.PublisherID, Feed: feed,
		Options: venue.Options{MaxInstruments: ch.MaxInstruments},
		Arbitration: arbitration.Config{
			GapTimeoutNS: uint64(ch.GapTimeout), ReorderPackets: ch.ReorderPackets, ReorderNS: uint64(ch.ReorderTime),
			SkewNS: uint64(ch.Skew), PeakUnits: uint64(ch.PeakRate), WindowPackets: ch.WindowPackets, WindowBytes: ch.WindowBytes,
		},
		Books: book.Config{MaxOrders: ch.MaxOrders, InitialOrders: ch.InitialOrders, Advise: pages.Huge, MergeImplied: ch.Implied == "merge"},
	}
	if out.Books.InitialOrders == 0 {
		out.Books.InitialOrders = p.InitialOrders
	}
	if out.PublisherID == 0 {
		out.PublisherID = p.PublisherID
	}
	if feed.NewMember != nil {
		out.Set = ch.set(out.PublisherID)
	}
	if ch.SessionDate != "" {
		// Noon UTC lies within the date in New York and Chicago whatever the season.
		day, err := time.Parse(time.DateOnly, ch.SessionDate)
		if err != nil {
			return out, fmt.Errorf("channel %s: session_date: %w", ch.Name, err)
		}
		out.Options.SessionDate = uint64(day.Add(12 * time.Hour).UnixNano())
	}
	var errs []error
	for _, l := range ch.lines(&p) {
		line := feedhandler.LineConfig{Name: l.Name, Port: l.Port, VLAN: uint16(l.VLAN), Recovery: l.Recovery}
		if line.Group, err = Addr(l.Group); err != nil {
			errs = append(errs, fmt.Errorf("channel %s line %s: group %w", ch.Name, l.Name, err))
		}
		if l.Source != "" {
			if line.Source, err = Addr(l.Source); err != nil {
				errs = append(errs, fmt.Errorf("channel %s line %s: source %w", ch.Name, l.Name, err))
			}
		}
		out.Lines = append(out.Lines, line)
	}
	return out, errors.Join(errs...)
}

// WithProfile is the channel with what its profile brings written out, so that a profile that changes does not change it.
func (ch *Channel) WithProfile() (Channel, error) {
	built, err := ch.Build()
	if err != nil {
		return Channel{}, err
	}
	p, err := FindProfile(ch.Profile)
	if err != nil {
		return Channel{}, err
	}
	out := *ch
	out.PublisherID, out.Lines, out.Set = built.PublisherID, ch.lines(&p), built.Set
	return out, nil
}

// CheckAlone says what is wrong with a channel that another process described: what a configuration's check says of each.
func (ch *Channel) CheckAlone() error {
	alone := *ch
	alone.Worker = 0 // how many there are is not the channel's to say
	return (&Config{Channels: []Channel{alone}}).Recheck("channel")
}
