package view

import (
	"strconv"
	"time"

	"wirebook/feedhandler/export"
	"wirebook/shm"
)

// flagNames are the flags of a record, highest bit first.
var flagNames = [8]string{"LAST", "TOB", "SNAPSHOT", "MBP", "BAD_TS", "MAYBE_BAD", "0x02", "0x01"}

// AppendFlags spells a record's flags, joined by commas; "-" for none.
func AppendFlags(b []byte, flags uint8) []byte {
	at := len(b)
	for i, name := range flagNames {
		if flags&(0x80>>i) != 0 {
			if len(b) > at {
				b = append(b, ',')
			}
			b = append(b, name...)
		}
	}
	if len(b) == at {
		b = append(b, '-')
	}
	return b
}

func actionName(c uint8) string {
	switch c {
	case shm.ActionAdd:
		return "add"
	case shm.ActionCancel:
		return "cancel"
	case shm.ActionModify:
		return "modify"
	case shm.ActionClear:
		return "clear"
	case shm.ActionTrade:
		return "trade"
	case shm.ActionFill:
		return "fill"
	case shm.ActionNone:
		return "none"
	}
	return printable(c)
}

func sideName(c uint8) string {
	switch c {
	case shm.SideBid:
		return "bid"
	case shm.SideAsk:
		return "ask"
	case shm.SideNone, 0:
		return "-"
	}
	return printable(c)
}

func printable(c uint8) string {
	if c > ' ' && c <= '~' {
		return string(rune(c))
	}
	return "?"
}

// statusNames are DBN's status actions.
var statusNames = [...]string{"none", "pre-open", "pre-cross", "quoting", "cross", "rotation", "new price indication", "trading",
	"halt", "pause", "suspend", "pre-close", "close", "post-close", "short-sale change", "not available"}

// statisticNames are DBN's statistic types.
var statisticNames = [...]string{"", "opening price", "indicative opening price", "settlement price", "session low", "session high",
	"cleared volume", "lowest offer", "highest bid", "open interest", "fixing price", "close price", "net change", "vwap",
	"volatility", "delta", "uncrossing price", "upper limit", "lower limit", "block volume"}

func nameOr[N uint8 | uint16](names []string, n N) string {
	if int(n) < len(names) && names[n] != "" {
		return names[n]
	}
	return strconv.Itoa(int(n))
}

// appendTime appends the time of day in UTC with nanoseconds; an absent time is a dash.
func appendTime(b []byte, ns uint64) []byte {
	if ns == shm.UndefTimestamp || ns == 0 {
		return appendCell(b, "-", 18, false)
	}
	return time.Unix(0, int64(ns)).UTC().AppendFormat(b, "15:04:05.000000000")
}

// appendPrice appends a price with its point at column whole+1: digits before it right, those behind it left, at
// least two and padded to fraction of them. An absent price is a dash.
func appendPrice(b []byte, price int64, whole, fraction int) []byte {
	var text [40]byte
	t := priceText(text[:0], price, 2)
	point := len(t)
	for i, c := range t {
		if c == '.' {
			point = i
		}
	}
	for i := point; i < whole; i++ {
		b = append(b, ' ')
	}
	b = append(b, t...)
	for i := len(t) - point - 1; i < fraction; i++ {
		b = append(b, ' ')
	}
	return b
}

// priceText appends a price with at least so many decimals.
func priceText(b []byte, price int64, least int) []byte {
	if price == shm.UndefPrice {
		return append(b, '-')
	}
	at := len(b)
	b = export.AppendPrice(b, price)
	decimals := 0
	for i := at; i < len(b); i++ {
		if b[i] == '.' {
			decimals = len(b) - i - 1
		}
	}
	if decimals == 0 && least > 0 {
		b = append(b, '.')
	}
	for ; decimals < least; decimals++ {
		b = append(b, '0')
	}
	return b
}

// appendCell appends text padded to width, on the left or on the right.
func appendCell(b []byte, text string, width int, right bool) []byte {
	pad := width - len(text)
	if right {
		for ; pad > 0; pad-- {
			b = append(b, ' ')
		}
	}
	b = append(b, text...)
	for ; pad > 0; pad-- {
		b = append(b, ' ')
	}
	return b
}

func appendNumber(b []byte, n uint64, width int) []byte {
	var text [20]byte
	return appendCell(b, string(strconv.AppendUint(text[:0], n, 10)), width, true)
}

// Thousands spells a number with commas.
func Thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
