package xdpsend

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/safchain/ethtool"

	"wirebook/afxdp"
)

const (
	batchFrames = 64
	queueFrames = 512 // a power of two
	frameBytes  = 4096

	takenWithin = time.Second           // a device that takes nothing for so long takes nothing
	tryEvery    = 10 * time.Millisecond // to open again what refused
)

// Sender sends datagrams in batches. It belongs to one goroutine.
type Sender struct {
	o       Options
	headers headers
	mtu     int
	umem    *afxdp.UMEM
	queues  []*queue
	places  map[uint64]*queue // by destination
	next    int               // queue of the next destination or packet

	down    error // why the sockets are closed
	tryNext time.Time
}

// queue is one of the NIC's, with packets on their way out.
type queue struct {
	number  int
	sock    *afxdp.Socket
	batch   *afxdp.TxBatch
	written int // frames of the batch that are written
	owners  [queueFrames]*uint64
	at      uint32 // frames written, ever: owners[at%queueFrames] is the next frame's
}

// Open makes a socket on each queue. The interface must be up and have an IPv4 address, which becomes the source.
func Open(o Options) (*Sender, error) {
	ifi, err := net.InterfaceByName(o.Interface)
	if err != nil {
		return nil, fmt.Errorf("send by AF_XDP: no interface %q here (ip -br link shows those there are): %w", o.Interface, err)
	}
	fail := func(err error) (*Sender, error) { return nil, fmt.Errorf("send by AF_XDP on %s: %w", o.Interface, err) }
	if len(ifi.HardwareAddr) != 6 {
		return fail(errors.New("it is not an Ethernet interface"))
	}
	if o.TTL == 0 {
		o.TTL = 1
	}
	if o.TTL < 0 || o.TTL > 255 {
		return fail(fmt.Errorf("a TTL of %d: must be 1 to 255", o.TTL))
	}
	source, err := address(ifi)
	if err != nil {
		return fail(err)
	}
	if o.Queues == nil {
		o.Queues = sendQueues(o.Interface)
	}
	s := &Sender{o: o, headers: newHeaders([6]byte(ifi.HardwareAddr), source, o.TTL, o.Checksums), mtu: ifi.MTU, places: map[uint64]*queue{}}
	for _, n := range o.Queues {
		for _, q := range s.queues {
			if q.number == n {
				return fail(fmt.Errorf("queue %d is named twice", n))
			}
		}
		s.queues = append(s.queues, &queue{number: n, batch: afxdp.NewTxBatch(batchFrames)})
	}
	if len(s.queues) == 0 {
		return fail(errors.New("no queue is named"))
	}
	if s.umem, err = afxdp.NewUMEM(afxdp.UMEMOptions{Frames: len(s.queues) * queueFrames, FrameBytes: frameBytes}); err != nil {
		return fail(err)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.umem.Close())
	}
	return s, nil
}

// open opens every queue's socket, or none. The interface may be another than last time.
func (s *Sender) open() error {
	ifi, err := net.InterfaceByName(s.o.Interface)
	if err != nil {
		return fmt.Errorf("send by AF_XDP: %s is gone: %w", s.o.Interface, err)
	}
	s.mtu = ifi.MTU
	for _, q := range s.queues {
		q.sock, err = afxdp.Open(afxdp.Options{
			Ifindex: ifi.Index, Queue: q.number, UMEM: s.umem, Mode: afxdp.ModeNativeCopy, RXFrames: -1, TXFrames: queueFrames,
			MultiBuffer: ethernetBytes+ifi.MTU > frameBytes,
		})
		if err != nil {
			return errors.Join(err, s.shut())
		}
		q.batch, q.written = afxdp.NewTxBatch(batchFrames), 0
	}
	s.down = nil
	return nil
}

// shut closes what is open.
func (s *Sender) shut() error {
	var errs []error
	for _, q := range s.queues {
		if q.sock != nil {
			errs = append(errs, q.sock.Close())
			q.sock = nil
		}
	}
	return errors.Join(errs...)
}

// address returns the interface's first IPv4 address.
func address(ifi *net.Interface) (uint32, error) {
	addrs, err := ifi.Addrs()
	if err != nil {
		return 0, err
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			if ip := n.IP.To4(); ip != nil {
				return binary.BigEndian.Uint32(ip), nil
			}
		}
	}
	return 0, fmt.Errorf("it has no IPv4 address to send from (ip addr add 10.0.0.1/24 dev %s)", ifi.Name)
}

// sendQueues lists the queues the interface sends with.
func sendQueues(name string) []int {
	n := 1
	if tool, err := ethtool.NewEthtool(); err == nil {
		defer tool.Close()
		if c, err := tool.GetChannels(name); err == nil {
			n = max(int(c.TxCount+c.CombinedCount), 1)
		}
	}
	queues := make([]int, n)
	for i := range queues {
		queues[i] = i
	}
	return queues
}

