package segment

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wirebook/shm"
)

// marker plays the core: bursts of units of some channels into all rings of a worker, and their marks. Each record tells its natural
// position itself, in ts_event: session, channel, unit, k.
type marker struct {
	t        *testing.T
	o        Options
	inst     *Instance
	marks    *shm.Marks
	random   *rand.Rand
	accounts [3]shm.Account
	k        [3][shm.SchemaCount]uint64 // of the last unit
	time     uint64
	streams  [3]shm.Stream
	sums     [3][shm.SchemaCount]shm.Set
}

func markerOptions(root string, slots, marks uint32) Options {
	o := Options{Root: root, Name: "test"}
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		o.Rings = append(o.Rings, RingSpec{Schema: s, Slots: slots})
	}
	o.Rings = append(o.Rings, RingSpec{Schema: shm.SchemaMarks, Slots: marks})
	return o
}

func newMarker(t *testing.T, o Options, seed uint64) *marker {
	m := &marker{t: t, o: o, random: rand.New(rand.NewPCG(seed, 1)), time: 1e18}
	m.start()
	return m
}

func (m *marker) start() {
	m.inst = create(m.t, m.o)
	m.inst.Running()
	var rings [shm.SchemaCount]*shm.Writer
	for s := range rings {
		rings[s] = m.inst.Writer(shm.Schema(s), 0)
	}
	m.marks = shm.NewMarks(m.inst.Writer(shm.SchemaMarks, 0), rings)
	if m.random.IntN(2) == 0 {
		m.marks.SetClock(func() uint64 { m.time += 100; return m.time })
	}
	for c := range m.accounts {
		m.accounts[c] = shm.Account{Channel: uint16(c)}
		m.session(c)
	}
}

// die leaves a burst half told and unmarked, and a record half filled.
func (m *marker) die() {
	c := m.random.IntN(len(m.accounts))
	m.marks.Claim(&m.accounts[c])
	m.records(c, m.accounts[c].Next)
	shm.MBOOf(m.inst.Writer(shm.SchemaMBO, 0)).Claim().Body.OrderID = 7
	m.inst.unmap()
	m.inst.lock.Close()
}

func (m *marker) session(c int) {
	a := &m.accounts[c]
	a.Next = []uint64{1, 1<<32 - 40, 1<<33 + 5}[c]
	m.streams[c] = shm.Stream{PublisherID: 7, ChannelID: uint8(c), Session: []string{"", "DAY", "a name that takes thirty-two byte"}[c], Resets: m.random.Uint32N(3)}
	e := shm.SessionEntry{Channel: uint32(c), First: a.Next, PublisherID: 7, ChannelID: uint8(c), Resets: 9, RunResets: m.streams[c].Resets}
	copy(e.Name[:], m.streams[c].Session)
	a.Session = m.inst.Control.BeginSession(e)
	m.k[c] = [shm.SchemaCount]uint64{}
}

// records publishes some of a unit in each schema, behind those that there are of it.
func (m *marker) records(c int, unit uint64) {
	for s := shm.Schema(0); s < shm.SchemaCount; s++ {
		for range m.random.IntN(4) {
			m.record(s, c, unit)
		}
	}
}

