package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"wirebook/feedhandler/replay"
)

// One of a thing is one thing, wherever people read it.
func TestOneIsNotMany(t *testing.T) {
	r := newRig(t)
	for _, args := range []string{
		"sim -o out/one.pcap --messages 1 --seed 1",
		"replay -p nasdaq.itch50 out/one.pcap",
		"inspect -p nasdaq.itch50 -n 1 out/one.pcap",
		"export -p nasdaq.itch50 -o out/one.csv --format csv out/one.pcap",
	} {
		got := r.run(strings.Fields(args)...)
		if got.code != 0 {
			t.Fatalf("%s: %+v", args, got)
		}
		noneMany(t, args, got.out+got.errors)
	}
	var out bytes.Buffer
	printSummary(&out, &replay.Summary{Packets: 1, Messages: 1, Instruments: 1, Books: 1, LiveOrders: 1, GapsLost: 1, UnitsLost: 1, Implied: 1})
	noneMany(t, "summary", out.String())
	for _, want := range []string{"1 packet, 1 message in", "1 instrument, 1 with a book, 1 live order\n", "(1 message)", "1 change, "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, out.String())
		}
	}
	for n, want := range map[uint64]string{0: "0 records", 1: "1 record", 1234: "1234 records"} {
		if got := count(n, "record"); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

var oneMany = regexp.MustCompile(`(^|[^0-9.,])1 (packet|message|record|datagram|frame|byte|instrument|live order|change|range|unit|trades record|mbo record)s\b`)

func noneMany(t *testing.T, what, text string) {
	t.Helper()
	if m := oneMany.FindString(text); m != "" {
		t.Errorf("%s says %q:\n%s", what, m, text)
	}
}