// String says by what is sent.
func (s *Sender) String() string {
	by := "a destination a queue"
	if s.o.Spread == ByPacket {
		by = "packets in turn"
	}
	return fmt.Sprintf("%s, queues %v, %s", s.o.Interface, s.o.Queues, by)
}

// Send queues a datagram, and sends the queue when it is full. failed counts what is refused, now or later.
func (s *Sender) Send(group uint32, port uint16, payload []byte, failed *uint64) error {
	q, err := s.accept(group, port, payload)
	if err != nil {
		*failed++
		return err
	}
	frame := q.batch.Frame(q.written)
	s.headers.write(frame, group, port, payload)
	n := copy(frame[headerBytes:], payload)
	q.own(headerBytes+n, failed)
	for payload = payload[n:]; len(payload) > 0; payload = payload[n:] {
		q.batch.SetMore(q.written-1, true)
		n = copy(q.batch.Frame(q.written), payload)
		q.own(n, nil) // counted with its packet's first frame
	}
	if q.written == batchFrames {
		return s.submit(q)
	}
	return nil
}

// accept finds the queue of a datagram, with room for it.
func (s *Sender) accept(group uint32, port uint16, payload []byte) (*queue, error) {
	if group>>28 != 0xE {
		return nil, ErrNotMulticast
	}
	if s.down != nil {
		if time.Now().Before(s.tryNext) {
			return nil, s.down
		}
		if err := s.open(); err != nil {
			s.rest(err)
			return nil, err
		}
	}
	if most := s.mtu - ipv4Bytes - udpBytes; len(payload) > most {
		return nil, fmt.Errorf("a datagram of %d bytes is longer than %d, which the MTU of %s leaves", len(payload), most, s.o.Interface)
	}
	q := s.place(group, port)
	parts := 1 + (headerBytes+len(payload)-1)/frameBytes
	if q.batch.Len()-q.written < parts {
		return q, s.room(q, parts)
	}
	return q, nil
}

// own ends the frame being written: its length, and whose it is.
func (q *queue) own(n int, failed *uint64) {
	q.batch.SetLen(q.written, n)
	q.owners[q.at%queueFrames] = failed
	q.at++
	q.written++
}

// place returns the queue of a datagram.
func (s *Sender) place(group uint32, port uint16) *queue {
	if s.o.Spread == ByDestination {
		key := uint64(group)<<16 | uint64(port)
		q := s.places[key]
		if q == nil {
			q = s.turn()
			s.places[key] = q
		}
		return q
	}
	return s.turn()
}

func (s *Sender) turn() *queue {
	q := s.queues[s.next]
	s.next = (s.next + 1) % len(s.queues)
	return q
}

// room makes room for a datagram in the batch, sending what is there when it must.
func (s *Sender) room(q *queue, parts int) error {
	if q.batch.Len() == batchFrames && q.written > 0 {
		if err := s.submit(q); err != nil {
			return err
		}
	}
	var end time.Time
	for q.sock.Reserve(q.batch, batchFrames)-q.written < parts {
		now := time.Now()
		if end.IsZero() {
			end = now.Add(takenWithin)
		}
		if now.After(end) {
			return s.refuse(fmt.Errorf("send by AF_XDP on %s queue %d: the device has not sent a frame for %v", s.o.Interface, q.number, takenWithin))
		}
		if err := s.submit(q); err != nil {
			return err
		}
		time.Sleep(20 * time.Microsecond)
	}
	return nil
}

// submit hands what is written to the kernel, and what it has not taken before.
func (s *Sender) submit(q *queue) error {
	if q.written == 0 && q.sock.TxPending() == 0 {
		return nil
	}
	n := q.written
	q.written = 0
	if err := q.sock.Submit(q.batch, n); err != nil {
		return s.refuse(err)
	}
	return nil
}

// Flush sends what is queued, and returns when the kernel has taken it. The error is the last refusal.
func (s *Sender) Flush() error {
	if s.down != nil {
		return nil // told when it was refused
	}
	for _, q := range s.queues {
		if err := s.submit(q); err != nil {
			return err
		}
	}
	for _, q := range s.queues {
		if q.sock.TxPending() == 0 {
			continue
		}
		if err := q.sock.Flush(takenWithin); err != nil {
			return s.refuse(err)
		}
	}
	return nil
}

// refuse counts every datagram the kernel has not taken, and closes the sockets so that none of them is sent late.
func (s *Sender) refuse(why error) error {
	for _, q := range s.queues {
		for n := uint32(q.sock.TxPending() + q.written); n > 0; n-- {
			if owner := q.owners[(q.at-n)%queueFrames]; owner != nil {
				*owner++
			}
		}
		q.written = 0
	}
	s.rest(errors.Join(why, s.shut()))
	return why
}

func (s *Sender) rest(why error) { s.down, s.tryNext = why, time.Now().Add(tryEvery) }

// Close sends what is queued and closes the sockets.
func (s *Sender) Close() error { return errors.Join(s.Flush(), s.shut(), s.umem.Close()) }
