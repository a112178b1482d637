package bench

import (
	"wirebook/feedhandler"
	"wirebook/ptp"
	"wirebook/shm"
)

// burstPackets is how many packets a receive burst has.
const burstPackets = 32

// variant is one way to run the whole path.
type variant struct {
	note    string // appended to the input's name
	schemas []shm.Schema
	latest  uint32
	digests bool
}

var variants = []variant{
	{"", []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1}, 0, false},
	{", digests", []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1}, 0, true},
	{", all schemas", []shm.Schema{shm.SchemaMBO, shm.SchemaMBP1, shm.SchemaMBP10, shm.SchemaTrades, shm.SchemaAdmin}, 1 << 14, true},
}

func (v *variant) output(r *rings) func(*feedhandler.ChannelConfig) {
	p := &places{of: map[uint64]uint32{}}
	return func(c *feedhandler.ChannelConfig) {
		for _, s := range v.schemas {
			c.Output.Rings[s] = r.Writer(s, 0)
		}
		c.Output.Marks = r.marks
		c.NoDigests = !v.digests
		if v.latest > 0 {
			c.Output.Latest, c.Output.Instruments = r.Latest, p
		}
	}
}

// feed is the edge: every frame of the input, the end of a burst now and then.
func feed(in *Input, pipe *feedhandler.Pipeline, lap func(packets int)) {
	var p packet
	n := 0
	for at := 0; at < in.arena.used; {
		at = in.arena.next(at, &p)
		in.arena.ask(at)
		pipe.OnFrame(p.frame, ptp.Stamp{NS: p.ns, Source: ptp.SourceCapture})
		if n++; n&(burstPackets-1) == 0 {
			pipe.Flush()
			if n == lapPackets {
				lap(n)
				n = 0
			}
		}
	}
	pipe.End()
}

func messagesOf(pipe *feedhandler.Pipeline) (n uint64) {
	for _, c := range pipe.Channels() {
		n += c.Messages
	}
	return n
}

// path is frames in memory to records in rings that nobody reads.
func (b *bencher) path(in *Input) error {
	for i := range variants {
		v := &variants[i]
		if err := b.pathOf(in, v); err != nil {
			return err
		}
	}
	return nil
}

func (b *bencher) pathOf(in *Input, v *variant) error {
	r, err := newRings(b.slots(), v.latest, v.schemas...)
	if err != nil {
		return err
	}
	defer r.close()
	s := Stage{Name: "path", Input: in.Name + v.note}
	err = b.repeat(in, &s, func() (func(*meter), error) {
		pipe, err := newPipeline(in, v.output(r))
		return func(m *meter) {
			feed(in, pipe, func(packets int) {
				n := messagesOf(pipe)
				m.lap(int(n - m.seen))
				m.seen = n
			})
			m.seen = 0
		}, err
	})
	if err != nil {
		return err
	}
	s.Records = r.published()
	s.NSPerRecord = round(s.NSPerMessage * float64(s.Messages) / float64(max(s.Records, 1)))
	b.stage(s, "load", s.NSPerMessage)
	return nil
}
