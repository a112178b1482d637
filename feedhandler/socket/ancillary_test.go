package socket

import (
	"encoding/binary"
	"testing"
)

// message builds a control message.
func message(level, kind uint32, data ...uint64) []byte {
	b := make([]byte, headerBytes)
	binary.NativeEndian.PutUint64(b, uint64(headerBytes+8*len(data)))
	binary.NativeEndian.PutUint32(b[8:], level)
	binary.NativeEndian.PutUint32(b[12:], kind)
	for _, d := range data {
		b = binary.NativeEndian.AppendUint64(b, d)
	}
	return b
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func TestAncillary(t *testing.T) {
	stamp := message(levelSocket, typeStamping, 1, 500, 0, 0, 2, 700)
	drops := message(levelSocket, typeOverflow, 42)
	binary.NativeEndian.PutUint64(drops, headerBytes+4) // u32, padded to 8
	long := message(levelSocket, typeStamping, 1, 500, 0, 0, 2, 700)
	binary.NativeEndian.PutUint64(long, 1<<40)
	short := message(levelSocket, typeStamping, 1, 500)
	for _, c := range []struct {
		name string
		b    []byte
		want ancillary
	}{
		{"nothing", nil, ancillary{}},
		{"software and hardware", stamp, ancillary{system: 1_000_000_500, hardware: 2_000_000_700}},
		{"64-bit time", message(levelSocket, typeStamping64, 3, 1, 0, 0, 0, 0), ancillary{system: 3_000_000_001}},
		{"drops", drops, ancillary{overflow: 42, dropped: true}},
		{"both", join(drops, stamp), ancillary{system: 1_000_000_500, hardware: 2_000_000_700, overflow: 42, dropped: true}},
		{"another level first", join(message(0, 8, 9), stamp), ancillary{system: 1_000_000_500, hardware: 2_000_000_700}},
		{"a length beyond the buffer ends it", join(long, drops), ancillary{}},
		{"a stamp cut short", join(short, drops), ancillary{overflow: 42, dropped: true}},
		{"a length below its header ends it", join(make([]byte, 16), drops), ancillary{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ancillary{system: 7, hardware: 7, overflow: 7, dropped: true} // what a former datagram left
			got.parse(c.b)
			if got != c.want {
				t.Errorf("read %+v, want %+v", got, c.want)
			}
		})
	}
}

func FuzzAncillary(f *testing.F) {
	f.Add(message(levelSocket, typeStamping, 1, 500, 0, 0, 2, 700))
	f.Add(join(message(levelSocket, typeOverflow, 42), message(levelSocket, typeStamping, 1, 2, 3, 4, 5, 6)))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 37, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var a, again ancillary
		a.parse(b)
		again.parse(b)
		if a != again {
			t.Fatalf("the same bytes read as %+v and %+v", a, again)
		}
		if !a.dropped && a.overflow != 0 {
			t.Fatal("drops without having been told")
		}
	})
}
