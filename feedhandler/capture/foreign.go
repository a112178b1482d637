package capture

import (
	"bytes"
	"encoding/binary"
)

// foreign are the formats that people have and that are not read, by what they begin with.
var foreign = []struct {
	at          int
	magic, what string
	todo        string
}{
	// Captures that Wireshark converts.
	{0, "snoop\x00\x00\x00", "a snoop capture (Solaris, RFC 1761)", toConvert},
	{0, "RTSS", "a Microsoft Network Monitor 1 capture", toConvert},
	{0, "GMBU", "a Microsoft Network Monitor 2 capture", toConvert},
	{0, "TRSNIFF data    \x1a", "a Sniffer (DOS) capture", toConvert},
	{0, "XCP\x00", "a NetXRay or Windows Sniffer capture", toConvert},
	{0, "\x1c\x00\x01\xac", "an IXIA capture (lcap, hardware)", toConvert},
	{0, "\xac\x01\x00\x1c", "an IXIA capture (lcap, hardware)", toConvert},
	{0, "\x1c\x00\x01\xab", "an IXIA capture (lcap, software)", toConvert},
	{0, "\xab\x01\x00\x1c", "an IXIA capture (lcap, software)", toConvert},
	{0, "iptrace 1.0", "an AIX iptrace capture", toConvert},
	{0, "iptrace 2.0", "an AIX iptrace capture", toConvert},
	{0, "btsnoop\x00", "a Bluetooth snoop capture", toNothing},
	{0, "\x7fver", "an EtherPeek or OmniPeek capture", toConvert},
	{0, "\x05VNF", "a Visual Networks capture", toConvert},
	{0, "\x54\x52\x00\x64\x00", "an HP-UX nettl capture", toConvert},
	{0, "\xaa\xaa\xaa\xaa", "a 5View capture", toConvert},
	{0, "\x00\x00\x02\x00\x12\x05\x00\x10", "a Tektronix K12 capture", toConvert},
	// Kinds of pcap with records of their own.
	{0, "\xa1\xb2\x34\xcd", "a modified pcap (magic a1b234cd)", toConvert},
	{0, "\xcd\x34\xb2\xa1", "a modified pcap (magic a1b234cd)", toConvert},
	{0, "\xa1\x2b\x3c\x4d", "a Navtel pcap (magic a12b3c4d)", toConvert},
	{0, "\x4d\x3c\x2b\xa1", "a Navtel pcap (magic a12b3c4d)", toConvert},
	{0, "\xa1\xb2\xc3\xcb", "a filter saved by pcap, not a capture", toNothing},
	{0, "\xcb\xc3\xb2\xa1", "a filter saved by pcap, not a capture", toNothing},
	// Packings, which may be inside another packing.
	{0, "\x1f\x8b", "gzip inside another packing", toUnpack},
	{0, "\x28\xb5\x2f\xfd", "zstd inside another packing", toUnpack},
	{0, "\xfd7zXZ\x00", "xz inside another packing", toUnpack},
	{0, "BZh", "bzip2 inside another packing", toUnpack},
	{0, "\x04\x22\x4d\x18", "lz4 inside another packing", toUnpack},
	{0, "PK\x03\x04", "a zip archive inside another packing", toUnpack},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", toUnpack},
	{0, "Rar!\x1a\x07", "a RAR archive", toUnpack},
	{0, "\x1f\x9d", "compressed with compress (.Z)", toUnpack},
	{0, "\x1f\xa0", "compressed with compress (.Z)", toUnpack},
	{0, "\x89LZO\x00\x0d\x0a\x1a\x0a", "compressed with lzop", toUnpack},
	{0, "LZIP", "compressed with lzip", toUnpack},
	{0, "\xff\x06\x00\x00sNaPpY", "compressed with snappy", toUnpack},
	{0, "\x5d\x00\x00", "compressed with lzma", toUnpack},
	{257, "ustar", "a tar archive", "take the capture files out of it"},
	// Files of records.
	{0, "DBN", "a DBN file of records, not of packets", toNothing},
	{0, "PAR1", "a Parquet file, not of packets", toNothing},
	{0, "ARROW1", "an Arrow file, not of packets", toNothing},
	{0, "Obj\x01", "an Avro file, not of packets", toNothing},
	{0, "\x89HDF\x0d\x0a\x1a\x0a", "an HDF5 file, not of packets", toNothing},
	{0, "SQLite format 3\x00", "an SQLite database, not of packets", toNothing},
	{0, "\x7fELF", "a program", toNothing},
	{0, "%PDF-", "a PDF", toNothing},
}

const (
	toConvert = "convert it with 'editcap -F pcapng IN OUT'"
	toUnpack  = "unpack it, or pack the capture itself with gzip or zstd"
	toNothing = "it holds nothing that can be read here"
)

// foreignFormat names what a file is that is not read, and says what to do. "" is none that is known.
func foreignFormat(head []byte) (what, todo string) {
	for _, f := range foreign {
		if len(head) >= f.at && bytes.HasPrefix(head[f.at:], []byte(f.magic)) {
			return f.what, f.todo
		}
	}
	text := head[:min(len(head), 512)]
	switch {
	case bytes.HasPrefix(bytes.ToLower(bytes.TrimLeft(text, " \r\n\t\xef\xbb\xbf")), []byte("<!doctype")), bytes.HasPrefix(bytes.ToLower(text), []byte("<html")):
		return "a web page, perhaps instead of a download", toNothing
	case printable(text):
		return "text (" + firstLine(text) + ")", "packets are read from captures only; 'text2pcap' makes one of a hex dump"
	}
	return "", ""
}

func printable(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// firstLine is enough of a text to know it by.
func firstLine(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte("\n"))
	return string(bytes.ToValidUTF8(bytes.TrimSpace(b[:min(len(b), 40)]), []byte("?")))
}

// pcapMagic says whether a word begins one of the kinds of pcap that are read.
func pcapMagic(magic uint32) bool {
	return magic == pcapMicro || magic == pcapNano || magic == pcapModified
}

// pcapOrder is the byte order of a pcap file, by its magic.
func pcapOrder(h []byte) (magic uint32, big bool) {
	if magic = binary.LittleEndian.Uint32(h); pcapMagic(magic) {
		return magic, false
	}
	return binary.BigEndian.Uint32(h), true
}
