package inspect

import (
	"encoding/hex"
	"strconv"
	"time"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/venue/layout"
)

// shownOfProblem bounds the bytes shown of a packet that cannot be read; JSON has them all.
const shownOfProblem = 64

// AppendText appends m for people: a line for the message, then one a field.
func AppendText(b []byte, m *Message) []byte {
	b = append(b, '#')
	b = strconv.AppendInt(b, m.Packet, 10)
	b = append(b, ' ')
	b = time.Unix(0, int64(m.TS)).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000000Z")
	b = append(b, ' ')
	b = append(b, config.AddrString(m.Dst)...)
	b = append(b, ':')
	b = strconv.AppendUint(b, uint64(m.DstPort), 10)
	if m.Problem != "" {
		b = append(b, "  ! "...)
		b = append(b, m.Problem...)
		b = appendRest(b, m.Leftover[:min(len(m.Leftover), shownOfProblem)])
		if more := len(m.Leftover) - shownOfProblem; more > 0 {
			b = append(b, " and "...)
			b = strconv.AppendInt(b, int64(more), 10)
			b = append(b, " more"...)
		}
		return append(b, '\n')
	}
	if m.Session != "" {
		b = append(b, "  session "...)
		b = appendPrintable(b, m.Session)
	}
	b = append(b, "  seq "...)
	b = strconv.AppendUint(b, m.Seq, 10)
	b = append(b, "  "...)
	b = append(b, m.Type...)
	b = append(b, ' ')
	b = append(b, m.Name...)
	if len(m.Header) > 0 {
		b = append(b, "  ("...)
		b = appendInline(b, m.Header)
		b = append(b, ')')
	}
	if m.Truncated {
		b = append(b, "  ! truncated"...)
	}
	b = append(b, '\n')
	b = appendIndented(b, m.Fields, 1)
	if len(m.Leftover) > 0 {
		b = appendRest(b, m.Leftover)
		b = append(b, '\n')
	}
	return b
}

func appendRest(b, rest []byte) []byte {
	if len(rest) == 0 {
		return b
	}
	b = append(b, "    leftover "...)
	b = strconv.AppendInt(b, int64(len(rest)), 10)
	b = append(b, " bytes: "...)
	return hex.AppendEncode(b, rest)
}

func appendIndented(b []byte, fields []layout.Value, depth int) []byte {
	for i := range fields {
		v := &fields[i]
		if v.Absent {
			continue
		}
		for range depth {
			b = append(b, "    "...)
		}
		b = append(b, v.Name...)
		if v.Group {
			b = append(b, " ("...)
			b = strconv.AppendInt(b, int64(len(v.Entries)), 10)
			if b = append(b, " entries"...); len(v.Dimension) > 0 {
				b = append(b, "; "...)
				b = appendInline(b, v.Dimension)
			}
			b = append(b, ")\n"...)
			for j, entry := range v.Entries {
				for range depth + 1 {
					b = append(b, "    "...)
				}
				b = append(b, '[')
				b = strconv.AppendInt(b, int64(j+1), 10)
				b = append(b, "]\n"...)
				b = appendIndented(b, entry, depth+2)
			}
			continue
		}
		b = append(b, ": "...)
		b = appendValue(b, v)
		b = append(b, '\n')
	}
	return b
}

// appendInline lists a few fields on one line, for what frames a message or a group.
func appendInline(b []byte, fields []layout.Value) []byte {
	first := true
	for i := range fields {
		v := &fields[i]
		if v.Absent {
			continue
		}
		if !first {
			b = append(b, ", "...)
		}
		first = false
		b = append(b, v.Name...)
		b = append(b, ' ')
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v *layout.Value) []byte {
	switch v.Kind {
	case layout.Uint:
		return strconv.AppendUint(b, v.Uint, 10)
	case layout.Int:
		return strconv.AppendInt(b, v.Int, 10)
	}
	return appendPrintable(b, v.Text)
}

// appendPrintable appends text off the wire with all that is no printable ASCII as \xNN: a capture must not be able to
// send control sequences to a terminal.
func appendPrintable(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c <= '~' {
			b = append(b, c)
		} else {
			b = append(b, '\\', 'x', digits[c>>4], digits[c&15])
		}
	}
	return b
}
