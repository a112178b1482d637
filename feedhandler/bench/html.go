package bench

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// WriteHTML writes the report as one page that needs nothing else: style and drawings are inside it, no scripts.
func (r *Report) WriteHTML(w io.Writer) error {
	var b strings.Builder
	m := &r.Machine
	b.WriteString("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n")
	b.WriteString("<title>wirebook bench</title><style>" + pageStyle + "</style></head><body>\n<h1>wirebook bench</h1>\n")
	fmt.Fprintf(&b, "<p>%s, %d cores (used: %v), %.0f GiB, Linux %s, %s/%s; clock: %s; huge pages: %s; counters: %s; load %s; %s</p>\n",
		esc(m.CPU), m.Cores, m.Used, m.MemoryGiB, esc(m.Kernel), esc(m.Go), esc(m.Arch), esc(m.Clock), esc(m.HugePages), esc(m.Counters), esc(m.Load), esc(m.Time))
	r.ratioPlot(&b)
	b.WriteString("<h2>Floors</h2>\n<table><tr><th>floor<th>ns<th>what</tr>\n")
	for _, f := range r.Floors {
		fmt.Fprintf(&b, "<tr><td>%s<td class=n>%s<td>%s</tr>\n", esc(f.Name), figure(f.NS), esc(f.What))
	}
	b.WriteString("</table>\n<h2>Stages</h2>\n<table><tr><th>stage<th>input<th>messages<th>packets<th>ns/message<th>ns/packet<th>ns/record" +
		"<th>p50<th>p99<th>p99.9<th>allocs<th>ratio<th>to floor<th>bytes/order</tr>\n")
	for i := range r.Stages {
		s := &r.Stages[i]
		fmt.Fprintf(&b, "<tr><td>%s<td>%s", esc(s.Name), esc(s.Input))
		for _, v := range []string{count(s.Messages), count(s.Packets), figure(s.NSPerMessage), figure(s.NSPerPacket), figure(s.NSPerRecord),
			figure(s.P50), figure(s.P99), figure(s.P999), fmt.Sprint(s.Allocs), figure(s.Ratio)} {
			fmt.Fprintf(&b, "<td class=n>%s", v)
		}
		fmt.Fprintf(&b, "<td>%s<td class=n>%s</tr>\n", esc(s.Floor), figure(s.BytesPerOrder))
		if text := s.remarks(); text != "" {
			fmt.Fprintf(&b, "<tr><td><td colspan=13 class=note>%s</tr>\n", esc(text))
		}
	}
	b.WriteString("</table>\n")
	if len(r.Slow) > 0 {
		b.WriteString("<h2>Paced: where samples above 10 µs came from</h2>\n<table><tr><th>cause<th>samples<th>runs<th>worst, µs</tr>\n")
		for _, s := range r.Slow {
			fmt.Fprintf(&b, "<tr><td>%s<td class=n>%d<td class=n>%d<td class=n>%.1f</tr>\n", esc(s.Cause), s.Count, s.Runs, s.Worst/1e3)
		}
		b.WriteString("</table>\n")
	}
	b.WriteString("<h2>Distributions</h2>\n")
	for i := range r.Stages {
		if s := &r.Stages[i]; len(s.shape) > 1 {
			s.distributionPlot(&b)
		}
	}
	b.WriteString("</body></html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func esc(s string) string { return html.EscapeString(s) }

const pageStyle = `body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:76em;padding:0 1em;color:#1c2733;background:#fff}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}table{border-collapse:collapse;font-size:13px}
th{text-align:left;border-bottom:1px solid #8899a8;padding:.2em .7em .2em 0}td{padding:.15em .7em .15em 0;border-bottom:1px solid #e4e9ee}
td.n{text-align:right;font-variant-numeric:tabular-nums}td.note{color:#5b6b7a}svg{display:inline-block;margin:.4em 1em .4em 0}
svg text{font:11px system-ui,sans-serif;fill:#1c2733}.bar{fill:#2f6f9f}.line{fill:none;stroke:#2f6f9f;stroke-width:1.5}.grid{stroke:#d5dce3}.one{stroke:#c0392b}
@media(prefers-color-scheme:dark){body{background:#14191f;color:#d7dfe7}svg text{fill:#d7dfe7}td{border-color:#2a333d}.grid{stroke:#333e49}}`
