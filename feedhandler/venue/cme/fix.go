package cme

import "strconv"

// The TCP replay is asked in FIX text without BeginString: fields TAG=VALUE, each ended by 0x01. 9= counts the bytes from 35= to before 10=,
// and 10= is the sum of all bytes before it, modulo 256, in three digits.
const fixEnd = 0x01

// FIXField is one field of a message.
type FIXField struct {
	Tag   int
	Value string
}

// AppendFIX appends a message of a type with its fields in the order given.
func AppendFIX(dst []byte, msgType string, fields ...FIXField) []byte {
	body := appendFIXField(nil, FIXField{35, msgType})
	for _, f := range fields {
		body = appendFIXField(body, f)
	}
	at := len(dst)
	dst = appendFIXField(dst, FIXField{9, strconv.Itoa(len(body))})
	dst = append(dst, body...)
	sum := byte(0)
	for _, c := range dst[at:] {
		sum += c
	}
	return append(dst, '1', '0', '=', '0'+sum/100, '0'+sum/10%10, '0'+sum%10, fixEnd)
}

func appendFIXField(dst []byte, f FIXField) []byte {
	dst = strconv.AppendInt(dst, int64(f.Tag), 10)
	return append(append(append(dst, '='), f.Value...), fixEnd)
}

// fixText says that a value can be written: something printable, and nothing that ends a field.
func fixText(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return s != ""
}
