package capture

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
)

// Format is a capture's file format.
type Format uint8

// Formats.
const (
	Auto Format = iota // find out
	PCAP
	PCAPNG
	ERF
	BinaryFILE // Nasdaq: 2-byte big-endian length, message; no packets, no addresses
	formatCount
)

var formatNames = [formatCount]string{"auto", "pcap", "pcapng", "erf", "binaryfile"}

// String returns the name used in configuration and output.
func (f Format) String() string {
	if f < formatCount {
		return formatNames[f]
	}
	return "unknown"
}

// ParseFormat finds a format by its name.
func ParseFormat(name string) (Format, error) {
	for f, n := range formatNames {
		if strings.EqualFold(n, name) {
			return Format(f), nil
		}
	}
	return Auto, fmt.Errorf("unknown capture format %q: use %s", name, strings.Join(formatNames[:], ", "))
}

// ErrNotCapture is in the chain of the error for a file that is none of the formats.
var ErrNotCapture = errors.New("not a capture")

const peekBytes = 64 << 10

// itchName matches names of Nasdaq's sample days, the packing's ending taken off:
// 01302020.NASDAQ_ITCH50, 20190530.BX_ITCH_50, S012020-v50.txt, ritch.part1.itch50.
var itchName = regexp.MustCompile(`(?i)(itch_?50$|^S\d{6}-v50)`)

// formatOf finds the format of what is in the window. By magic where there is one, else by whether the content holds
// together as records.
func formatOf(w *window, name string) (Format, error) {
	head := w.peek(peekBytes)
	whole := len(head) < peekBytes
	if len(head) == 0 {
		if w.err != nil && !errors.Is(w.err, io.EOF) {
			return Auto, fmt.Errorf("%s: cannot be unpacked: %w", name, w.err)
		}
		return Auto, fmt.Errorf("%s: %w: the file is empty", name, ErrNotCapture)
	}
	if len(head) >= 4 {
		switch magic := binary.LittleEndian.Uint32(head); {
		case magic == ngSection:
			return PCAPNG, nil
		case pcapMagic(magic):
			return PCAP, nil
		}
		if pcapMagic(binary.BigEndian.Uint32(head)) {
			return PCAP, nil
		}
	}
	base := filepath.Base(name)
	base = strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".zst")
	named := itchName.MatchString(base)
	if named && (looksBinaryFILE(head, whole) || looksSoup(head)) {
		return BinaryFILE, nil
	}
	if looksERF(head, whole) {
		return ERF, nil
	}
	if version := itchVersion(head, base); version != "" {
		return Auto, fmt.Errorf("%s: %w: this is a BinaryFILE of ITCH %s, which no profile reads: its messages are others than those of 5.0, so naming the format does not help; days of 5.0 are read (nasdaq.itch50)", name, ErrNotCapture, version)
	}
	seen := fmt.Sprintf("it starts with % x (%q)", head[:min(len(head), 12)], head[:min(len(head), 12)])
	if what, todo := foreignFormat(head); what != "" && !named {
		return Auto, fmt.Errorf("%s: %w: neither pcap, pcapng nor ERF but %s: %s; %s", name, ErrNotCapture, what, todo, seen)
	}
	switch {
	case named:
		return Auto, fmt.Errorf("%s: %w: named like a BinaryFILE of ITCH, but its first messages are not; %s", name, ErrNotCapture, seen)
	case looksBinaryFILE(head, whole), looksSoup(head):
		return Auto, fmt.Errorf("%s: %w: no capture format known here, but it could be a BinaryFILE (2-byte length, message, or a SoupBinTCP packet): if it is, say so with the format option (--input-format binaryfile); %s", name, ErrNotCapture, seen)
	}
	return Auto, fmt.Errorf("%s: %w: neither pcap, pcapng nor ERF; %s", name, ErrNotCapture, seen)
}

// looksBinaryFILE walks the first messages: each has a sane length and a letter for a type.
func looksBinaryFILE(head []byte, whole bool) bool {
	const enough, longest = 32, 1024
	seen := 0
	for len(head) >= 3 && seen < enough {
		n := int(binary.BigEndian.Uint16(head))
		if n == 0 && seen > 0 {
			return true // the end mark
		}
		if c := head[2] | 0x20; n == 0 || n > longest || c < 'a' || c > 'z' {
			return false
		}
		if seen++; 2+n > len(head) {
			return !whole || seen > 1
		}
		head = head[2+n:]
	}
	return seen > 0
}
