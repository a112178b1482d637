package replay

import (
	"fmt"
	"testing"

	"wirebook/book"
)

func TestCMEAnyLineGivesTheSameContent(t *testing.T) {
	file := captureFile(t, "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.pcap")
	_, both := run(t, "cme.mdp3", nil, "", file)
	if len(both.Lines) != 2 || both.Lines[0].Received != 5000 || both.Lines[1].Received != 5000 || both.Lines[0].Address != "224.0.31.64:14340" {
		t.Fatalf("lines %+v, want A and B with 5000 packets each", both.Lines)
	}
	for _, line := range []string{"A", "B"} {
		_, one := run(t, "cme.mdp3", nil, line, file)
		if len(one.Lines) != 1 {
			t.Fatalf("line %s alone: lines %+v", line, one.Lines)
		}
		sameContent(t, "line "+line, one, both)
	}
}

func TestCMEFinalBooks(t *testing.T) {
	var want struct {
		Book map[string]map[string][]*[3]int64 `json:"book"`
	}
	readJSON(t, captureFile(t, "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.book.json"), &want)
	r, _ := run(t, "cme.mdp3", nil, "", captureFile(t, "cme-mdp3", "large", "Cme.Mdp3.Sbe.v6.1.pcap"))
	ch := r.Pipe.Channels()[0]
	compared := 0
	for key, sides := range want.Book {
		var channel int
		var security uint64
		if _, err := fmt.Sscanf(key, "%d:%d", &channel, &security); err != nil {
			t.Fatal(err)
		}
		idx := ch.Directory().Lookup(security)
		if idx == 0 {
			t.Errorf("security %d is not in the directory", security)
			continue
		}
		var bids, asks, impliedBids, impliedAsks [10]book.Level
		ch.Books().Depth(idx, &bids, &asks)
		ch.Books().Implied(idx, &impliedBids, &impliedAsks)
		for entry, levels := range sides {
			side, ok := map[string]*[10]book.Level{"0": &bids, "1": &asks, "E": &impliedBids, "F": &impliedAsks}[entry]
			if !ok {
				t.Fatalf("entry type %q", entry)
			}
			for i, w := range levels {
				if w == nil {
					continue // never seen: the capture starts in mid-session
				}
				compared++
				// Mantissa of exponent -7.
				if side[i].Price != w[0]*100 || int64(side[i].Qty) != w[1] || entry < "E" && int64(side[i].Count) != w[2] {
					t.Errorf("%d %s level %d is %+v, want %v", security, entry, i+1, side[i], *w)
				}
			}
		}
	}
	if compared < 100 {
		t.Fatalf("only %d levels compared", compared)
	}
}
