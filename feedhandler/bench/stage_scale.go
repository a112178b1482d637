package bench

import (
	"fmt"

	"wirebook/feedhandler"
	"wirebook/shm"
)

// scale runs the whole path on one core, then on two at once, a channel each. The ratio is how many times one worker's
// work two did, by CPU time: what they take from each other is memory.
func (b *bencher) scale(in *Input) error {
	alone, _, err := b.workers(in, b.o.CPU[:1])
	if err != nil {
		return err
	}
	both, m, err := b.workers(in, b.o.CPU[:2])
	if err != nil {
		return err
	}
	again, _, err := b.workers(in, b.o.CPU[:1])
	if err != nil {
		return err
	}
	alone[0] = (alone[0] + again[0]) / 2 // before and after: the machine's mood drifts
	s := Stage{Name: "scale", Input: in.Name + ", two workers", Messages: 2 * in.Messages, Packets: 2 * in.Packets}
	s.NSPerMessage = round((both[0] + both[1]) / 2)
	s.NSPerPacket = round(s.NSPerMessage * float64(in.Messages) / float64(in.Packets))
	s.Allocs = perUnit(m.mallocs, s.Messages)
	b.floor("one-worker", alone[0], "the whole path by one worker, a message")
	s.Floor, s.FloorNS = "one-worker", round(alone[0])
	s.Ratio = round(alone[0]/both[0] + alone[0]/both[1])
	s.Note = fmt.Sprintf("two workers do %.2f times the work of one", s.Ratio)
	b.stage(s, "", 0)
	return nil
}

// workers runs the path at the same time on every core and returns each one's ns per message.
func (b *bencher) workers(in *Input, cores []int) ([]float64, *meter, error) {
	type worker struct {
		pipe  *feedhandler.Pipeline
		rings *rings
		err   error
	}
	list := make([]worker, len(cores))
	for i := range list {
		w := &list[i]
		var err error
		if w.rings, err = newRings(b.slots(), 0, shm.SchemaMBO, shm.SchemaMBP1); err != nil {
			return nil, nil, err
		}
		defer w.rings.close()
		if w.pipe, err = newPipeline(in, variants[0].output(w.rings)); err != nil {
			return nil, nil, err
		}
	}
	took := make([]float64, len(list))
	run := func(i int) {
		cpu := threadCPU()
		feed(in, list[i].pipe, func(int) {})
		took[i] = float64(threadCPU()-cpu) / float64(max(messagesOf(list[i].pipe), 1))
	}
	ready, done := make(chan struct{}), make(chan struct{})
	for i := 1; i < len(list); i++ {
		go func() {
			defer func() { done <- struct{}{} }()
			unpin, err := pin(cores[i])
			ready <- struct{}{}
			if list[i].err = err; err != nil {
				return
			}
			defer unpin()
			run(i)
		}()
		<-ready
	}
	m := b.meter()
	m.start()
	run(0)
	for i := 1; i < len(list); i++ {
		<-done
	}
	m.stop()
	for i := range list {
		if list[i].err != nil {
			return nil, nil, list[i].err
		}
	}
	return took, m, nil
}
