package inspect

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"wirebook/feedhandler/config"
	"wirebook/feedhandler/venue/layout"
)

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
		b = appendRest(b, m.Leftover)
		return append(b, '\n')
	}
	if m.Session != "" {
		b = append(b, "  session "...)
		b = append(b, strings.ToValidUTF8(strings.ReplaceAll(m.Session, "\x00", ""), "?")...)
	}
	b = append(b, "  seq "...)
	b = strconv.AppendUint(b, m.Seq, 10)
	b = append(b, "  "...)
	b = append(b, m.Type...)
	b = append(b, ' ')
	b = append(b, m.Name...)
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
			b = append(b, " entries)\n"...)
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
		switch v.Kind {
		case layout.Uint:
			b = strconv.AppendUint(b, v.Uint, 10)
		case layout.Int:
			b = strconv.AppendInt(b, v.Int, 10)
		default:
			b = append(b, v.Text...)
		}
		b = append(b, '\n')
	}
	return b
}
