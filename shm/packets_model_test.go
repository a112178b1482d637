package shm

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"unsafe"

	"wirebook/shm/internal/selfcheck"
)

// packetModel is a packets ring and a list of all that was put into it. Its payloads are a hostile sender's: see selfcheck.Hostile.
type packetModel struct {
	t        *testing.T
	rng      *rand.Rand
	cfg      PacketsConfig
	mem      []byte
	w        *PacketWriter
	list     map[uint64]modelPacket // by position
	begin    uint64                 // of this run
	careless bool                   // the word ahead is not emptied
}

type modelPacket struct {
	next   uint64 // where the reader stands behind it
	header PacketHeader
	bytes  int
}

func newPacketModel(t *testing.T, seed uint64) *packetModel {
	m := &packetModel{t: t, rng: rand.New(rand.NewPCG(seed, 77)), list: map[uint64]modelPacket{}}
	m.cfg = PacketsConfig{ChunkBytes: MinChunkBytes << m.rng.IntN(4), Chunks: MinChunks << m.rng.IntN(3), Epoch: 1}
	m.mem = memory(PacketsBytes(m.cfg))
	m.start(m.mem)
	return m
}

// start is a run of the writer in mem.
func (m *packetModel) start(mem []byte) {
	w, err := NewPacketWriter(mem, m.cfg)
	if err != nil {
		m.t.Fatal(err)
	}
	m.mem, m.w, m.begin = mem, w, w.Position()
	m.cfg.Epoch++
}

