package venuesim

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// CME MDP 3.0, little endian, schema 1 version 12.
//
//	packet   0 number 4   4 sending time 8   12 messages
//	message  0 size 2 (with itself)   2 block length 2   4 template 2   6 schema 2   8 version 2   10 root block, groups
//	group    0 block length 2   2 entries 1;  the wide one of order ids: 0 block length 2   7 entries 1
const (
	mdpHeaderBytes  = 12
	mdpMessageBytes = 10
	mdpVersion      = 12
	mdpEndOfEvent   = 0x80
)

// Templates.
const (
	mdpChannelReset   = 4
	mdpHeartbeat      = 12
	mdpLogin          = 15
	mdpLogout         = 16
	mdpStatus         = 30
	mdpVolume         = 37
	mdpBook           = 46
	mdpOrders         = 47
	mdpTrades         = 48
	mdpSession        = 51
	mdpSnapshot       = 52
	mdpSnapshotOrders = 53
	mdpFuture         = 54
)

// readMDPPacket makes a packet the one unit that it is.
func readMDPPacket(p []byte, ns uint64) (x packet, err error) {
	if len(p) < mdpHeaderBytes {
		return x, fmt.Errorf("an MDP packet of %d bytes", len(p))
	}
	x.first = uint64(binary.LittleEndian.Uint32(p))
	x.units = []unit{{bytes: p, sentNS: ns}}
	return x, eachMDP(p, func(m mdpMessage) {
		if m.template == mdpFuture && len(m.root) >= 17 {
			x.channel = uint32(binary.LittleEndian.Uint16(m.root[15:])) // ApplID
		}
		x.reset = x.reset || m.template == mdpChannelReset
	})
}

// mdpMessage is one message: its root block, and its groups behind that.
type mdpMessage struct {
	template uint16
	root     []byte
	groups   []byte
	whole    []byte
}

var errMDP = errors.New("an MDP message is cut")

// eachMDP hands out the messages of a packet.
func eachMDP(p []byte, take func(m mdpMessage)) error {
	for p = p[mdpHeaderBytes:]; len(p) > 0; {
		if len(p) < mdpMessageBytes {
			return errMDP
		}
		size, block := int(binary.LittleEndian.Uint16(p)), int(binary.LittleEndian.Uint16(p[2:]))
		if size > len(p) || mdpMessageBytes+block > size {
			return errMDP
		}
		take(mdpMessage{
			template: binary.LittleEndian.Uint16(p[4:]), root: p[mdpMessageBytes : mdpMessageBytes+block],
			groups: p[mdpMessageBytes+block : size], whole: p[:size],
		})
		p = p[size:]
	}
	return nil
}

// group takes the next group off the message: its entries. wide is the head of eight bytes.
func (m *mdpMessage) group(wide bool) (entries [][]byte) {
	head := 3
	if wide {
		head = 8
	}
	if len(m.groups) < head {
		return nil
	}
	block, n := int(binary.LittleEndian.Uint16(m.groups)), int(m.groups[head-1])
	rest := m.groups[head:]
	for range n {
		if len(rest) < block {
			return entries
		}
		entries = append(entries, rest[:block])
		rest = rest[block:]
	}
	m.groups = rest
	return entries
}

// appendMDPPacket begins a packet.
func appendMDPPacket(dst []byte, number uint32, ns uint64) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, number)
	return binary.LittleEndian.AppendUint64(dst, ns)
}

// beginMDP begins a message with its root; endMDP gives it its size.
func beginMDP(dst []byte, template uint16, root []byte) ([]byte, int) {
	at := len(dst)
	dst = append(dst, 0, 0)
	for _, v := range [...]uint16{uint16(len(root)), template, 1, mdpVersion} {
		dst = binary.LittleEndian.AppendUint16(dst, v)
	}
	return append(dst, root...), at
}

func endMDP(dst []byte, at int) []byte {
	binary.LittleEndian.PutUint16(dst[at:], uint16(len(dst)-at))
	return dst
}

// appendLogin is template 15: heart beat interval i8 0, in seconds.
func appendLogin(dst []byte, seconds byte) []byte {
	dst, at := beginMDP(dst, mdpLogin, []byte{seconds})
	return endMDP(dst, at)
}

// appendLogout is template 16: text 180 at 0. It is a reject too.
func appendLogout(dst []byte, text string) []byte {
	var root [180]byte
	copy(root[:], text)
	dst, at := beginMDP(dst, mdpLogout, root[:])
	return endMDP(dst, at)
}

// appendReset is template 4: TransactTime 0/8, indicator 8; a group of ApplIDs i16.
func appendReset(dst []byte, ns uint64, channel uint32) []byte {
	dst, at := beginMDP(dst, mdpChannelReset, append(binary.LittleEndian.AppendUint64(nil, ns), mdpEndOfEvent))
	dst = append(dst, 2, 0, 1)
	return endMDP(binary.LittleEndian.AppendUint16(dst, uint16(channel)), at)
}

// appendAlive is template 12, which is empty.
func appendAlive(dst []byte) []byte {
	dst, at := beginMDP(dst, mdpHeartbeat, nil)
	return endMDP(dst, at)
}
