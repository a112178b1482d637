package replay

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"wirebook/feedhandler"
	"wirebook/feedhandler/feedtest"
	"wirebook/shm"
)

// collector is a Tap that keeps copies of records.
type collector struct {
	mbo    []shm.MBO
	mbp1   []shm.MBP1
	trades []shm.Trade
}

func (c *collector) Record(s shm.Schema, body []byte, _ uint64) {
	switch s {
	case shm.SchemaMBO:
		c.mbo = append(c.mbo, *shm.View[shm.MBO](body))
	case shm.SchemaMBP1:
		c.mbp1 = append(c.mbp1, *shm.View[shm.MBP1](body))
	case shm.SchemaTrades:
		c.trades = append(c.trades, *shm.View[shm.Trade](body))
	}
}

// run replays files without shared memory. tap may be nil; keep restricts channels to the named lines.
func run(t *testing.T, profile string, tap feedhandler.Tap, keep string, files ...string) (*Replay, *Summary) {
	t.Helper()
	var r *Replay
	s, err := Run(context.Background(), Options{
		Files: files, Profile: profile,
		Output: func(ch *feedhandler.ChannelConfig) {
			if keep != "" {
				var lines []feedhandler.LineConfig
				for _, l := range ch.Lines {
					if l.Name == keep {
						lines = append(lines, l)
					}
				}
				ch.Lines = lines
			}
			if tap != nil {
				ch.Output.Tap, ch.Output.TapSchemas = tap, feedhandler.AllSchemas
			}
		},
		Ready: func(x *Replay) { r = x },
	})
	if err != nil {
		t.Fatalf("replay %v: %v", files, err)
	}
	return r, s
}

// contents are the content digests of a summary by schema, channels aside.
func contents(s *Summary) map[string]string {
	m := map[string]string{}
	for _, schemas := range s.Digests {
		for name, d := range schemas {
			m[name] += d.Content
		}
	}
	return m
}

func sameContent(t *testing.T, what string, got, want *Summary) {
	t.Helper()
	g, w := contents(got), contents(want)
	if len(w) == 0 {
		t.Fatalf("%s: no digests at all", what)
	}
	for name := range w {
		if g[name] != w[name] {
			t.Errorf("%s: %s content %s, want %s", what, name, g[name], w[name])
		}
	}
}

func sameFull(t *testing.T, what string, got, want *Summary) {
	t.Helper()
	for channel, schemas := range want.Digests {
		for name, d := range schemas {
			if got.Digests[channel][name] != d {
				t.Errorf("%s: %s %s is %+v, want %+v", what, channel, name, got.Digests[channel][name], d)
			}
		}
	}
}

func captureFile(t *testing.T, parts ...string) string {
	t.Helper()
	return filepath.Join(append([]string{feedtest.Captures(t)}, parts...)...)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// jsonRows visits the rows of a gzipped JSON lines file.
func jsonRows(t *testing.T, path string, visit func(row []any)) {
	t.Helper()
	dec := json.NewDecoder(feedtest.Open(t, path))
	dec.UseNumber()
	for {
		var row []any
		err := dec.Decode(&row)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		visit(row)
	}
}

// symbols maps instrument ids to symbols, over all channels.
func symbols(r *Replay) map[uint32]string {
	m := map[uint32]string{}
	for _, ch := range r.Pipe.Channels() {
		for i := 1; i < ch.Directory().Len(); i++ {
			ins := ch.Directory().At(uint32(i))
			m[ins.ID] = ins.Symbol.String()
		}
	}
	return m
}