func (m *packetModel) reader() *PacketReader {
	r, err := NewPacketReader(m.mem)
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

func (m *packetModel) capacity() uint64 { return uint64(m.cfg.ChunkBytes) * uint64(m.cfg.Chunks) }

// claim claims a record of a random length and fills it.
func (m *packetModel) claim() modelPacket {
	n := m.rng.IntN(m.w.MaxPayload() + 1)
	if m.rng.IntN(3) > 0 {
		n %= 100
	}
	if m.rng.IntN(10) == 0 { // up to the end of the chunk, or one too long for it
		left := m.cfg.ChunkBytes - uint32(m.w.Position())&(m.cfg.ChunkBytes-1)
		n = max(0, min(m.w.MaxPayload(), int(left)-SizePacketHeader+m.rng.IntN(3)-1))
	}
	h, payload := m.w.Claim(n)
	if *h != (PacketHeader{Bytes: uint32(n), Sequence: h.Sequence}) || h.Sequence != 0 && !m.careless {
		m.t.Fatalf("claimed a header that says %+v", *h)
	}
	at := m.w.Position()
	v := PacketHeader{Bytes: uint32(n), WireBytes: uint32(n), TsRecv: m.rng.Uint64(), BoundNS: m.rng.Uint32(), Source: 1, Flags: 2, Kind: PacketFrame,
		Line: 1, Channel: uint16(m.rng.Uint32()), Queue: 7, Verdict: VerdictNew, Units: 9, Value: at}
	*h = v
	selfcheck.Hostile(payload, at+SizePacketHeader, m.capacity())
	v.Sequence = at | PacketWhole
	return modelPacket{at + packetBytes(uint64(n)), v, n}
}

// put puts one record.
func (m *packetModel) put() {
	p := m.claim()
	if m.rng.IntN(8) == 0 {
		if m.rng.IntN(2) == 0 {
			m.w.Abandon()
			m.w.Commit()
			return
		}
		p = m.claim() // drops the first
	}
	at := m.w.Position()
	m.w.Commit()
	m.list[at] = p
	if m.w.Position() != p.next {
		m.t.Fatalf("the record at %d ends at %d, not %d", at, m.w.Position(), p.next)
	}
	if m.rng.IntN(4) == 0 {
		m.w.Flush()
	}
}

// check judges one result of a reader that stood at before.
func (m *packetModel) check(r *PacketReader, before uint64, res Result) {
	m.t.Helper()
	size := m.capacity()
	switch res {
	case Record:
		want, ok := m.list[r.At()]
		if !ok {
			m.t.Fatalf("a record at %d that nobody put there: %+v", r.At(), *r.Header())
		}
		if *r.Header() != want.header || r.Position() != want.next || len(r.Payload()) != want.bytes {
			m.t.Fatalf("record at %d: %+v, want %+v", r.At(), *r.Header(), want.header)
		}
		if !selfcheck.IsHostile(r.Payload(), r.At()+SizePacketHeader, size) {
			m.t.Fatalf("record at %d: wrong payload", r.At())
		}
		if r.At() != before && (r.At()&(r.area.chunk-1) != 0 || r.At()-before >= r.area.chunk) {
			m.t.Fatalf("went from %d to %d, which is not the next chunk", before, r.At())
		}
	case Lapped:
		if r.Lost() != r.Position()-before || r.Position()%r.area.chunk != 0 || r.Position() <= before {
			m.t.Fatalf("lapped from %d to %d, lost %d", before, r.Position(), r.Lost())
		}
		if m.w.Position()+2*r.area.chunk <= before+size {
			m.t.Fatalf("lapped at %d, with the writer at %d of %d", before, m.w.Position(), size)
		}
		if r.Position()+size/2 > m.w.Position()+2*r.area.chunk || r.Position() > m.w.Position() {
			m.t.Fatalf("lapped to %d, with the writer at %d", r.Position(), m.w.Position())
		}
	case Empty, Stopped:
		if r.Position() != m.w.Position() {
			m.t.Fatalf("%v at %d, but the writer is at %d", res, r.Position(), m.w.Position())
		}
	case NewEpoch:
		if r.Position() < m.begin || r.Epoch() != m.cfg.Epoch-1 {
			m.t.Fatalf("epoch %d at %d; the running one %d begins at %d", r.Epoch(), r.Position(), m.cfg.Epoch-1, m.begin)
		}
	default:
		m.t.Fatalf("%v at %d, the writer is at %d", res, before, m.w.Position())
	}
}

func packetSeeds(t *testing.T, f func(t *testing.T, seed uint64)) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 40
	}
	if raceEnabled {
		seeds = 8
	}
	for seed := range seeds {
		f(t, seed)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// Whatever is put, dropped, lapped and restarted: readers get each record as it was put, in order, or are told what they lost.
func TestPacketsAgainstModel(t *testing.T) {
	var records, laps, edges uint64
	packetSeeds(t, func(t *testing.T, seed uint64) {
		m := newPacketModel(t, seed)
		readers := []*PacketReader{m.reader(), m.reader(), m.reader()}
		read, lost, skipped := [3]uint64{}, [3]uint64{}, [3]uint64{}
		for range 300 {
			for range m.rng.IntN(1 << m.rng.IntN(8)) {
				m.put()
			}
			if m.rng.IntN(20) == 0 { // killed with a record claimed, and started again
				m.claim()
				at := m.w.Position()
				m.start(m.mem)
				if m.begin != at {
					t.Fatalf("seed %d: killed at %d, went on at %d", seed, at, m.begin)
				}
			}
			i := m.rng.IntN(3)
			r := readers[i]
			for n := m.rng.IntN(1 << m.rng.IntN(8)); n >= 0; n-- {
				before := r.Position()
				res := r.Next()
				m.check(r, before, res)
				switch res {
				case Record:
					read[i] += r.Position() - r.At()
					skipped[i] += r.At() - before
					records++
				case Lapped:
					lost[i] += r.Lost()
					laps++
				default:
					skipped[i] += r.Position() - before
				}
			}
			if got := read[i] + lost[i] + skipped[i]; lost[i] != r.LostTotal() || got != r.Position() {
				t.Fatalf("seed %d: read %d, lost %d, skipped %d, but at %d", seed, read[i], lost[i], skipped[i], r.Position())
			}
			switch m.rng.IntN(10) {
			case 0:
				fresh := m.reader()
				if fresh.SeekEdge() != m.w.Position() {
					t.Fatalf("seed %d: the edge is at %d, not %d", seed, fresh.Position(), m.w.Position())
				}
				m.check(fresh, fresh.Position(), fresh.Next())
				edges++
			case 1:
				fresh := m.reader()
				if fresh.Position() < m.begin || fresh.Missed() != fresh.Position()-m.begin {
					t.Fatalf("seed %d: begins at %d and missed %d of a run from %d", seed, fresh.Position(), fresh.Missed(), m.begin)
				}
				for res := Record; res == Record; {
					before := fresh.Position()
					res = fresh.Next()
					m.check(fresh, before, res)
				}
				if fresh.Position() != m.w.Position() || fresh.Behind() != 0 {
					t.Fatalf("seed %d: from the oldest to %d, not %d", seed, fresh.Position(), m.w.Position())
				}
			}
		}
		m.w.Close()
		for _, r := range readers {
			res := Record
			for range 1 << 16 {
				before := r.Position()
				if res = r.Next(); res == Stopped {
					break
				}
				m.check(r, before, res)
			}
			if res != Stopped || r.Position() != m.w.Position() {
				t.Fatalf("seed %d: ended with %v at %d, not %d", seed, res, r.Position(), m.w.Position())
			}
		}
	})
	if laps == 0 || edges == 0 {
		t.Errorf("%d laps, %d edges", laps, edges)
	}
	t.Logf("%d records read, %d laps", records, laps)
}

// packetStore is one store of the writer.
type packetStore struct {
	off int
	v   uint64
}

// stores lists what the writer stores when it goes from the end of the last record to a record at at, in its order; within the
// record any. reach is what the header said, after the memory behind it.
func (m *packetModel) stores(from, at, reach uint64, after []byte) []packetStore {
	var list []packetStore
	chunk := uint64(m.cfg.ChunkBytes)
	store := func(p, v uint64) { list = append(list, packetStore{HeaderBytes + int(p&(m.capacity()-1)), v}) }
	extend := func(p uint64) {
		if p >= reach {
			reach = p&^(chunk-1) + chunk
			list = append(list, packetStore{int(unsafe.Offsetof(PacketsHeader{}.Reach)), reach})
		}
	}
	if at != from {
		extend(at)
		store(at, 0)
		store(from, from|PacketSkip)
	}
	end := m.w.Position()
	extend(end)
	store(end, 0)
	n := len(list)
	for p := at + 8; p < end; p += 8 {
		store(p, binary.LittleEndian.Uint64(after[HeaderBytes+p&(m.capacity()-1):]))
	}
	m.rng.Shuffle(len(list)-n, func(i, j int) { list[n+i], list[n+j] = list[n+j], list[n+i] })
	store(at, at|PacketWhole)
	return list
}

// A writer that is killed between any two of its stores leaves every record it committed, no other, and a ring that its
// successor and all readers go on with.
func TestPacketsKilledAtAnyStore(t *testing.T) {
	packetSeeds(t, func(t *testing.T, seed uint64) {
		m := newPacketModel(t, seed)
		for range m.rng.IntN(200) {
			m.put()
		}
		for range 50 {
			from, reach := m.w.Position(), m.w.header.Reach
			killed := memory(len(m.mem))
			copy(killed, m.mem)
			p := m.claim()
			at := m.w.Position()
			m.w.Commit()
			list := m.stores(from, at, reach, m.mem)
			cut := m.rng.IntN(len(list) + 1)
			for _, s := range list[:cut] {
				binary.LittleEndian.PutUint64(killed[s.off:], s.v)
			}
			if cut == len(list) { // the list is what the writer does
				m.list[at] = p
				if !bytes.Equal(killed, m.mem) {
					t.Fatalf("seed %d: the writer does not store what this test thinks", seed)
				}
			}
			r := m.reader()
			r.area.chunkArea, r.header, r.mem = chunksOf(killed), packetsHeader(killed), killed // a reader that was there
			r.Seek(from)
			m.start(killed)
			if m.begin != from && m.begin != at && m.begin != p.next {
				t.Fatalf("seed %d: killed at %d to %d, went on at %d", seed, from, at, m.begin)
			}
			m.put()
			for res := Record; res != Empty; {
				before := r.Position()
				res = r.Next()
				m.check(r, before, res)
			}
			for res, fresh := Record, m.reader(); res != Empty; {
				before := fresh.Position()
				res = fresh.Next()
				m.check(fresh, before, res)
			}
		}
	})
}

// The check above catches a writer that does not empty the word ahead: without this it would prove nothing.
func TestPacketsNotEmptiedAheadAreCaught(t *testing.T) {
	caught := 0
	packetSeeds(t, func(t *testing.T, seed uint64) {
		m := newPacketModel(t, seed)
		m.careless = true
		r := m.reader()
		for range 500 {
			before := bytes.Clone(m.mem)
			p := m.claim()
			at := m.w.Position()
			end := HeaderBytes + int(p.next&(m.capacity()-1))
			m.w.Commit()
			m.list[at] = p
			copy(m.mem[end:end+8], before[end:]) // as if it had been left
			for res := Record; res == Record && caught == 0; {
				if res = r.Next(); res == Record && m.list[r.At()].next == 0 {
					caught++
				}
			}
		}
	})
	if caught == 0 {
		t.Error("no forged record was taken: the hostile payloads are harmless")
	}
}
