package arbitration

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt")

// TestScenarios runs testdata/*.txt. A line beginning with # is a remark, one beginning with "  " is what the
// arbiter answered; -update writes the answers anew, to be read like prose before they are kept.
//
//	lines A B R=recovery          starts an arbiter; options reorder=, within=, persist=, packets=, bytes=, jump=
//	A 5                           unit 5 on line A;   A 5+3  units 5, 6, 7;   A 5..9  five packets of one unit
//	A hb 8 / A end 8              heartbeat, end of session: next unit is 8
//	... sess=2 sent=100ms         another session (default 1); the venue's send time
//	+10ms                         time goes on, and a tick;   every packet takes 1us
//	late 100ms                    what is offered is behind by so much
//	flush, stats
func TestScenarios(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txt")
	if len(files) < 8 {
		t.Fatalf("only %d scenarios found", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &scenario{t: t, now: 1000 * ms}
			for text := range strings.Lines(string(b)) {
				s.step(strings.TrimRight(text, "\n"))
			}
			got := s.out.String()
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(b) {
				t.Fatalf("%s reads differently now (-update rewrites):\n%s", file, got)
			}
		})
	}
}

type scenario struct {
	t     *testing.T
	a     *Arbiter
	names []string
	now   uint64
	out   strings.Builder
}

func (s *scenario) say(format string, args ...any) { fmt.Fprintf(&s.out, "  "+format+"\n", args...) }

func (s *scenario) step(text string) {
	if strings.HasPrefix(text, "  ") {
		return
	}
	s.out.WriteString(text + "\n")
	words := strings.Fields(text)
	switch {
	case len(words) == 0 || words[0] == "#":
	case words[0] == "lines":
		s.start(words[1:])
	case words[0] == "flush":
		s.a.Flush()
		s.rest()
	case words[0] == "stats":
		s.stats()
	case words[0] == "late":
		s.a.SetLate(s.duration(words[1]))
	case words[0][0] == '+':
		s.now += s.duration(words[0][1:])
		s.a.Tick(s.now)
		s.rest()
	default:
		s.packet(words)
	}
}

func (s *scenario) number(text string) uint64 {
	n, err := strconv.ParseUint(text, 0, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *scenario) duration(text string) uint64 {
	for _, u := range []struct {
		unit string
		ns   uint64
	}{{"us", 1000}, {"ms", ms}, {"s", 1000 * ms}} {
		if n, ok := strings.CutSuffix(text, u.unit); ok && n[len(n)-1] <= '9' {
			return s.number(n) * u.ns
		}
	}
	s.t.Fatalf("duration %q", text)
	return 0
}

func (s *scenario) start(words []string) {
	var cfg Config
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if !ok || value == "recovery" {
			s.names = append(s.names, name)
			cfg.Lines = append(cfg.Lines, LineConfig{Name: name, Recovery: ok})
			continue
		}
		if name == "within" {
			cfg.ReorderNS = s.duration(value)
			continue
		}
		n := int(s.number(value))
		switch name {
		case "reorder":
			cfg.ReorderPackets = n
		case "persist":
			cfg.PersistPackets = n
		case "packets":
			cfg.WindowPackets = n
		case "bytes":
			cfg.WindowBytes = n
		case "jump":
			cfg.JumpUnits = uint64(n)
		default:
			s.t.Fatalf("option %q", w)
		}
	}
	s.a = newArbiter(s.t, cfg)
}

func (s *scenario) packet(words []string) {
	line := Line(0)
	for i, n := range s.names {
		if n == words[0] {
			line = Line(i)
		}
	}
	p := Packet{Session: 1, Count: 1, Payload: []byte("sixteen bytes...")}
	repeat := uint64(1)
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "hb":
			p.Kind, p.Count = KindHeartbeat, 0
		case "end":
			p.Kind, p.Count = KindEndOfSession, 0
		case "sess":
			p.Session = s.number(value)
		case "sent":
			p.TsSend = s.duration(value)
		default:
			if from, to, ok := strings.Cut(w, ".."); ok {
				p.Seq = s.number(from)
				repeat = s.number(to) - p.Seq + 1
			} else if from, count, ok := strings.Cut(w, "+"); ok {
				p.Seq, p.Count = s.number(from), uint32(s.number(count))
			} else {
				p.Seq = s.number(w)
			}
		}
	}
	for range repeat {
		s.now += 1000
		p.TsRecv = s.now
		if v := s.a.Offer(line, &p); v.Take {
			s.say("take %s", span(p.Seq+uint64(v.Skip), uint64(v.Count)))
		}
		s.rest()
		p.Seq++
		if p.TsSend != 0 {
			p.TsSend += 1000
		}
	}
}

func span(first, count uint64) string {
	if count == 1 {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d..%d", first, first+count-1)
}

func (s *scenario) rest() {
	var r Ready
	for s.a.Next(&r) {
		switch r.Kind {
		case ReadyPacket:
			s.say("held %s of %s", span(r.Packet.Seq+uint64(r.Skip), uint64(r.Count)), s.names[r.Line])
		case ReadyGap:
			s.say("GAP %s", span(r.Gap.First, r.Gap.Count))
		case ReadySession:
			s.say("session %d from %d", r.Packet.Session, r.Packet.Seq)
		case ReadyReset:
			s.say("RESET to %d", r.Packet.Seq)
		case ReadyEndOfSession:
			s.say("end of session %d at %d", r.Packet.Session, r.Packet.Seq)
		}
	}
}

func (s *scenario) stats() {
	for i, n := range s.names {
		l := s.a.Line(Line(i))
		s.say("%s %s: received %d first %d duplicate %d late %d suspect %d held %d lost %d behind %d recovered %d",
			n, l.State, l.Received, l.First, l.Duplicate, l.Late, l.Suspect, l.Held, l.Lost, l.Behind, l.Recovered)
	}
	c := s.a.Stats()
	s.say("next %d, opened %d healed %d declared %d (%d units), overflows %d", c.Next, c.Opened, c.Healed, c.Declared, c.DeclaredUnits, c.Overflows)
}
