package main

import (
	"encoding/binary"
	"fmt"
	"time"

	"wirebook/afxdp"
)

// sender sends numbered UDP packets down one pair by AF_XDP.
type sender struct {
	umem  *afxdp.UMEM
	sock  *afxdp.Socket
	batch *afxdp.TxBatch
	frame []byte
	clock clock
}

func newSender(p *pair, size int, c clock) (s *sender, err error) {
	s = &sender{batch: afxdp.NewTxBatch(batchSize / 2), frame: udpFrame(p, size), clock: c}
	if s.umem, err = afxdp.NewUMEM(afxdp.UMEMOptions{Frames: 1024, FrameBytes: frameBytes}); err != nil {
		return nil, err
	}
	err = p.txNS.do(func() (err error) {
		s.sock, err = afxdp.Open(afxdp.Options{Ifindex: p.txIndex, UMEM: s.umem, RXFrames: -1, TXFrames: 1024})
		return err
	})
	return s, err
}

func (s *sender) close() {
	if s.sock != nil {
		_ = s.sock.Close()
	}
	_ = s.umem.Close()
}

// fill sends count packets as they go.
func (s *sender) fill(count int) error {
	for sent, deadline := 0, time.Now().Add(10*time.Second); sent < count; {
		n := s.sock.Reserve(s.batch, min(batchSize/2, count-sent))
		for i := range n {
			s.put(i, uint64(sent+i), 0)
		}
		if err := s.sock.Submit(s.batch, n); err != nil {
			return err
		}
		if sent += n; n == 0 {
			if err := s.sock.Flush(time.Second); err != nil {
				return err
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("only %d of %d packets were sent in 10 s", sent, count)
		}
	}
	return s.sock.Flush(time.Second)
}

// pace sends count packets, one each interval, stamped as they leave.
func (s *sender) pace(count int, interval uint64) error {
	due := s.clock.now() + 50*interval
	for k := range count {
		if s.sock.Reserve(s.batch, 1) == 0 {
			return fmt.Errorf("no frame is free to send packet %d in", k)
		}
		now := s.clock.now()
		for now < due {
			now = s.clock.now()
		}
		s.put(0, uint64(k), now)
		if err := s.sock.Submit(s.batch, 1); err != nil {
			return err
		}
		due += interval
	}
	return s.sock.Flush(time.Second)
}

func (s *sender) put(i int, number, ns uint64) {
	binary.LittleEndian.PutUint64(s.frame[payloadAt:], number)
	binary.LittleEndian.PutUint64(s.frame[payloadAt+8:], ns)
	s.batch.Put(i, s.frame)
}

const payloadAt = 14 + 20 + 8

// udpFrame is a packet to the pair's receiver, without a UDP checksum.
func udpFrame(p *pair, size int) []byte {
	f := make([]byte, size)
	copy(f, p.rxMAC)
	copy(f[6:], p.txMAC)
	binary.BigEndian.PutUint16(f[12:], 0x0800)
	ip := f[14:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	binary.BigEndian.PutUint16(ip[2:], uint16(size-14))
	copy(ip[12:], txAddress[:])
	copy(ip[16:], rxAddress[:])
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	sum = sum&0xffff + sum>>16
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum&0xffff+sum>>16))
	binary.BigEndian.PutUint16(f[34:], port)
	binary.BigEndian.PutUint16(f[36:], port)
	binary.BigEndian.PutUint16(f[38:], uint16(size-34))
	return f
}

// headerSum is what a receiver of frames adds up of each packet besides its number.
func headerSum(f []byte) uint64 {
	return uint64(binary.LittleEndian.Uint16(f[12:])) + uint64(binary.LittleEndian.Uint32(f[30:])) + uint64(binary.LittleEndian.Uint16(f[36:]))
}