func (m *marker) record(s shm.Schema, c int, unit uint64) {
	w := m.inst.Writer(s, 0)
	h := shm.RecordHeader{Length: uint8(s.BodySize() / 4), TsEvent: uint64(m.accounts[c].Session)<<48 | uint64(c)<<44 | unit&0xFFFFFFFFF<<8 | m.k[c][s]}
	received := m.random.Uint64()
	low, flags, delta := uint32(unit), uint8(received), int32(received>>8)
	var body []byte
	switch s {
	case shm.SchemaMBO:
		h.RType = shm.RTypeMBO
		body = shm.Bytes(&shm.MBO{RecordHeader: h, Sequence: low, TsRecv: received, TsInDelta: delta, Flags: flags})
	case shm.SchemaMBP1:
		h.RType = shm.RTypeMBP1
		body = shm.Bytes(&shm.MBP1{RecordHeader: h, Sequence: low, TsRecv: received, TsInDelta: delta, Flags: flags, Levels: [1]shm.Level{{BidPx: 5}}})
	case shm.SchemaMBP10:
		h.RType = shm.RTypeMBP10
		body = shm.Bytes(&shm.MBP10{RecordHeader: h, Sequence: low, TsRecv: received, TsInDelta: delta, Flags: flags, Levels: [10]shm.Level{{BidPx: 5}}})
	case shm.SchemaTrades:
		h.RType = shm.RTypeTrade
		body = shm.Bytes(&shm.Trade{RecordHeader: h, Sequence: low, TsRecv: received, TsInDelta: delta, Flags: flags})
	default:
		switch m.random.IntN(4) {
		case 0:
			h.Length, h.RType = shm.SizeStatistics/4, shm.RTypeStatistics
			body = shm.Bytes(&shm.Statistics{RecordHeader: h, TsRecv: received, TsInDelta: delta, StatFlags: flags})
		case 1:
			h.Length, h.RType = shm.SizeDefinition/4, shm.RTypeDefinition
			body = shm.Bytes(&shm.Definition{RecordHeader: h, TsRecv: received, StrikePrice: 1 << 60, LegSide: 'B'})
		case 2:
			h.Length, h.RType = shm.SizeImbalance/4, shm.RTypeImbalance
			body = shm.Bytes(&shm.Imbalance{RecordHeader: h, TsRecv: received, RefPrice: -1})
		default:
			h.Length, h.RType = shm.SizeStatus/4, shm.RTypeStatus
			body = shm.Bytes(&shm.Status{RecordHeader: h, TsRecv: received, IsTrading: 'Y'})
		}
	}
	if s == shm.SchemaAdmin {
		w.PublishAdmin(body, 0, unit)
	} else {
		w.Publish(body, 0)
	}
	m.sums[c][s].Add(&shm.Position{Key: m.streams[c].Key(s), Unit: unit, K: m.k[c][s]}, shm.ContentHash(body))
	m.k[c][s]++
	if s == shm.SchemaAdmin && m.random.IntN(5) == 0 {
		h.Length, h.RType = shm.SizeAppliance/4, shm.RTypeAppliance
		w.PublishAdmin(shm.Bytes(&shm.Appliance{RecordHeader: h, Unit: unit}), 0, unit)
	}
}

func (m *marker) burst() {
	c := m.random.IntN(len(m.accounts))
	a := &m.accounts[c]
	m.marks.Claim(a)
	switch m.random.IntN(40) {
	case 0:
		m.session(c)
	case 1:
		a.Next += uint64(m.random.IntN(1000)) // a gap
	case 2: // what is told of units that were marked before, as when a channel is put back to work
		m.records(c, a.Next-1)
		m.marks.Write(a, a.Next, 0, 0)
		return
	}
	m.time += 1000
	m.marks.Taken(m.time)
	first, n := a.Next, 1+m.random.Uint32N(5)
	for u := range uint64(n) {
		m.k[c] = [shm.SchemaCount]uint64{}
		m.records(c, first+u)
	}
	m.marks.Write(a, first, n, m.time-500)
	m.marks.Flush()
	if m.random.IntN(3) > 0 { // heads are hints
		for s := shm.Schema(0); s < shm.SchemaCount; s++ {
			m.inst.Writer(s, 0).Flush()
		}
	}
}

func (m *marker) paths(s shm.Schema) []string {
	return []string{filepath.Join(m.inst.Dir, RingFile(s, 0)), filepath.Join(m.inst.Dir, RingFile(shm.SchemaMarks, 0))}
}

