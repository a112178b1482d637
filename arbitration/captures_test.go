package arbitration

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket/pcapgo"

	"wirebook/feedhandler/feedtest"
)

// datagrams calls each with every UDP payload of a capture, the group it was sent to and its receive time.
func datagrams(t *testing.T, name string, each func(dst [4]byte, ns uint64, payload []byte)) {
	t.Helper()
	f, err := os.Open(filepath.Join(feedtest.Captures(t), name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = bufio.NewReader(f)
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(in); err != nil {
			t.Fatal(err)
		}
	}
	buffered := bufio.NewReader(in)
	magic, err := buffered.Peek(4)
	if err != nil {
		t.Fatal(err)
	}
	var read func() ([]byte, uint64, error)
	if binary.LittleEndian.Uint32(magic) == 0x0a0d0d0a {
		r, err := pcapgo.NewNgReader(buffered, pcapgo.DefaultNgReaderOptions)
		if err != nil {
			t.Fatal(err)
		}
		read = func() ([]byte, uint64, error) {
			b, ci, err := r.ReadPacketData()
			return b, uint64(ci.Timestamp.UnixNano()), err
		}
	} else {
		r, err := pcapgo.NewReader(buffered)
		if err != nil {
			t.Fatal(err)
		}
		read = func() ([]byte, uint64, error) {
			b, ci, err := r.ReadPacketData()
			return b, uint64(ci.Timestamp.UnixNano()), err
		}
	}
	for {
		b, ns, err := read()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		ip := b[14:]
		for at := 12; binary.BigEndian.Uint16(b[at:]) == 0x8100; at += 4 {
			ip = b[at+6:]
		}
		udp := ip[int(ip[0]&15)*4:]
		each([4]byte(ip[16:20]), ns, udp[8:binary.BigEndian.Uint16(udp[4:])])
	}
}

// TestIEXRuns: the runs of one session id, each from 1, come out as resets and whole.
func TestIEXRuns(t *testing.T) {
	for name, resets := range map[string]uint64{"iex-deep10/large/DEEP10.part1.pcap.gz": 10, "iex-tops/large/TOPS16.part1.pcap.gz": 0} {
		d := &drain{t: t, a: newArbiter(t, Config{Lines: []LineConfig{{Name: "A"}}})}
		var truth uint64
		datagrams(t, name, func(_ [4]byte, ns uint64, b []byte) {
			p := Packet{TsRecv: ns, Session: uint64(binary.LittleEndian.Uint32(b[8:])), Count: uint32(binary.LittleEndian.Uint16(b[14:])),
				Seq: binary.LittleEndian.Uint64(b[24:]), TsSend: binary.LittleEndian.Uint64(b[32:]), Payload: b}
			truth += uint64(p.Count)
			d.a.Tick(ns)
			d.rest()
			d.offer(LineA, &p)
		})
		d.a.Flush()
		d.rest()
		s := d.a.Stats()
		if s.Sessions != 1 || s.Resets != resets || s.Delivered != truth || len(d.gaps) != 0 {
			t.Errorf("%s: %+v, gaps %v, units %d", name, s, d.gaps, truth)
		}
	}
}

// TestCMELines: A alone, B alone and both give the same packets.
func TestCMELines(t *testing.T) {
	for _, use := range [][]byte{{31}, {32}, {31, 32}} {
		d := &drain{t: t, a: newArbiter(t, Config{Lines: twoLines})}
		var from uint64
		datagrams(t, "cme-mdp3/large/Cme.Mdp3.Sbe.v6.1.pcap", func(dst [4]byte, ns uint64, b []byte) {
			line := slices.Index(use, dst[2])
			if line < 0 {
				return
			}
			d.a.Tick(ns)
			d.rest()
			p := Packet{TsRecv: ns, Count: 1, Seq: uint64(binary.LittleEndian.Uint32(b)), TsSend: binary.LittleEndian.Uint64(b[4:]), Payload: b}
			d.offer(Line(line), &p)
		})
		d.a.Flush()
		d.rest()
		from = d.events[0].Packet.Seq
		if s := d.a.Stats(); from != 5615 || d.next != 10615 || s.Delivered != 5000 || len(d.gaps) != 0 || s.Resets != 0 {
			t.Errorf("lines %v: from %d, %+v, gaps %v", use, from, s, d.gaps)
		}
	}
}

// TestDerivedITCH: .ab loses nothing, .abgap exactly what its maker says.
func TestDerivedITCH(t *testing.T) {
	const base = "nasdaq-itch50/derived/es20231225.part1."
	b, err := os.ReadFile(filepath.Join(feedtest.Captures(t), base+"expect.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expect struct {
		Lost [][2]uint64 `json:"abgap_lost"`
		Next uint64      `json:"next_seq"`
	}
	if err := json.Unmarshal(b, &expect); err != nil {
		t.Fatal(err)
	}
	var lost []Gap
	for _, g := range expect.Lost {
		lost = append(lost, Gap{g[0], g[1]})
	}
	for name, gaps := range map[string][]Gap{"clean": nil, "ab": nil, "abgap": lost} {
		d := &drain{t: t, a: newArbiter(t, Config{Lines: twoLines})}
		datagrams(t, base+name+".pcap.gz", func(dst [4]byte, ns uint64, b []byte) {
			line := LineA
			if dst[1] == 49 {
				line = LineB
			}
			p := Packet{TsRecv: ns, Session: 1, Seq: binary.BigEndian.Uint64(b[10:]), Count: uint32(binary.BigEndian.Uint16(b[18:])), Payload: b}
			switch p.Count {
			case 0:
				p.Kind = KindHeartbeat
			case 0xffff:
				p.Kind, p.Count = KindEndOfSession, 0
			}
			d.a.Tick(ns)
			d.rest()
			d.offer(line, &p)
		})
		d.a.Flush()
		d.rest()
		var n uint64
		for _, g := range d.gaps {
			n += g.Count
		}
		s := d.a.Stats()
		if !slices.Equal(d.gaps, gaps) || d.next != expect.Next || s.Delivered+n != expect.Next-1 || !s.Ended {
			t.Errorf("%s: gaps %v, want %v; %+v", name, d.gaps, gaps, s)
		}
	}
}
