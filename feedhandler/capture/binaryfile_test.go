package capture

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"wirebook/feedhandler/feedtest"
)

// itch makes a message of n bytes with a type and a time of day.
func itch(kind byte, n int, ns uint64) []byte {
	b := make([]byte, n)
	b[0] = kind
	binary.BigEndian.PutUint16(b[5:], uint16(ns>>32))
	binary.BigEndian.PutUint32(b[7:], uint32(ns))
	return b
}

func binaryBytes(msgs [][]byte) []byte {
	var b []byte
	for _, m := range msgs {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(m))), m...)
	}
	return b
}

// mold reads a datagram with gopacket and checks everything around the messages.
func mold(t *testing.T, r rec, session string) (seq uint64, count int, msgs [][]byte) {
	t.Helper()
	p := gopacket.NewPacket(r.data, layers.LayerTypeEthernet, gopacket.Default)
	if p.ErrorLayer() != nil {
		t.Fatal(p.ErrorLayer().Error())
	}
	ip := p.NetworkLayer().(*layers.IPv4)
	udp := p.TransportLayer().(*layers.UDP)
	if ip.DstIP.String() != BinaryFILEGroup || ip.SrcIP.String() != BinaryFILESource || udp.DstPort != BinaryFILEPort {
		t.Fatalf("addresses %v %v %v", ip.SrcIP, ip.DstIP, udp.DstPort)
	}
	check := bytes.Clone(ip.Contents)
	check[10], check[11] = 0, 0
	sum := uint32(0)
	for i := 0; i < len(check); i += 2 {
		sum += uint32(check[i])<<8 | uint32(check[i+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	if ^uint16(sum) != ip.Checksum {
		t.Fatalf("IP checksum %#x, want %#x", ip.Checksum, ^uint16(sum))
	}
	if int(ip.Length) != len(r.data)-14 || int(udp.Length) != len(r.data)-34 {
		t.Fatalf("lengths %d %d of a frame of %d", ip.Length, udp.Length, len(r.data))
	}
	b := udp.Payload
	if string(b[:10]) != session {
		t.Fatalf("session %q, want %q", b[:10], session)
	}
	seq, count = binary.BigEndian.Uint64(b[10:]), int(binary.BigEndian.Uint16(b[18:]))
	for b = b[20:]; len(b) > 0; {
		n := 2 + int(binary.BigEndian.Uint16(b))
		msgs = append(msgs, b[2:n])
		b = b[n:]
	}
	return seq, count, msgs
}

// unpack checks the sequence of all datagrams and returns the messages.
func unpack(t *testing.T, recs []rec, session string, ended bool) [][]byte {
	t.Helper()
	var all [][]byte
	for i, r := range recs {
		seq, count, msgs := mold(t, r, session)
		if seq != uint64(len(all)+1) {
			t.Fatalf("datagram %d has sequence %d, want %d", i, seq, len(all)+1)
		}
		if i == len(recs)-1 && ended {
			if count != moldEnd || len(msgs) != 0 {
				t.Fatalf("last datagram has count %d and %d messages, want end of session", count, len(msgs))
			}
			break
		}
		if count != len(msgs) || count == 0 {
			t.Fatalf("datagram %d says %d messages and has %d", i, count, len(msgs))
		}
		all = append(all, msgs...)
	}
	return all
}

func TestBinaryFILE(t *testing.T) {
	const day = uint64(1580360400_000_000_000) // 2020-01-30 00:00 in New York
	var msgs [][]byte
	for i := range 500 {
		msgs = append(msgs, itch('A', 36, 34_200_000_000_000+uint64(i)*7_000))
	}
	b := binaryBytes(msgs)
	for _, c := range []struct {
		name, file string
		b          []byte
		o          Options
		most       int // datagrams
	}{
		{"by name", "01302020.NASDAQ_ITCH50", b, Options{}, 35},
		{"gzip", "S013020-v50.txt.gz", gzipped(t, b), Options{}, 35},
		{"year first", "20200130.BX_ITCH_50", b, Options{}, 35},
		{"end mark", "01302020.NASDAQ_ITCH50", append(bytes.Clone(b), 0, 0), Options{}, 35},
		{"told", "day.bin", b, Options{Format: BinaryFILE, Date: time.Date(2020, 1, 30, 12, 0, 0, 0, time.UTC)}, 35},
		{"one a datagram", "01302020.itch50", b, Options{MaxMessages: 1}, 501},
		{"by bytes", "01302020.itch50", b, Options{MaxBytes: 20 + 3*38, MaxSpanNS: 1e12}, 168},
		{"one big span", "01302020.itch50", b, Options{MaxSpanNS: 1e12}, 15},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, warnings, files, err := readAll(t, c.o, write(t, c.file, c.b))
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			if files[0].Format != BinaryFILE {
				t.Fatalf("format %v", files[0].Format)
			}
			all := unpack(t, got, binSession, true)
			for i := range all {
				if !bytes.Equal(all[i], msgs[i]) {
					t.Fatalf("message %d differs", i)
				}
			}
			if len(all) != len(msgs) || len(got) != c.most {
				t.Errorf("%d messages in %d datagrams, want %d in %d", len(all), len(got), len(msgs), c.most)
			}
			if end := day + 34_200_000_000_000 + 499*7_000; got[len(got)-1].ts != end || got[len(got)-2].ts != end {
				t.Errorf("last times %d %d, want %d", got[len(got)-2].ts, got[len(got)-1].ts, end)
			}
			for _, r := range got {
				if len(r.data) > moldAt+1400 {
					t.Errorf("datagram of %d bytes", len(r.data))
				}
			}
		})
	}
}

func TestBinaryFILESummerAndUnknownDate(t *testing.T) {
	b := binaryBytes([][]byte{itch('S', 12, 5)})
	got, _, _, err := readAll(t, Options{}, write(t, "07302019.NASDAQ_ITCH50", b))
	if want := uint64(time.Date(2019, 7, 30, 4, 0, 0, 5, time.UTC).UnixNano()); err != nil || got[0].ts != want {
		t.Errorf("%v: summer time %d, want %d", err, got[0].ts, want)
	}
	got, warnings, _, err := readAll(t, Options{}, write(t, "day.itch50", b))
	if err != nil || got[0].ts != 5*3600*1e9+5 {
		t.Errorf("%v: time %d", err, got[0].ts)
	}
	oneTrouble(t, warnings, NoDate)
}

func TestBinaryFILECut(t *testing.T) {
	msgs := [][]byte{itch('S', 12, 1), itch('R', 39, 2), itch('A', 36, 3)}
	b := binaryBytes(msgs)
	got, warnings, _, err := readAll(t, Options{}, write(t, "01302020.itch50", b[:len(b)-1]))
	if err != nil {
		t.Fatal(err)
	}
	if w := oneTrouble(t, warnings, CutShort); w.Offset != int64(len(b)-38) {
		t.Errorf("offset %d", w.Offset)
	}
	// The session did not end, so no packet says that it did.
	if all := unpack(t, got, binSession, false); len(all) != 2 {
		t.Errorf("%d messages, want 2", len(all))
	}
}

func TestBinaryFILEsKeepTheirSessionsApart(t *testing.T) {
	b := binaryBytes([][]byte{itch('S', 12, 1), itch('S', 12, 2)})
	got, _, _, err := readAll(t, Options{MaxMessages: 1}, write(t, "01302020.itch50", b), write(t, "01312020.itch50", b))
	if err != nil || len(got) != 6 {
		t.Fatal(err, len(got))
	}
	unpack(t, got[:3], "BINARYFILE", true)
	unpack(t, got[3:], "BINARYF002", true)
}

func TestBinaryFILEArtificialDay(t *testing.T) {
	path := filepath.Join(feedtest.Captures(t), "nasdaq-itch50", "artificial", "ritch.part1.itch50")
	got, warnings, _, err := readAll(t, Options{}, path)
	if err != nil {
		t.Fatal(err)
	}
	oneTrouble(t, warnings, NoDate)
	all := unpack(t, got, binSession, true)
	if len(all) != 6000 {
		t.Errorf("%d messages, want 6000", len(all))
	}
	for i, m := range all {
		if !strings.ContainsRune("SRHYLVWKJhAFECXDUPQBIN", rune(m[0])) {
			t.Fatalf("message %d has type %q", i, m[0])
		}
	}
}