// Foreign readers find the natural positions and times that the Go reader finds, in every schema: in rings partly filled and lapped,
// with marks that are gone, over sessions, gaps and restarts, and for records that are not marked.
func TestForeignPlaces(t *testing.T) {
	seeds := 4
	if testing.Short() {
		seeds = 2
	}
	commands := map[string][]string{}
	for name, prepare := range programs("places") {
		t.Run(name, func(t *testing.T) { commands[name] = prepare(t) })
	}
	all := ""
	for seed := range seeds {
		slots, marks := []uint32{1024, 256, 64}[seed%3], []uint32{1024, 16, 64}[seed%3]
		m := newMarker(t, markerOptions(shmRoot(t), slots, marks), uint64(seed))
		for step, bursts := range []int{0, 20, 300, 40} {
			for range bursts {
				m.burst()
			}
			if step == 3 {
				m.die()
				m.start()
				for range 10 {
					m.burst()
				}
				m.marks.Claim(&m.accounts[0])
				m.records(0, m.accounts[0].Next) // not marked yet
			}
			args, want := []string{"dump"}, ""
			for s := shm.Schema(0); s < shm.SchemaCount; s++ {
				args = append(args, m.paths(s)...)
				want += goPlaces(t, m.paths(s))
			}
			for name, command := range commands {
				if got := told(t, command, args...); got != want {
					t.Fatalf("seed %d step %d %s: %s", seed, step, name, firstDifference(got, want))
				}
			}
			all += want
		}
		m.inst.Close()
	}
	for _, p := range []shm.Place{shm.Placed, shm.Unmarked, shm.Inside, shm.MarkGone, shm.ApplianceMade} {
		t.Logf("%d %s", strings.Count(all, p.String()), p)
		if !strings.Contains(all, p.String()) {
			t.Errorf("no record was %s: the test tests less than it should", p)
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: %s, want %s", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}

func goReader(t *testing.T, path string) *shm.Reader {
	t.Helper()
	mem, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := shm.NewReader(alignedCopy(mem))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func goPlaces(t *testing.T, paths []string) string {
	r := goReader(t, paths[0])
	l := shm.NewLocator(goReader(t, paths[0]), goReader(t, paths[1]))
	var b strings.Builder
	buf := alignedBytes(r.PayloadSize())
	for r.Next(buf) == shm.Record {
		n, place := l.Locate(r.Position()-1, buf)
		fmt.Fprintf(&b, "%d %s", r.Position()-1, place)
		if place == shm.Placed {
			filtered := 0
			if n.Filtered {
				filtered = 1
			}
			fmt.Fprintf(&b, " session %d channel %d unit %d k %d times %d %d %d filtered %d", n.Session, n.Channel, n.Unit, n.K,
				n.Times.RecvNS, n.Times.TakenNS, n.Times.CommitNS, filtered)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// They count the set digests that the writer counts, from records alone.
func TestForeignSetDigests(t *testing.T) {
	m := newMarker(t, markerOptions(shmRoot(t), 4096, 1024), 5)
	for range 300 {
		m.burst()
	}
	want := [shm.SchemaCount]string{}
	for c := range m.accounts {
		_, e, err := m.inst.Control.AddChannel(fmt.Sprint(c), 0, 7, 0)
		if err != nil {
			t.Fatal(err)
		}
		for s := range want {
			sum := m.sums[c][s]
			e.Digests[s].SetLo, e.Digests[s].SetHi = sum.Lo, sum.Hi
			want[s] += fmt.Sprintf("channel %d %s %s\n", c, sum, sum)
		}
	}
	for name, prepare := range programs("places") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			for s := range shm.SchemaCount {
				if got := told(t, command, append(append([]string{"sums"}, m.paths(s)...), filepath.Join(m.inst.Dir, controlFile))...); got != want[s] {
					t.Errorf("%s: %s\nwant\n%s", s, got, want[s])
				}
			}
		})
	}
	m.inst.Close()
}

// They place what a writer at work publishes, over laps and restarts, where it truly stands.
func TestForeignPlacesFollow(t *testing.T) {
	for name, prepare := range programs("places") {
		t.Run(name, func(t *testing.T) {
			command := prepare(t)
			for s := shm.Schema(0); s < shm.SchemaCount; s++ {
				if testing.Short() && s != shm.SchemaMBO && s != shm.SchemaAdmin {
					continue
				}
				t.Run(s.String(), func(t *testing.T) { followPlaces(t, command, s) })
			}
		})
	}
}

func followPlaces(t *testing.T, command []string, s shm.Schema) {
	m := newMarker(t, markerOptions(shmRoot(t), 256, 64), uint64(s))
	cmd := exec.Command(command[0], append(append(append([]string(nil), command[1:]...), "follow"), m.paths(s)...)...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(60*time.Second, func() { cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewReader(pipe)
	if line, err := lines.ReadString('\n'); line != "ready\n" {
		t.Fatalf("the reader said %q, %v", line, err)
	}
	for i := range 4000 {
		if i == 2000 {
			m.die()
			m.start()
		}
		m.burst()
		if i%20 == 0 {
			time.Sleep(time.Millisecond) // the reader gets whole stretches, not only laps
		}
	}
	m.inst.Close()
	out, _ := lines.ReadString('\n')
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	var read, lost, wrong uint64
	var places [8]uint64
	if _, err := fmt.Sscanf(out, "read %d lost %d wrong %d %d %d %d %d %d %d %d %d", &read, &lost, &wrong, &places[0], &places[1], &places[2],
		&places[3], &places[4], &places[5], &places[6], &places[7]); err != nil {
		t.Fatalf("%q: %v", out, err)
	}
	if wrong != 0 || places[shm.Placed] == 0 || places[shm.Damaged] != 0 {
		t.Errorf("%s", out)
	}
	t.Logf("%s", out)
}
