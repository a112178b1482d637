package venuesim

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"time"
)

// snapshotLoop tells the books again and again, each cycle from packet 1. An instrument's image is taken when its turn comes, so
// the images of one cycle are of different moments.
func (p *post) snapshotLoop() {
	active := func(f *cmeFuture) bool { return f.active }
	p.loop(p.cfg.SnapshotGroups, active, func(d *day, f Fault, send func(b []byte) bool) {
		books, last := d.cme()
		if f == Stale {
			old, at := d.old()
			books, last = old.(*cmeBooks), at
		}
		var ids []int32
		d.mu.Lock()
		for _, x := range books.futures {
			if x.active {
				ids = append(ids, x.id)
			}
		}
		d.mu.Unlock()
		total := uint32(len(ids))
		lost := p.dice.below(len(ids))
		for k, id := range ids {
			image := p.cmeImage(d, books, id)
			if image == nil || f != OldSession && p.today() != d { // a reset empties the loop at once
				return
			}
			switch f {
			case Stale:
				image.last = uint32(last)
			case Behind:
				image.last -= min(image.last, far)
			case Ahead:
				image.last += far
			case OffByOne:
				image.last++ // the next, where the last that is in is due
			case TotalChanges:
				if k == len(ids)/2 {
					total += 1 + uint32(p.dice.below(3))
				}
			}
			image.sort()
			if !send(appendSnapshot(appendMDPPacket(nil, 0, image.nowNS), image, total)) {
				return
			}
			list := chunks(image.alternating(), p.cfg.Market.PayloadBytes)
			for n, chunk := range list {
				if f == ChunkLost && k == lost && n == len(list)-1 {
					continue
				}
				if !send(appendSnapshotOrders(appendMDPPacket(nil, 0, image.nowNS), image, total, chunk, n+1, len(list))) {
					return
				}
			}
		}
	})
}

// definitionLoop tells every definition again and again, several in a packet.
func (p *post) definitionLoop() {
	all := func(*cmeFuture) bool { return true }
	p.loop(p.cfg.DefinitionGroups, all, func(d *day, f Fault, send func(b []byte) bool) {
		var list [][]byte
		books, _ := d.cme()
		d.mu.Lock()
		for _, x := range books.futures {
			list = append(list, slices.Clone(x.definition))
		}
		now := d.nowNS
		d.mu.Unlock()
		var b []byte
		for k, m := range list {
			total := uint32(len(list))
			if f == TotalChanges && k >= len(list)/2 {
				total++
			}
			binary.LittleEndian.PutUint32(m[mdpMessageBytes+1:], total)
			if len(b) > 0 && len(b)+len(m) > p.cfg.Market.PayloadBytes {
				if !send(b) {
					return
				}
				b = nil
			}
			if len(b) == 0 {
				b = appendMDPPacket(nil, 0, now)
			}
			b = append(b, m...)
		}
		if len(b) > 0 {
			send(b)
		}
	})
}

// cme returns the books and the number of the newest packet.
func (d *day) cme() (*cmeBooks, uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.books.(*cmeBooks), uint64(len(d.units))
}

// cmeImage copies an instrument when no event is half told; nil when the server closes first.
func (p *post) cmeImage(d *day, b *cmeBooks, id int32) *cmeImage {
	more, deaf := d.listen()
	defer deaf()
	for {
		d.mu.Lock()
		if b.whole() || d.ended {
			image := b.by[id].image()
			image.last, image.nowNS = uint32(len(d.units)), d.nowNS
			d.mu.Unlock()
			if image.depth == 0 {
				image.depth = p.cfg.Market.Depth
			}
			return image
		}
		d.mu.Unlock()
		select {
		case <-more:
		case <-p.ctx.Done():
			return nil
		}
	}
}

// loop sends cycles until the server closes, from when the day has an instrument that is told in them. cycle makes one, packet by
// packet, without their numbers; send is false when it must end.
func (p *post) loop(groups []netip.AddrPort, told func(f *cmeFuture) bool, cycle func(d *day, f Fault, send func(b []byte) bool)) {
	p.work.Go(func() {
		for p.ctx.Err() == nil {
			d := p.today()
			d.mu.Lock()
			some := slices.ContainsFunc(d.books.(*cmeBooks).futures, told)
			d.mu.Unlock()
			if !some {
				p.sleep(p.cfg.LoopPause)
				continue
			}
			f := p.dice.draw(d)
			if f == OldSession {
				d = d.before
			}
			out := newCycle(p, groups)
			switch f {
			case Silence, Refuse:
			case Hole, Duplicate, Shuffle, Lie, JoinMiddle, LoopRestarts:
				// What happens to the cycle as a whole happens to one that is made at once.
				var list [][]byte
				cycle(d, f, func(b []byte) bool {
					list = append(list, b)
					return p.ctx.Err() == nil
				})
				out.spoil(f, list)
			default:
				cycle(d, f, out.send)
			}
			p.request()
			if !p.sleep(p.cfg.LoopPause) {
				return
			}
		}
	})
}

// cycle numbers and paces the packets of one cycle.
type cycle struct {
	*post
	groups []netip.AddrPort
	number uint32
	start  time.Time
	sent   int
}

func newCycle(p *post, groups []netip.AddrPort) *cycle {
	return &cycle{post: p, groups: groups, start: time.Now()}
}

// send gives a packet the next number and sends it to every group.
func (c *cycle) send(b []byte) bool {
	c.number++
	binary.LittleEndian.PutUint32(b, c.number)
	return c.put(b)
}

// put sends a packet as it is, when its time has come.
func (c *cycle) put(b []byte) bool {
	if wait := time.Duration(c.sent)*time.Second/time.Duration(c.cfg.LoopRate) - time.Since(c.start); wait > grain && !c.sleep(wait) {
		return false
	}
	c.sent++
	for _, to := range c.groups {
		c.transmit.Lock()
		err := c.cfg.Transmit(to, b)
		c.transmit.Unlock()
		if err != nil {
			c.reason("write_failed")
			continue
		}
		c.answered(1, len(b))
	}
	return c.ctx.Err() == nil
}

// spoil sends a whole cycle with what the fault does to it.
func (c *cycle) spoil(f Fault, list [][]byte) {
	for i, b := range list {
		binary.LittleEndian.PutUint32(b, uint32(i+1))
	}
	n := len(list)
	if n == 0 {
		return
	}
	switch f {
	case Hole:
		list = slices.Delete(list, n/2, n/2+1)
	case Duplicate:
		list = slices.Insert(list, n/2, list[n/2])
	case Shuffle:
		for i := n - 1; i > 0; i-- {
			j := c.dice.below(i)
			list[i], list[j] = list[j], list[i]
		}
	case Lie:
		at := c.dice.below(n)
		list[at] = c.lie(list[at])
	case JoinMiddle:
		list = list[n/2:]
	case LoopRestarts:
		list = append(slices.Clone(list[:n/2]), list...)
	}
	for _, b := range list {
		if !c.put(b) {
			return
		}
	}
}

// plainTransmit is an ordinary UDP socket's.
func plainTransmit() (func(to netip.AddrPort, payload []byte) error, func(), error) {
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, nil, err
	}
	return func(to netip.AddrPort, payload []byte) error {
		_, err := conn.WriteToUDPAddrPort(payload, to)
		return err
	}, func() { conn.Close() }, nil
}
