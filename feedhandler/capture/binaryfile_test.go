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

// soupBytes is messages as SoupBinTCP sends them, with the rest of the conversation.
func soupBytes(msgs [][]byte) []byte {
	packet := func(b []byte, kind byte, body []byte) []byte {
		return append(append(binary.BigEndian.AppendUint16(b, uint16(1+len(body))), kind), body...)
	}
	b := packet(nil, '+', []byte("recorded at the gateway"))
	b = packet(b, 'A', []byte("SESSION001                   1"))
	for i, m := range msgs {
		if b = packet(b, 'S', m); i%2 == 0 {
			b = packet(b, 'H', nil)
		}
	}
	return packet(b, 'Z', nil)
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
		{"by name", "01302020.NASDAQ_ITCH50", b, Options{}, 501},
		{"gzip", "S013020-v50.txt.gz", gzipped(t, b), Options{}, 501},
		{"year first", "20200130.BX_ITCH_50", b, Options{}, 501},
		{"end mark", "01302020.NASDAQ_ITCH50", append(bytes.Clone(b), 0, 0), Options{}, 501},
		{"told", "day.bin", b, Options{Format: BinaryFILE, Date: time.Date(2020, 1, 30, 12, 0, 0, 0, time.UTC)}, 501},
		{"one a datagram", "01302020.itch50", b, Options{MaxMessages: 1}, 501},
		{"by bytes", "01302020.itch50", b, Options{MaxBytes: 20 + 3*38, MaxSpanNS: 1e12}, 168},
		{"within 100 µs", "01302020.itch50", b, Options{MaxSpanNS: 100_000}, 35},
		{"trailing zeros", "01302020.NASDAQ_ITCH50", append(bytes.Clone(b), make([]byte, 4097)...), Options{}, 501},
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

// What stands behind a length of 0 is read on and told.
func TestBinaryFILEGoesOnBehindZero(t *testing.T) {
	day := [][]byte{append(itch('S', 11, 1000), 'O'), itch('R', 39, 2000), itch('A', 36, 3000), append(itch('S', 11, 9000), 'C')}
	b := binaryBytes(day)
	more := binaryBytes([][]byte{itch('A', 36, 9500), itch('D', 19, 9600)})
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, c := range []struct {
		name     string
		b        []byte
		messages [2]int // of the first session and of the second
		words    string // of the warning; "" is none
	}{
		{"two days", join(b, []byte{0, 0}, b), [2]int{4, 4}, "another day"},
		{"two days, both ended", join(b, []byte{0, 0}, b, []byte{0, 0}), [2]int{4, 4}, "another day"},
		{"two days, padded", join(b, make([]byte, 512), b), [2]int{4, 4}, "another day"},
		{"two days, padded by an odd number", join(b, make([]byte, 511), b), [2]int{4, 4}, "another day"},
		{"padded far", join(b, make([]byte, 3<<20), b), [2]int{4, 4}, "another day"},
		{"in the middle", join(b, []byte{0, 0}, more), [2]int{6, 0}, "read on"},
		{"one zero at the end", join(b, []byte{0, 0, 0}), [2]int{4, 0}, ""},
		{"zeros at the end", join(b, make([]byte, 3<<20)), [2]int{4, 0}, ""},
		{"no messages behind", join(b, []byte{0, 0}, bytes.Repeat([]byte{0xff}, 77)), [2]int{4, 0}, "79 bytes"},
	} {
		for _, pack := range []string{"plain", "gzip"} {
			t.Run(c.name+"/"+pack, func(t *testing.T) {
				file, data := "01302020.itch50", c.b
				if pack == "gzip" {
					file, data = file+".gz", gzipped(t, data)
				}
				got, warnings, files, err := readAll(t, Options{}, write(t, file, data))
				if err != nil {
					t.Fatal(err)
				}
				end := 0
				for i, r := range got {
					if binary.BigEndian.Uint16(r.data[moldAt+18:]) == moldEnd {
						end = i + 1
						break
					}
				}
				if all := unpack(t, got[:end], "BINARYFILE", true); len(all) != c.messages[0] {
					t.Errorf("%d messages, want %d", len(all), c.messages[0])
				}
				if second := got[end:]; c.messages[1] == 0 != (len(second) == 0) {
					t.Errorf("%d datagrams of a second session", len(second))
				} else if len(second) > 0 {
					if all := unpack(t, second, "BINARYF101", true); len(all) != c.messages[1] {
						t.Errorf("%d messages of the second day, want %d", len(all), c.messages[1])
					}
				}
				if c.words == "" {
					if len(warnings) > 0 {
						t.Errorf("warnings %v", warnings)
					}
					return
				}
				if len(warnings) == 0 || warnings[0].Trouble != ZeroLength || warnings[0].Offset != int64(len(b)) || !strings.Contains(warnings[0].Text, c.words) ||
					files[0].Troubles["zero_length"] == 0 {
					t.Errorf("warnings %v, want one at %d with %q", warnings, len(b), c.words)
				}
			})
		}
	}
}

// Records of SoupBinTCP are unwrapped, not read as system events.
func TestBinaryFILEOfSoupBinTCP(t *testing.T) {
	day := [][]byte{append(itch('S', 11, 1000), 'O'), itch('R', 39, 2000), itch('A', 36, 3000), append(itch('S', 11, 9000), 'C')}
	got, warnings, files, err := readAll(t, Options{}, write(t, "01302020.itch50", soupBytes(day)))
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	all := unpack(t, got, "BINARYFILE", true)
	if len(all) != len(day) || !strings.Contains(files[0].Detail, "SoupBinTCP") {
		t.Fatalf("%d messages, %s", len(all), files[0].Detail)
	}
	for i := range all {
		if !bytes.Equal(all[i], day[i]) {
			t.Errorf("message %d is %x", i, all[i])
		}
	}
}

// A session may go on after midnight; every message is received when it happened.
func TestBinaryFILEOverMidnight(t *testing.T) {
	const day = uint64(1580360400_000_000_000)
	times := []uint64{34_200_000_000_000, 34_200_000_000_000, 34_200_000_000_001, 86_399_999_999_999, 5, 34_200_000_000_000}
	want := []uint64{day + times[0], day + times[2], day + times[3], day + 86_400e9 + 5, day + 86_400e9 + times[5]}
	var msgs [][]byte
	for _, ns := range times {
		msgs = append(msgs, itch('A', 36, ns))
	}
	got, warnings, _, err := readAll(t, Options{}, write(t, "01302020.itch50", binaryBytes(msgs)))
	if err != nil || len(warnings) > 0 || len(got) != len(want)+1 {
		t.Fatal(err, warnings, len(got))
	}
	for i, ns := range want {
		if got[i].ts != ns {
			t.Errorf("datagram %d at %d, want %d", i, got[i].ts, ns)
		}
	}
}
