package bench

import (
	"fmt"
	"os"
	"path/filepath"

	"wirebook/feedhandler"
	"wirebook/feedhandler/capture"
	"wirebook/feedhandler/config"
	"wirebook/feedhandler/replay"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

// Input is packets in memory, the channels they belong to, and the file they came from.
type Input struct {
	Name     string
	Profile  string
	Path     string
	Packets  uint64 // of the channels' first lines
	Messages uint64
	Frames   uint64 // all there are

	channels []config.Channel
	feed     *venue.Feed
	arena    *arena
	pcap     bool // an uncompressed pcap: what the hand-written walk reads
}

func (in *Input) close() { in.arena.unmap() }

// openInput reads a capture into memory. most bounds its messages; 0 takes all.
func openInput(name, profile, path string, most uint64) (*Input, error) {
	p, err := config.FindProfile(profile)
	if err != nil {
		return nil, err
	}
	in := &Input{Name: name, Profile: profile, Path: path, feed: venue.Find(p.Feed)}
	if in.feed == nil {
		return nil, fmt.Errorf("profile %s names feed %q, which no decoder reads", p.Name, p.Feed)
	}
	src, err := capture.Open([]string{path}, capture.Options{})
	if err != nil {
		return nil, err
	}
	in.channels, _, err = replay.Discover(src, p)
	info := src.Files()[0]
	in.pcap = info.Format == capture.PCAP && info.Compression == capture.Plain
	_ = src.Close()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(in.channels) >= noChannel {
		return nil, fmt.Errorf("%s: %d channels: the bench takes at most %d", path, len(in.channels), noChannel-1)
	}
	bytes, err := memoryFor(path)
	if err != nil {
		return nil, err
	}
	if src, err = capture.Open([]string{path}, capture.Options{}); err != nil {
		return nil, err
	}
	defer src.Close()
	in.arena, err = load(src, bytes, in.route(), in.counter(), most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	in.count()
	if in.Messages == 0 {
		in.close()
		return nil, fmt.Errorf("%s: no message of %s", path, profile)
	}
	return in, nil
}

// memoryFor guesses what an arena for a file takes: reserved memory costs nothing until it is written, and an arena that
// was guessed too small grows.
func memoryFor(path string) (int, error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return int(2*st.Size() + 64<<20), nil
}

type routeKey struct {
	group uint32
	port  uint16
}

func (in *Input) route() func(*feedhandler.Datagram) (uint8, uint8) {
	m := map[routeKey][2]uint8{}
	for c := range in.channels {
		for l, line := range in.channels[c].Lines {
			group, _ := config.Addr(line.Group) // Discover spelled it
			m[routeKey{group, line.Port}] = [2]uint8{uint8(c), uint8(l)}
		}
	}
	return func(d *feedhandler.Datagram) (uint8, uint8) {
		at, ok := m[routeKey{d.Dst, d.DstPort}]
		if !ok {
			return noChannel, 0
		}
		return at[0], at[1]
	}
}

// counter returns a function that counts the messages of a payload.
func (in *Input) counter() func([]byte) int {
	split := in.feed.NewFraming()
	var h framing.Header
	var spans []framing.Span
	return func(payload []byte) int {
		if split.Header(payload, &h) != framing.FaultNone {
			return 0
		}
		spans, _ = split.Split(spans[:0], payload, &h)
		return len(spans)
	}
}

func (in *Input) count() {
	messages := in.counter()
	var p packet
	for at := 0; at < in.arena.used; {
		at = in.arena.next(at, &p)
		in.Frames++
		if p.channel != noChannel && p.line == 0 {
			in.Packets++
			in.Messages += uint64(messages(p.payload))
		}
	}
}

// build returns the input's channels as the core takes them, without output. Books are sized as replay sizes them, and
// their tables touched before anything is timed, as in a live run that locks its memory.
func (in *Input) build() ([]feedhandler.ChannelConfig, error) {
	var list []feedhandler.ChannelConfig
	for i := range in.channels {
		ch, err := in.channels[i].Build()
		if err != nil {
			return nil, err
		}
		ch.Books.Touch = true
		list = append(list, ch)
	}
	return list, nil
}

// sample names a capture of the customer's that the bench reads when it is there.
type sample struct{ name, profile, path string }

var samples = []sample{
	{"capture itch", "nasdaq.itch50", "nasdaq-itch50/derived/es20231225.part1.clean.pcap.gz"},
	{"capture deep", "iex.deep10", "iex-deep10/large/DEEP10.part1.pcap.gz"},
	{"capture cme", "cme.mdp3", "cme-mdp3/large/Cme.Mdp3.Sbe.v6.1.pcap"},
}

// findCaptures returns the folder of captures: the one named, WIREBOOK_CAPTURES, or ../shared/captures above the
// working directory; "" where there is none.
func findCaptures(named string) string {
	if named != "" {
		return named
	}
	if dir := os.Getenv("WIREBOOK_CAPTURES"); dir != "" {
		return dir
	}
	at, err := os.Getwd()
	for err == nil {
		if dir := filepath.Join(at, "..", "shared", "captures"); isDir(dir) {
			return dir
		}
		up := filepath.Dir(at)
		if up == at {
			break
		}
		at = up
	}
	return ""
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
