package feedhandler_test

import (
	"net/netip"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/ptp"
	"wirebook/shm"
)

// arrived is a frame with what is to become of it.
type arrived struct {
	frame []byte
	stamp ptp.Stamp
	fault feedhandler.WireFault // where checksums are validated
	lax   feedhandler.WireFault // where they are not
}

// sharedGroup is what three senders send to one group and port, all of them whole and in order: two of them are of the
// channels, the second behind a VLAN tag. Every third frame comes again with a damaged payload.
func sharedGroup(t *testing.T) (frames []arrived) {
	t.Helper()
	for i, sender := range sharedSenders {
		line := sim.LineConfig{Source: netip.AddrPortFrom(sender, 30001), Group: netip.MustParseAddrPort("239.10.1.1:26477")}
		fault := feedhandler.WireOK
		switch i {
		case 1:
			line.VLAN = 142
		case 2:
			fault = feedhandler.WireUnrouted
		}
		n := 0
		day(t, sim.ITCH50, uint64(i+1), sim.WireConfig{Lines: []sim.LineConfig{line}, Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
			stamp := ptp.Stamp{NS: ts, Source: ptp.Source(n % int(ptp.SourceCount))}
			frame = append([]byte(nil), frame...)
			frames = append(frames, arrived{frame, stamp, fault, fault})
			if n++; n%3 == 0 {
				damaged := append([]byte(nil), frame...)
				damaged[len(damaged)-1] ^= 0x10
				frames = append(frames, arrived{damaged, stamp, feedhandler.WireUDPChecksum, fault})
				damaged = append([]byte(nil), frame...)
				damaged[6] = 7 // the sender's MAC is in no checksum: a duplicate
				frames = append(frames, arrived{damaged, stamp, fault, fault})
			}
			return nil
		})}, nil)
	}
	cut := frames[0].frame[:40]
	return append(frames, arrived{cut, frames[0].stamp, feedhandler.WireIPTotalLength, feedhandler.WireIPTotalLength})
}

var sharedSenders = []netip.Addr{netip.MustParseAddr("10.10.1.1"), netip.MustParseAddr("10.10.1.2"), netip.MustParseAddr("10.10.1.3")}

func sharedPipeline(t *testing.T, checksums bool) *feedhandler.Pipeline {
	t.Helper()
	cfg := feedhandler.Config{Checksums: checksums}
	for i := range 2 {
		cfg.Channels = append(cfg.Channels, feedhandler.ChannelConfig{
			Name: sharedSenders[i].String(), Feed: venue.Find("nasdaq.itch50"),
			Lines:   []feedhandler.LineConfig{{Name: "A", Group: simLines[0].Group, Port: simLines[0].Port, Source: 0x0A0A0101 + uint32(i), VLAN: uint16(i) * 142}},
			Options: venue.Options{MaxInstruments: 63}, Books: book.Config{MaxOrders: 1 << 12, MaxLevels: 1 << 10},
		})
	}
	p, err := feedhandler.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestAFrameIsItsDatagram: a frame goes where its datagram would, by destination and sender, is counted alike, and is
// refused alike.
func TestAFrameIsItsDatagram(t *testing.T) {
	frames := sharedGroup(t)
	for _, checksums := range []bool{false, true} {
		whole, parsed := sharedPipeline(t, checksums), sharedPipeline(t, checksums)
		var wire [feedhandler.WireFaultCount]uint64
		var stamps [ptp.SourceCount]uint64
		for _, f := range frames {
			whole.OnFrame(f.frame, f.stamp)
			var d feedhandler.Datagram
			if fault := feedhandler.ParseFrame(f.frame, checksums, &d); fault == feedhandler.WireOK {
				parsed.OnDatagram(&d, f.stamp)
			} else {
				parsed.Wire[fault]++
			}
			want := f.lax
			if checksums {
				want = f.fault
			}
			wire[want]++
			if want == feedhandler.WireOK {
				stamps[f.stamp.Source]++
			}
		}
		whole.End()
		parsed.End()
		for how, p := range map[string]*feedhandler.Pipeline{"frames": whole, "datagrams": parsed} {
			if p.Wire != wire {
				t.Errorf("checksums %v, by %s: counted %v, want %v", checksums, how, p.Wire, wire)
			}
			if p.Stamps != stamps {
				t.Errorf("checksums %v, by %s: stamps %v, want %v", checksums, how, p.Stamps, stamps)
			}
		}
		for i, c := range whole.Channels() {
			other := parsed.Channels()[i]
			if c.Messages != other.Messages || c.Messages < 500 {
				t.Errorf("checksums %v, %s: %d messages by frames, %d by datagrams", checksums, c.Name(), c.Messages, other.Messages)
			}
			for s := shm.Schema(0); s < shm.SchemaCount; s++ {
				if c.Digest(s) != other.Digest(s) {
					t.Errorf("checksums %v, %s: %s is %+v by frames, %+v by datagrams", checksums, c.Name(), s, c.Digest(s), other.Digest(s))
				}
			}
		}
	}
}
