package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"wirebook/arbitration"
	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/control"
	"wirebook/ptp"
)

// Options describe a replay.
type Options struct {
	Files   []string
	Config  *config.Config // or a profile whose channels are found in the packets
	Profile string
	Capture capture.Options
	// From and Until, ns, 0: no bound. What was received before From goes into the books and the counts only, as fast as it
	// goes; what comes at Until or later is not read.
	From, Until uint64
	// Symbols names the instruments that are published; none: all. Books, counts and gaps are those of the whole feed.
	Symbols []string
	// Speed is the pace: 1 as captured, 2 twice as fast, 0 as fast as it goes.
	Speed float64
	// MaxSleep bounds how long a quiet stretch of the capture is waited for; 0 waits it out.
	MaxSleep time.Duration
	// Instance publishes into shared memory under this name; "" does not.
	Instance string
	Shm      control.Options
	// Output is given to every channel where nothing is published to shared memory (exports).
	Output func(*feedhandler.ChannelConfig)
	// Ready is called when the pipeline stands, before the first packet.
	Ready func(*Replay)
	// Progress is called a few times a second with bytes read and in all; files that are read for their channels first count
	// twice.
	Progress func(read, total int64)
	Warn     func(string)
}

// Replay is a replay at work.
type Replay struct {
	Pipe      *feedhandler.Pipeline
	Config    *config.Config
	Instance  *control.Instance // nil without shared memory
	Channels  []feedhandler.ChannelConfig
	opts      *Options
	src       capture.Source
	summary   Summary
	gaps      []feedhandler.GapEvent
	idle      time.Duration
	published time.Time
	trailer   string     // as asked for
	ahead     *lookAhead // of what can be read only once
	late      []*latecomers
	losses    *losses
	newest    uint64 // stamp of what was read
	surveyed  bool   // the files were read once before
}

const (
	burstPackets = 32                     // a burst ends after so many packets, as a receive batch would
	tickNS       = 1_000_000              // capture time between ticks
	publishEvery = 100 * time.Millisecond // control file and progress
)

