package venuesim

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// CME's TCP replay is asked in FIX text without BeginString: fields TAG=VALUE, each ended by 0x01. 9= counts the bytes from 35= to
// before 10=, which is the sum of all bytes before it modulo 256, in three digits.
const soh = 0x01

// fixField is one field, in the order of the wire.
type fixField struct {
	tag   int
	value string
}

// longestFIX bounds a message.
const longestFIX = 4096

var (
	errFIXShort  = errors.New("not whole yet")
	errFIXLength = errors.New("BodyLength (9) is missing or wrong")
	errFIXSum    = errors.New("CheckSum (10) is missing or wrong")
	errFIXField  = errors.New("a field is not TAG=VALUE")
)

// readFIX reads the message that b begins with and says how long it is. errFIXShort asks for more bytes.
func readFIX(b []byte) (fields []fixField, n int, err error) {
	head := bytes.IndexByte(b, soh)
	if head < 0 && len(b) < 8 && bytes.HasPrefix([]byte("9="), b[:min(len(b), 2)]) {
		return nil, 0, errFIXShort
	}
	if head < 3 || string(b[:2]) != "9=" {
		return nil, 0, errFIXLength
	}
	length, ok := digits(string(b[2:head]))
	if !ok || length > longestFIX {
		return nil, 0, errFIXLength
	}
	body := head + 1 + int(length)
	const trailer = len("10=000|")
	if len(b) < body+trailer {
		return nil, 0, errFIXShort
	}
	sum := 0
	for _, c := range b[:body] {
		sum += int(c)
	}
	if length == 0 || b[body-1] != soh {
		return nil, 0, errFIXLength
	}
	if string(b[body:body+trailer]) != fmt.Sprintf("10=%03d\x01", sum%256) {
		return nil, 0, errFIXSum
	}
	for _, f := range bytes.Split(b[head+1:body-1], []byte{soh}) {
		tag, value, is := bytes.Cut(f, []byte("="))
		t, err := strconv.Atoi(string(tag))
		if !is || err != nil || len(value) == 0 {
			return nil, 0, errFIXField
		}
		fields = append(fields, fixField{t, string(value)})
	}
	if fields[0].tag != 35 {
		return nil, 0, errFIXField
	}
	return fields, body + trailer, nil
}

// fixValue is the value of a tag, empty where it is not told exactly once.
func fixValue(fields []fixField, tag int) (value string) {
	times := 0
	for _, f := range fields {
		if f.tag == tag {
			value = f.value
			times++
		}
	}
	if times != 1 {
		return ""
	}
	return value
}
