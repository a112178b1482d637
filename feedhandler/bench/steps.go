package bench

// step is one thing to measure.
type step struct {
	what string
	do   func() error
}

// steps lists a run: the machine's floors in any case, and before the stages that are held against a floor that floor once
// more, for the same minute.
func (b *bencher) steps() []step {
	var list []step
	add := func(names []string, what string, do func() error) {
		if b.wants(names...) {
			list = append(list, step{what, do})
		}
	}
	stage := func(name string, inputs []*Input, do func(*Input) error) {
		for _, in := range inputs {
			add([]string{name}, name+" "+in.Name, func() error { return do(in) })
		}
	}
	first := b.inputs[:1]
	mold := b.inputs[0].Profile == "nasdaq.itch50"

	add([]string{"walk", "demux", "arbitrate", "duplicate"}, "walk", func() error { return b.walk(b.inputs[0]) })
	stage("demux", first, b.demux)
	add([]string{"arbitrate", "duplicate"}, "arbitrate", func() error { return b.arbitrate(b.inputs[0]) })
	if mold {
		list = append(list, step{"floors of the wire", func() error { b.wireFloors(b.inputs[0]); return nil }})
	} else {
		b.o.Note("the floors framing and decode are of MoldUDP64 and ITCH 5.0: " + b.inputs[0].Profile + " has neither")
	}
	stage("decode", b.inputs, b.decode)
	for _, s := range []struct {
		name string
		do   func(*Input) error
	}{{"book", b.book}, {"book-single", b.bookSingle}, {"path", b.path}} {
		add([]string{s.name}, "floor of memory", b.memoryFloors)
		stage(s.name, b.inputs, s.do)
	}
	if !b.wants("book", "book-single", "path") {
		list = append(list, step{"floor of memory", b.memoryFloors})
	}
	add([]string{"publish"}, "publish", b.publish)
	if len(b.o.CPU) >= 2 {
		list = append(list, step{"floor between the cores", b.lineFloor})
	}
	if len(b.o.CPU) < 2 || len(b.o.Child) == 0 {
		if b.wants("ring-rtt", "ring-stream", "ring-fanout", "paced", "scale") {
			b.o.Note("one core, or no way to start a second process: ring-rtt, ring-stream, ring-fanout, paced and scale are left out")
		}
		return list
	}
	add([]string{"ring-rtt"}, "ring-rtt", b.ringRTT)
	add([]string{"ring-stream"}, "ring-stream", b.ringStream)
	add([]string{"ring-fanout"}, "ring-fanout", b.ringFanout)
	stage("paced", first, b.paced)
	stage("scale", first, b.scale)
	return list
}

// memoryFloors times dependent loads and copies.
func (b *bencher) memoryFloors() error {
	if b.chain == nil {
		var err error
		if b.chain, err = newChain(); err != nil {
			return err
		}
	}
	c := b.chain
	c.run(1 << 16)
	n := b.scaled(2_000_000)
	cpu := threadCPU()
	c.run(n)
	b.floor("load", float64(threadCPU()-cpu)/float64(n), "one load that waits for the one before, at random over 64 MB in huge pages")
	sink.sum += c.at
	c.copied() // the first time touches the pages
	cpu = threadCPU()
	bytes := c.copied()
	b.floor("memcpy", float64(threadCPU()-cpu)/float64(bytes/64), "copying 64 bytes, from 64 MB to another 64 MB")
	return nil
}
