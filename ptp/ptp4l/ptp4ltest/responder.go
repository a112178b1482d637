// Package ptp4ltest fakes a ptp4l: a management socket that answers from a script. It is for what a real daemon does not
// do on a test machine: following a grandmaster with a NIC's clock, and lying.
package ptp4ltest

import (
	"bytes"
	"encoding/binary"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/facebook/time/ptp/protocol"
)

// Script is what the fake daemon says. Change it through Responder.Set.
type Script struct {
	Identity      protocol.ClockIdentity
	Domain        uint8
	PortStates    []protocol.PortState
	Interface     string
	Timestamping  protocol.Timestamping
	OffsetNS      int64
	PathDelayNS   int64
	StepsRemoved  uint16
	Grandmaster   protocol.ClockIdentity
	ClockClass    protocol.ClockClass
	ClockAccuracy protocol.ClockAccuracy
	GMPresent     bool
	GMIdentity    protocol.ClockIdentity // in TIME_STATUS_NP; Grandmaster where 0
	IngressNS     int64
	SyncStalled   bool  // IngressNS stays, else it advances with every request
	TAIOffset     int16 // and the flags of TIME_PROPERTIES_DATA_SET
	TimeFlags     uint8

	Refuse map[protocol.ManagementID]protocol.ManagementErrorID // answered with an error status
	Mangle func(raw []byte, id protocol.ManagementID) []byte    // last change before sending; nil sends nothing
}

// Slave is the script of a healthy client of a good grandmaster.
func Slave() Script {
	return Script{
		Identity: 0x020000fffe000001, PortStates: []protocol.PortState{protocol.PortStateSlave}, Interface: "eth0",
		Timestamping: protocol.TimestampingHardware, OffsetNS: -12, PathDelayNS: 480, StepsRemoved: 1,
		Grandmaster: 0x0000aafffe0000aa, ClockClass: protocol.ClockClass6, ClockAccuracy: protocol.ClockAccuracyNanosecond100,
		GMPresent: true, IngressNS: 1_700_000_037_000_000_000, TAIOffset: 37, TimeFlags: FlagsTraceable,
	}
}

// FlagsTraceable says: TAI offset valid, PTP time scale, time and frequency traceable.
const FlagsTraceable = 4 | 8 | 16 | 32

// Responder is a running fake.
type Responder struct {
	Path string

	mu       sync.Mutex
	script   Script
	requests int
	conn     *net.UnixConn
}

// Start begins to answer at a socket in a temporary folder, until the test ends.
func Start(tb testing.TB, s Script) *Responder {
	tb.Helper()
	return StartAt(tb, filepath.Join(tb.TempDir(), "ptp4l"), s)
}

// StartAt is Start at a given path.
func StartAt(tb testing.TB, path string, s Script) *Responder {
	tb.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		tb.Fatal(err)
	}
	r := &Responder{Path: path, script: s, conn: conn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.serve(conn)
	}()
	tb.Cleanup(func() {
		conn.Close()
		<-done
	})
	return r
}

// Set changes the script.
func (r *Responder) Set(change func(*Script)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.script)
}

// Requests returns how many requests came.
func (r *Responder) Requests() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.requests
}

// Stop closes the socket; its file stays, as when a daemon is killed.
func (r *Responder) Stop() {
	r.conn.Close()
}

func (r *Responder) serve(conn *net.UnixConn) {
	buf := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFromUnix(buf)
		if err != nil {
			return
		}
		if n < 54 || from == nil {
			continue
		}
		sequence, id := binary.BigEndian.Uint16(buf[30:]), protocol.ManagementID(binary.BigEndian.Uint16(buf[52:]))
		r.mu.Lock()
		r.requests++
		s := r.script
		if !s.SyncStalled {
			r.script.IngressNS += 1_000_000
		}
		r.mu.Unlock()
		if buf[4] != s.Domain {
			continue // as ptp4l does
		}
		for _, raw := range s.answers(id, sequence) {
			if s.Mangle != nil {
				raw = s.Mangle(raw, id)
			}
			if raw != nil {
				conn.WriteToUnix(raw, from)
			}
		}
	}
}