// Run replays the files to their end, or until ctx ends, and returns what happened.
func Run(ctx context.Context, o Options) (*Summary, error) {
	r, err := open(ctx, &o)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	defer r.src.Close()
	if o.Ready != nil {
		o.Ready(r)
	}
	r.losses = lossesOf(r.Pipe)
	start := time.Now()
	err = r.loop(ctx)
	r.Pipe.End()
	r.takeGaps()
	elapsed := time.Since(start)
	var refused, collisions uint64
	if r.Instance != nil {
		refused, collisions = r.Instance.Refused(), r.Instance.Collisions()
		if closeErr := r.Instance.Close(uint64(time.Now().UnixNano())); err == nil {
			err = closeErr
		}
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	s := &r.summary
	s.Stopped = err != nil
	if o.Config != nil && s.Packets > 0 && !s.Stopped && r.Pipe.Wire[feedhandler.WireOK] == 0 {
		what := fmt.Sprintf("%d to other groups and ports", r.Pipe.Wire[feedhandler.WireUnrouted])
		if n := r.Pipe.Wire[feedhandler.WireOtherVLAN]; n > 0 {
			what = fmt.Sprintf("%d to lines' groups and ports under another VLAN: give the lines their vlan, a number or any; %s", n, what)
		}
		unused := r.unused()
		for _, name := range slices.Sorted(maps.Keys(unused)) {
			what += fmt.Sprintf(", %s %d", name, unused[name])
		}
		return nil, fmt.Errorf("none of %s was sent to a configured line (%s): do the lines' groups and ports fit the capture?", plural(s.Packets, "packet"), what)
	}
	s.Files, s.Instance = o.Files, o.Instance
	s.collect(r.Pipe, func(l feedhandler.LineConfig) string {
		return fmt.Sprintf("%s:%d", config.AddrString(l.Group), l.Port)
	})
	if r.Instance != nil {
		s.drop("instruments_refused", refused)
		s.drop("instrument_id_collisions", collisions)
	}
	for name, n := range r.unused() {
		s.drop("capture_"+name, uint64(n))
	}
	s.Incomplete = r.incomplete()
	s.ElapsedNS = elapsed.Nanoseconds()
	if s.Messages > 0 {
		s.NSPerMessage = float64((elapsed - r.idle).Nanoseconds()) / float64(s.Messages)
	}
	r.gapSummary()
	r.losses.look()
	r.losses.summarize(s.Lines)
	r.doubtProfile()
	r.doubtOrder()
	if o.From != 0 && r.newest < o.From && !s.Stopped {
		r.warn("nothing was received at the time of --from or later: no record was published")
	}
	r.doubtSymbols()
	r.doubtLines()
	if n := s.Dropped["wire_other_vlan"]; n > 0 {
		r.warn(fmt.Sprintf("%s of lines' groups came under another VLAN than the lines have, not read: give the lines their vlan, a number or any", plural(n, "datagram")))
	}
	r.tellCut()
	s.Trailers = r.Trailers()
	if s.Warnings == nil {
		s.Warnings = []string{}
	}
	return s, nil
}

// open finds the channels, builds the pipeline and makes the instance; nothing of it remains when it fails.
func open(ctx context.Context, o *Options) (_ *Replay, err error) {
	r := &Replay{Config: o.Config, opts: o, trailer: o.trailer()}
	defer func() {
		if err != nil && r.src != nil {
			r.src.Close()
		}
	}()
	if slices.ContainsFunc(o.Files, capture.ReadOnce) {
		// What is found in it must be found in the reading that is replayed.
		if err = r.openSource(ctx); err != nil {
			return nil, err
		}
		r.ahead = &lookAhead{Source: r.src}
		r.src = r.ahead
	}
	if err = r.channels(ctx); err != nil {
		return nil, err
	}
	r.Config.Instance = o.Instance
	for i := range r.Config.Channels {
		ch, err := r.Config.Channels[i].Build()
		if err != nil {
			return nil, err
		}
		for _, symbol := range o.Symbols {
			ch.Output.Only = append(ch.Output.Only, book.MakeSymbol([]byte(symbol)))
		}
		if o.Output != nil {
			o.Output(&ch)
		}
		r.Channels = append(r.Channels, ch)
	}
	if r.src == nil {
		if err = r.openSource(ctx); err != nil {
			return nil, err
		}
	}
	if o.Instance != "" {
		if r.Instance, err = control.Create(r.Config, r.Channels, o.Shm); err != nil {
			return nil, err
		}
	}
	r.Pipe, err = feedhandler.New(feedhandler.Config{Channels: r.Channels, Checksums: r.Config.Checksums.Captured()})
	if err == nil && r.Instance != nil {
		err = r.Instance.Attach(r.Pipe, r.Channels)
	}
	if err != nil {
		if r.Instance != nil {
			r.Instance.Close(uint64(time.Now().UnixNano()))
		}
		return nil, err
	}
	return r, nil
}

// openSource opens the files for the replay itself.
func (r *Replay) openSource(ctx context.Context) (err error) {
	co := r.opts.Capture
	co.Trailer, co.Done, co.Sorted = r.trailer, ctx.Done(), true
	co.Warn = func(w capture.Warning) { r.warn(w.String()) }
	r.src, err = capture.Open(r.opts.Files, co)
	return err
}

// trailer is what switches appended to the frames, as told by whoever replays or else by the configuration.
func (o *Options) trailer() string {
	if o.Capture.Trailer == "" && o.Config != nil {
		return o.Config.Trailer
	}
	return o.Capture.Trailer
}

// discover finds a profile's channels in the files, or in what can be looked at of a pipe, and tells what it left out.
func (r *Replay) discover(ctx context.Context, name string) ([]config.Channel, error) {
	profile, err := config.FindProfile(name)
	if err != nil {
		return nil, err
	}
	s, err := surveyOf(profile)
	if err != nil {
		return nil, err
	}
	if r.ahead != nil {
		r.ahead.keep()
		r.ahead.survey(s)
		if !r.ahead.whole() {
			r.late = append(r.late, &latecomers{survey: s, profile: profile, known: len(s.list), told: map[*destination]bool{}, warn: r.warn})
		}
	}
	var damage []string
	if r.ahead == nil {
		if damage, err = r.surveyFiles(ctx, s); err != nil {
			return nil, err
		}
	}
	found, notes, err := s.channels(profile)
	if err != nil {
		notes = append(notes, damage...)
	}
	for _, n := range notes {
		r.warn(n)
	}
	return found, err
}

const surveyCheck = 1 << 14 // packets between two looks at the clock and the context

// surveyFiles reads the files once before the replay does, and returns what is wrong with them: the replay tells it again,
// where there is one.
func (r *Replay) surveyFiles(ctx context.Context, s *survey) (damage []string, err error) {
	co := r.opts.Capture
	co.Trailer = r.trailer
	co.Warn = func(w capture.Warning) { damage = append(damage, w.String()) }
	src, err := capture.Open(r.opts.Files, co)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var pkt capture.Packet
	for n := 0; ; n++ {
		if n%surveyCheck == 0 {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if now := time.Now(); r.opts.Progress != nil && now.Sub(r.published) >= publishEvery {
				r.published = now
				read, total := src.Progress()
				r.opts.Progress(read, 2*total)
			}
		}
		if err := src.Next(&pkt); errors.Is(err, io.EOF) {
			r.surveyed = true
			return damage, nil
		} else if err != nil {
			return nil, err
		}
		s.add(&pkt)
	}
}

// channels completes the configuration: from a profile alone every channel, else the lines of channels without any.
func (r *Replay) channels(ctx context.Context) error {
	if r.Config == nil {
		found, err := r.discover(ctx, r.opts.Profile)
		if err != nil {
			return err
		}
		r.Config = &config.Config{Channels: found}
		return nil
	}
	for i := range r.Config.Channels {
		ch := &r.Config.Channels[i]
		if len(ch.Lines) > 0 {
			continue
		}
		found, err := r.discover(ctx, ch.Profile)
		if err != nil {
			return fmt.Errorf("channel %s has no lines, and looking for them in the capture: %w", ch.Name, err)
		}
		if len(found) > 1 {
			where := ""
			for _, f := range found {
				where += fmt.Sprintf(" %s:%d", f.Lines[0].Group, f.Lines[0].Port)
			}
			return fmt.Errorf("channel %s has no lines, and the capture holds %d channels of %s (lines A:%s): say which", ch.Name, len(found), ch.Profile, where)
		}
		ch.Lines = found[0].Lines
	}
	return nil
}

// doubtProfile warns when many messages were not what the profile says: feeds of one venue share their framing.
func (r *Replay) doubtProfile() {
	s, undecoded := &r.summary, uint64(0)
	for name, n := range s.Dropped {
		if strings.HasPrefix(name, "decode_") {
			undecoded += n
		}
	}
	if undecoded <= s.Messages/4 {
		return
	}
	var profiles []string
	for i := range r.Config.Channels {
		if p := r.Config.Channels[i].Profile; !slices.Contains(profiles, p) {
			profiles = append(profiles, p)
		}
	}
	r.warn(fmt.Sprintf("%d of %d messages are not what %s says they are: is it another feed? ('wirebook profiles' lists what there is, 'wirebook inspect' shows messages)",
		undecoded, s.Messages, strings.Join(profiles, ", ")))
}

// doubtLines warns of what lines brought and was not believed, and of lines that contradicted each other.
func (r *Replay) doubtLines() {
	for _, ch := range r.Pipe.Channels() {
		if ch.Arbitration().Disputes > 0 {
			r.warn(fmt.Sprintf("channel %s: its lines contradict each other, and no send time tells which is right: the first is followed, every book is flagged from then on", ch.Name()))
		}
		for i, l := range ch.Lines() {
			if st := ch.Line(i); st.SuspectPackets > 0 {
				what := ""
				if st.State == arbitration.LineDisputed {
					what = ", and it said so for long (disputed)"
				}
				r.warn(fmt.Sprintf("channel %s line %s: %s (%s) suspect: session, or number far from the sequence, confirmed by no other line or packet%s; nothing of it was used",
					ch.Name(), l.Name, plural(st.SuspectPackets, "packet"), plural(st.Suspect, "unit"), what))
			}
		}
	}
}

// doubtOrder warns where a pipe was not in time order: nothing in it is moved to its place.
func (r *Replay) doubtOrder() {
	for i, f := range r.src.Files() {
		if n := f.Troubles[capture.TimeBackwards.String()]; n > 0 && capture.ReadOnce(r.opts.Files[i]) {
			r.warn(fmt.Sprintf("%s: %s %s earlier than the one before, and a pipe is not sorted: which line was first and how far lines lag cannot be told there", f.Name, plural(n, "packet"), be(n)))
		}
	}
}

// tellCut says what the capture did not keep of what came by.
func (r *Replay) tellCut() {
	for _, ch := range r.Pipe.Channels() {
		if cut := ch.Cut; cut.Datagrams > 0 {
			r.warn(fmt.Sprintf("channel %s: %s cut by the capture (snap length): of %s announced in them %d whole and used, the other %d lost unless another line has them; capture with a larger snap length (tcpdump -s 0)",
				ch.Name(), plural(cut.Datagrams, "packet"), plural(cut.Units, "unit"), cut.Whole, cut.Units-cut.Whole))
		}
	}
}

func plural[N int | int64 | uint64](n N, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// be is the verb for so many.
func be[N int | int64 | uint64](n N) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// doubtSymbols warns of symbols that no instrument had.
func (r *Replay) doubtSymbols() {
	for _, symbol := range r.opts.Symbols {
		if !r.knows(book.MakeSymbol([]byte(symbol))) {
			r.warn(fmt.Sprintf("no instrument is called %s at the end: is the symbol spelled as the venue does?", symbol))
		}
	}
}

func (r *Replay) knows(symbol book.Symbol) bool {
	for _, ch := range r.Pipe.Channels() {
		dir := ch.Directory()
		for i := 1; i < dir.Len(); i++ {
			if dir.At(uint32(i)).Symbol == symbol {
				return true
			}
		}
	}
	return false
}

func (r *Replay) warn(text string) {
	r.summary.Warnings = append(r.summary.Warnings, text)
	if r.opts.Warn != nil {
		r.opts.Warn(text)
	}
}

// sureOfUntil is how many packets in a row must be too late before the rest is not read: one may have a wrong stamp.
const sureOfUntil = 10_000

// loop is the replay: a frame, the end of a burst, a tick.
func (r *Replay) loop(ctx context.Context) error {
	// The readers file may be cut short by its group: the doorbell then takes itself off (shm.Doorbell).
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	var pkt capture.Packet
	pace := pacer{speed: r.opts.Speed, maxSleep: r.opts.MaxSleep}
	var lastTick uint64
	burst, after := 0, 0
	silent := r.opts.From != 0
	r.Pipe.Silence(silent)
	for {
		err := r.src.Next(&pkt)
		if errors.Is(err, io.EOF) {
			if r.ahead != nil {
				return ctx.Err() // of a pipe that nobody waits for any more it is no end
			}
			return nil
		}
		if err != nil {
			return err
		}
		stamp := pkt.Recv()
		if r.opts.Until != 0 && stamp.NS >= r.opts.Until {
			if after++; after >= sureOfUntil {
				return nil
			}
			continue
		}
		after = 0
		r.newest = max(r.newest, stamp.NS)
		if silent && stamp.NS >= r.opts.From {
			silent = false
			r.Pipe.Silence(false)
		}
		r.summary.Packets++
		if stamp.NS >= lastTick+tickNS {
			if stamp.Source != ptp.SourceNone {
				r.Pipe.OnTick(stamp.NS)
			}
			lastTick = stamp.NS
		}
		if wait := pace.wait(stamp.NS); wait > 0 && !silent {
			r.Pipe.Flush()
			burst = 0
			if err := r.sleep(ctx, wait); err != nil {
				return err
			}
		}
		unrouted := r.Pipe.Wire[feedhandler.WireUnrouted]
		if pkt.WireLen > len(pkt.Data) {
			r.Pipe.OnCutFrame(pkt.Data, pkt.WireLen, stamp)
		} else {
			r.Pipe.OnFrame(pkt.Data, stamp)
		}
		if r.Pipe.Wire[feedhandler.WireUnrouted] != unrouted {
			for _, l := range r.late {
				l.see(&pkt)
			}
		}
		if burst++; burst < burstPackets {
			continue
		}
		burst = 0
		r.Pipe.Flush()
		r.takeGaps()
		if r.summary.Packets%(burstPackets*64) != 0 {
			continue // the clock is read now and then only
		}
		r.publish(time.Now())
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// sleep waits out the capture's own pace in pieces, so that the heartbeat goes on.
func (r *Replay) sleep(ctx context.Context, d time.Duration) error {
	start := time.Now()
	defer func() { r.idle += time.Since(start) }()
	end := start.Add(d)
	for {
		now := time.Now()
		r.publish(now)
		left := end.Sub(now)
		if left <= 0 {
			return nil
		}
		timer := time.NewTimer(min(left, publishEvery))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// publish brings control file and progress up to date when their time has come.
func (r *Replay) publish(now time.Time) {
	if now.Sub(r.published) < publishEvery {
		return
	}
	r.published = now
	if r.Instance != nil {
		r.Instance.Publish(uint64(now.UnixNano()))
	}
	if r.opts.Progress != nil {
		read, total := r.src.Progress()
		if r.surveyed {
			read, total = read+total, 2*total
		}
		r.opts.Progress(read, total)
	}
}

// unused counts what of the captures never came to the core, by cause.
func (r *Replay) unused() map[string]int64 {
	sum := map[string]int64{}
	for _, f := range r.src.Files() {
		for name, n := range f.Troubles {
			if capture.Unused(name) {
				sum[name] += n
			}
		}
	}
	return sum
}

// incomplete are the files that end in damage, or inside a record.
func (r *Replay) incomplete() []string {
	list := []string{}
	for _, f := range r.src.Files() {
		if f.Damaged() {
			list = append(list, f.Name)
		}
	}
	return list
}

func (r *Replay) takeGaps() {
	r.losses.burst()
	var lost uint64
	if r.gaps, lost = r.Pipe.TakeGaps(r.gaps); lost > 0 {
		r.summary.Dropped = map[string]uint64{"gap_events": lost}
	}
}

// Trailers says for every file where switch timestamps were asked for what they turned out to be, so far.
func (r *Replay) Trailers() []TrailerSummary {
	if kind := r.trailer; kind == "" || kind == "none" {
		return nil
	}
	var list []TrailerSummary
	for _, f := range r.src.Files() {
		list = append(list, TrailerSummary{
			File: f.Name, Kind: f.Trailer.Kind.String(), Auto: f.TrailerAuto, Tried: f.Trailer.Tried, Hits: f.Trailer.Hits, Ratio: f.Trailer.Ratio,
		})
	}
	return list
}

// gapSummary lists the gaps by channel and place. A gap heals packet by packet: what healed side by side is told as one.
func (r *Replay) gapSummary() {
	slices.SortStableFunc(r.gaps, func(a, b feedhandler.GapEvent) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.First, b.First))
	})
	r.summary.Gaps = make([]GapSummary, 0, len(r.gaps))
	for i, g := range r.gaps {
		if g.Disputed {
			continue
		}
		if n := len(r.summary.Gaps); n > 0 && g.Healed && r.gaps[i-1].Channel == g.Channel {
			if last := &r.summary.Gaps[n-1]; last.Healed && last.First+last.Count == g.First && last.Line == r.lineName(g) {
				last.Count += g.Count
				last.TsRecv = max(last.TsRecv, g.TsRecv)
				continue
			}
		}
		r.summary.Gaps = append(r.summary.Gaps, GapSummary{
			Channel: r.Channels[g.Channel].Name, First: g.First, Count: g.Count, Healed: g.Healed, TsRecv: g.TsRecv, Line: r.lineName(g),
		})
	}
}

// lineName is the line that healed a gap, "" where none did.
func (r *Replay) lineName(g feedhandler.GapEvent) string {
	if !g.Healed || g.Line < 0 {
		return ""
	}
	return r.Channels[g.Channel].Lines[g.Line].Name
}

func stampName(source int) string { return ptp.Source(source).String() }
