package feedtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// Node is one node of a dissector's field tree, children in the dissector's order. A leaf has the wire bytes X in
// hex and the shown value V; a node with children that is itself a field has both (`_v`, `_x` in the file).
// A list in the file becomes that many children of one key.
type Node struct {
	Key  string
	V, X string
	Kids []Node
}

// Find returns the first child called key, or nil.
func (n *Node) Find(key string) *Node {
	for i := range n.Kids {
		if n.Kids[i].Key == key {
			return &n.Kids[i]
		}
	}
	return nil
}

// All returns the children called key in order.
func (n *Node) All(key string) []*Node {
	var all []*Node
	for i := range n.Kids {
		if n.Kids[i].Key == key {
			all = append(all, &n.Kids[i])
		}
	}
	return all
}

// Name spells a dissector's label as the layout tables do: "Order Id (X)" becomes order_id_x.
func Name(label string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(label) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	return b.String()
}

// GoldenDir walks dir for pairs NAME.pcap[.gz], NAME.json[.gz] and calls visit for every packet with its number from
// 1, its transport payload (valid during the call) and the dissector's tree. It fails when dir holds no pair, when
// a pair differs in its number of packets or when a payload's length is not the dissector's.
func GoldenDir(tb testing.TB, dir string, visit func(file string, no int, payload []byte, app *Node)) {
	tb.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && (strings.HasSuffix(path, ".pcap") || strings.HasSuffix(path, ".pcap.gz")) {
			if golden(path) != "" {
				found = append(found, path)
			}
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	if len(found) == 0 {
		tb.Fatalf("%s: no capture with a decode beside it", dir)
	}
	sort.Strings(found)
	for _, path := range found {
		goldenFile(tb, path, visit)
	}
}

// golden returns the path of a capture's decode, or "".
func golden(capture string) string {
	stem := strings.TrimSuffix(strings.TrimSuffix(capture, ".gz"), ".pcap")
	for _, ext := range []string{".json", ".json.gz"} {
		if _, err := os.Stat(stem + ext); err == nil {
			return stem + ext
		}
	}
	return ""
}

func goldenFile(tb testing.TB, path string, visit func(string, int, []byte, *Node)) {
	tb.Helper()
	decode := golden(path)
	f := Open(tb, decode)
	defer f.Close()
	dec := json.NewDecoder(f)
	for {
		token, err := dec.Token()
		if err != nil {
			tb.Fatalf("%s: no packets: %v", decode, err)
		}
		if token == "packets" {
			break
		}
	}
	if _, err := dec.Token(); err != nil { // the list's bracket
		tb.Fatalf("%s: %v", decode, err)
	}
	count := 0
	Payloads(tb, path, func(no int, ns int64, payload []byte) {
		if !dec.More() {
			tb.Fatalf("%s: packet %d has no decode", path, no)
		}
		var packet struct {
			No      int             `json:"no"`
			TimeNS  int64           `json:"time_ns"`
			Payload *int            `json:"udp_payload"`
			App     json.RawMessage `json:"app"`
		}
		if err := dec.Decode(&packet); err != nil {
			tb.Fatalf("%s: packet %d: %v", decode, no, err)
		}
		if packet.No != no || packet.TimeNS != ns || packet.Payload != nil && *packet.Payload != len(payload) {
			tb.Fatalf("%s: packet %d at %d with %d bytes is not the decode's %d at %d", path, no, ns, len(payload), packet.No, packet.TimeNS)
		}
		app, err := ParseTree(packet.App)
		if err != nil {
			tb.Fatalf("%s: packet %d: %v", decode, no, err)
		}
		visit(path, no, payload, &app)
		count++
	})
	if dec.More() {
		tb.Fatalf("%s: the decode goes on after the capture's %d packets", decode, count)
	}
}

// ParseTree reads one `app` tree and keeps the order of its keys.
func ParseTree(raw []byte) (Node, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var root Node
	token, err := dec.Token()
	if err == nil && token == json.Delim('{') {
		err = root.read(dec)
	}
	return root, err
}

// read takes the members of an object whose opening brace is consumed, and the closing brace.
func (n *Node) read(dec *json.Decoder) error {
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		value, err := dec.Token()
		if err != nil {
			return err
		}
		if err := n.member(dec, key.(string), value); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (n *Node) member(dec *json.Decoder, key string, value json.Token) error {
	switch value := value.(type) {
	case string:
		switch key {
		case "v", "_v":
			n.V = value
		case "x", "_x":
			n.X = value
		}
	case json.Delim:
		if value == '{' {
			kid := Node{Key: key}
			err := kid.read(dec)
			n.Kids = append(n.Kids, kid)
			return err
		}
		for dec.More() {
			entry, err := dec.Token()
			if err != nil {
				return err
			}
			if err := n.member(dec, key, entry); err != nil {
				return err
			}
		}
		_, err := dec.Token()
		return err
	}
	return nil
}

// Open opens a file, through gzip where its name ends so.
func Open(tb testing.TB, path string) io.ReadCloser {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return f
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}
}
