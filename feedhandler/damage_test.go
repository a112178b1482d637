package feedhandler_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"wirebook/book"
	"wirebook/feedhandler"
	"wirebook/feedhandler/sim"
	"wirebook/feedhandler/venue"
	"wirebook/feedhandler/venue/framing"
)

const frameHead = 14 + 20 + 8

// withPayload gives a frame another UDP payload, with its lengths right and no checksum.
func withPayload(frame, payload []byte) []byte {
	f := append(append([]byte(nil), frame[:frameHead]...), payload...)
	binary.BigEndian.PutUint16(f[16:], uint16(len(f)-14))
	binary.BigEndian.PutUint16(f[38:], uint16(len(f)-34))
	f[40], f[41] = 0, 0
	return f
}

// TestWhatIsNotWholeIsNotTaken: datagrams of line A that end too early, or too late, or carry nothing, do not take their
// numbers: line B's copies make the clean day.
func TestWhatIsNotWholeIsNotTaken(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			header := map[sim.Encoding]int{sim.ITCH50: 20, sim.Deep: 40, sim.DeepPlus: 40, sim.MDP3: 12}[encoding]
			for seed := uint64(1); seed <= seeds(t)/10; seed++ {
				r := rand.New(rand.NewPCG(seed, 7))
				clean, harmed := simPipeline(t, encoding, 1), simPipeline(t, encoding, 2)
				sink := into(harmed)
				damaged := uint64(0)
				day(t, encoding, seed, sim.WireConfig{Lines: []sim.LineConfig{{}, {DelayNS: 5000}}, Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
					payload := append([]byte(nil), frame[frameHead:]...)
					if lineA := frame[31] == 10 && frame[32] == 1; lineA && len(payload) > header && r.IntN(4) == 0 {
						damaged++
						switch r.IntN(4) {
						case 0:
							payload = payload[:header]
						case 1:
							payload = payload[:len(payload)-1-r.IntN(min(8, len(payload)-header))]
						case 2:
							payload = append(payload, 0)
						default:
							payload = append(payload, make([]byte, 1+r.IntN(9))...)
						}
						frame = withPayload(frame, payload)
					}
					return sink.WriteFrame(ts, frame)
				})}, into(clean))
				clean.End()
				harmed.End()
				c := harmed.Channels()[0]
				counted := uint64(0)
				for _, n := range c.Framing {
					counted += n
				}
				if want, have := content(clean), content(harmed); want != have || counted != damaged {
					t.Fatalf("seed %d: %d damaged, %v:\nclean  %s\nharmed %s", seed, damaged, c.Faults(), want, have)
				}
			}
		})
	}
}

// TestUndecodedMessagesMakeBooksDoubtful: where messages are cut short, emptied or made longer inside whole datagrams, every
// book that is not the clean day's says so; and where only single instruments were hit, not all books do.
func TestUndecodedMessagesMakeBooksDoubtful(t *testing.T) {
	for _, encoding := range sim.Encodings {
		t.Run(string(encoding), func(t *testing.T) {
			wrong, healthy := 0, 0
			for seed := uint64(1); seed <= seeds(t)/4; seed++ {
				r := rand.New(rand.NewPCG(seed, 9))
				clean, harmed := simPipeline(t, encoding, 1), simPipeline(t, encoding, 1)
				split := venue.Find(feedOf[encoding]).NewFraming()
				into1, into2 := into(clean), into(harmed)
				frames := 0
				hit := 20 + r.IntN(150) // which datagram
				day(t, encoding, seed, sim.WireConfig{Lines: make([]sim.LineConfig, 1), Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
					if err := into1.WriteFrame(ts, frame); err != nil {
						return err
					}
					if frames++; frames == hit {
						frame = withPayload(frame, spoil(r, encoding, split, frame[frameHead:]))
					}
					return into2.WriteFrame(ts, frame)
				})}, nil)
				clean.End()
				harmed.End()
				a, b := clean.Channels()[0], harmed.Channels()[0]
				for i := 1; i < a.Directory().Len(); i++ {
					id := a.Directory().At(uint32(i)).ID
					at := indexOf(b, id)
					if at == 0 || sameBook(a, uint32(i), b, at) {
						if at != 0 && !b.Doubtful(at) {
							healthy++
						}
						continue
					}
					wrong++
					if !b.Doubtful(at) {
						t.Fatalf("seed %d: the book of %d is wrong and looks healthy (%v)", seed, id, b.Faults())
					}
				}
			}
			if wrong == 0 || healthy == 0 {
				t.Errorf("%d books wrong and %d healthy: the test proves nothing", wrong, healthy)
			}
		})
	}
}