func (s *Script) answers(id protocol.ManagementID, sequence uint16) (list [][]byte) {
	if code, refused := s.Refuse[id]; refused {
		var b [8]byte
		binary.BigEndian.PutUint16(b[:], uint16(code))
		binary.BigEndian.PutUint16(b[2:], uint16(id))
		return [][]byte{s.message(sequence, protocol.TLVManagementErrorStatus, b[:])}
	}
	one := func(v any) [][]byte {
		return [][]byte{s.message(sequence, protocol.TLVManagement, big(id, v))}
	}
	gm := s.GMIdentity
	if gm == 0 {
		gm = s.Grandmaster
	}
	switch id {
	case protocol.IDDefaultDataSet:
		t := protocol.DefaultDataSetTLV{NumberPorts: uint16(len(s.PortStates)), ClockIdentity: s.Identity, DomainNumber: s.Domain}
		return one(struct {
			A, B       uint8
			Ports      uint16
			P1         uint8
			Quality    protocol.ClockQuality
			P2         uint8
			Identity   protocol.ClockIdentity
			Domain, R1 uint8
		}{Ports: t.NumberPorts, Identity: t.ClockIdentity, Domain: t.DomainNumber})
	case protocol.IDCurrentDataSet:
		return one(struct {
			Steps         uint16
			Offset, Delay int64
		}{s.StepsRemoved, s.OffsetNS << 16, s.PathDelayNS << 16})
	case protocol.IDParentDataSet:
		return one(struct {
			Parent     protocol.PortIdentity
			PS, R      uint8
			Variance   uint16
			PhaseRate  uint32
			P1         uint8
			Quality    protocol.ClockQuality
			P2         uint8
			GMIdentity protocol.ClockIdentity
		}{Quality: protocol.ClockQuality{ClockClass: s.ClockClass, ClockAccuracy: s.ClockAccuracy}, GMIdentity: s.Grandmaster})
	case protocol.IDTimePropertiesDataSet:
		return one(struct {
			TAI           int16
			Flags, Source uint8
		}{s.TAIOffset, s.TimeFlags, 0x20})
	case protocol.IDTimeStatusNP:
		present := int32(0)
		if s.GMPresent {
			present = 1
		}
		return one(struct {
			Offset, Ingress int64
			Rate, Phase     int32
			Base            uint16
			Change          protocol.ScaledNS
			Present         int32
			GM              protocol.ClockIdentity
		}{Offset: s.OffsetNS, Ingress: s.IngressNS, Present: present, GM: gm})
	case protocol.IDPortPropertiesNP, protocol.IDPortDataSet:
		for i, state := range s.PortStates {
			port := protocol.PortIdentity{ClockIdentity: s.Identity, PortNumber: uint16(i + 1)}
			if id == protocol.IDPortDataSet {
				list = append(list, s.message(sequence, protocol.TLVManagement, big(id, struct {
					Port  protocol.PortIdentity
					State protocol.PortState
					Rest  [15]uint8
				}{Port: port, State: state})))
				continue
			}
			name := s.Interface
			if i > 0 {
				name += string(rune('0' + i))
			}
			body := big(id, struct {
				Port         protocol.PortIdentity
				State        protocol.PortState
				Timestamping protocol.Timestamping
				Length       uint8
			}{port, state, s.Timestamping, uint8(len(name))})
			body = append(body, name...)
			if len(body)%2 != 0 {
				body = append(body, 0)
			}
			list = append(list, s.message(sequence, protocol.TLVManagement, body))
		}
	}
	return list
}

func big(id protocol.ManagementID, v any) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.BigEndian, id)
	if err := binary.Write(&b, binary.BigEndian, v); err != nil {
		panic(err) // a struct of this file that has no fixed size
	}
	return b.Bytes()
}

func (s *Script) message(sequence uint16, kind protocol.TLVType, body []byte) []byte {
	var b bytes.Buffer
	binary.Write(&b, binary.BigEndian, protocol.ManagementMsgHead{
		Header: protocol.Header{
			SdoIDAndMsgType: protocol.NewSdoIDAndMsgType(protocol.MessageManagement, 0), Version: protocol.Version,
			MessageLength: uint16(48 + 4 + len(body)), DomainNumber: s.Domain,
			SourcePortIdentity: protocol.PortIdentity{ClockIdentity: s.Identity, PortNumber: 0}, SequenceID: sequence,
			ControlField: 4, LogMessageInterval: protocol.MgmtLogMessageInterval,
		},
		ActionField: protocol.RESPONSE,
	})
	binary.Write(&b, binary.BigEndian, protocol.TLVHead{TLVType: kind, LengthField: uint16(len(body))})
	b.Write(body)
	return b.Bytes()
}