// spoil cuts, empties or lengthens one message of a datagram, which stays whole.
func spoil(r *rand.Rand, encoding sim.Encoding, split venue.Framing, payload []byte) []byte {
	var h framing.Header
	if split.Header(payload, &h) != framing.FaultNone {
		return payload
	}
	spans, _ := split.Split(nil, payload, &h)
	if len(spans) == 0 {
		return payload
	}
	victim := r.IntN(len(spans))
	out := append([]byte(nil), payload[:h.Body]...)
	for i, s := range spans {
		msg := append([]byte(nil), payload[s.Off:int(s.Off)+int(s.Len)]...)
		if i == victim {
			switch r.IntN(3) {
			case 0:
				msg = msg[:r.IntN(len(msg))]
			case 1:
				msg = msg[:len(msg)-1]
			default:
				if encoding == sim.ITCH50 {
					msg = append(msg, 1, 2, 3)
				} else {
					msg = msg[:len(msg)/2]
				}
			}
		}
		switch encoding {
		case sim.ITCH50:
			out = append(binary.BigEndian.AppendUint16(out, uint16(len(msg))), msg...)
		case sim.MDP3:
			if len(msg) < 10 {
				msg = append(msg, make([]byte, 10-len(msg))...)
			}
			binary.LittleEndian.PutUint16(msg, uint16(len(msg)))
			out = append(out, msg...)
		default:
			out = append(binary.LittleEndian.AppendUint16(out, uint16(len(msg))), msg...)
		}
	}
	if encoding == sim.Deep || encoding == sim.DeepPlus {
		binary.LittleEndian.PutUint16(out[12:], uint16(len(out)-40))
	}
	return out
}

func indexOf(c *feedhandler.Channel, id uint32) uint32 {
	for i := 1; i < c.Directory().Len(); i++ {
		if c.Directory().At(uint32(i)).ID == id {
			return uint32(i)
		}
	}
	return 0
}

func sameBook(a *feedhandler.Channel, i uint32, b *feedhandler.Channel, k uint32) bool {
	var bidsA, asksA, bidsB, asksB [10]book.Level
	nbA, naA := a.Books().Depth(i, &bidsA, &asksA)
	nbB, naB := b.Books().Depth(k, &bidsB, &asksB)
	return nbA == nbB && naA == naB && bidsA == bidsB && asksA == asksB
}

// TestWhatBeginsAgainIsWholeToo: the venue numbers anew from 1 under the same session. The first datagrams of line A, whose
// numbers are below the sequence and wait until another line says the same, are cut: line B's copies make the clean day.
func TestWhatBeginsAgainIsWholeToo(t *testing.T) {
	sendTime := map[sim.Encoding]func(payload []byte) []byte{
		sim.MDP3: func(p []byte) []byte { return p[4:12] },
		sim.Deep: func(p []byte) []byte { return p[32:40] },
	}
	const hour = 3_600_000_000_000
	for encoding, at := range sendTime {
		t.Run(string(encoding), func(t *testing.T) {
			twice := func(lines int, harm bool) *feedhandler.Pipeline {
				p := simPipeline(t, encoding, lines)
				sink := into(p)
				for again := range uint64(2) {
					cut := 0
					day(t, encoding, 3, sim.WireConfig{Lines: []sim.LineConfig{{}, {DelayNS: 5000}}[:lines], Merged: sim.SinkFunc(func(ts uint64, frame []byte) error {
						payload := append([]byte(nil), frame[frameHead:]...)
						sent := at(payload)
						binary.LittleEndian.PutUint64(sent, binary.LittleEndian.Uint64(sent)+again*hour)
						if harm && again == 1 && frame[32] == 1 && cut < 5 && len(payload) > 60 {
							cut++
							payload = payload[:len(payload)-1]
						}
						return sink.WriteFrame(ts+again*hour, withPayload(frame, payload))
					})}, nil)
				}
				p.End()
				return p
			}
			clean, harmed := twice(1, false), twice(2, true)
			c := harmed.Channels()[0]
			if c.Arbitration().Resets != 1 {
				t.Fatalf("%d resets: the test proves nothing", c.Arbitration().Resets)
			}
			if want, have := clean.Channels()[0].Messages, c.Messages; want != have || content(clean) != content(harmed) {
				t.Fatalf("%d messages of %d, %v:\nclean  %s\nharmed %s", have, want, c.Faults(), content(clean), content(harmed))
			}
		})
	}
}
