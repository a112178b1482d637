package bench

import (
	"fmt"
	"math"
	"strings"
)

// ratioPlot draws every stage's ratio to its floor as a bar; the red line is the floor.
func (r *Report) ratioPlot(b *strings.Builder) {
	const row, left, width = 20, 290, 560
	worst, rows := 1.0, 0
	for _, s := range r.Stages {
		if s.Ratio > 0 {
			worst, rows = max(worst, s.Ratio), rows+1
		}
	}
	if rows == 0 {
		return
	}
	height := rows*row + 30
	x := func(v float64) float64 { return left + v/worst*width }
	fmt.Fprintf(b, "<h2>Ratio to the floor</h2>\n<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"ratios to floors\">\n", left+width+90, height)
	y := 0
	for _, s := range r.Stages {
		if s.Ratio == 0 {
			continue
		}
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s, %s</text><rect class=\"bar\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\"/>"+
			"<text x=\"%.1f\" y=\"%d\">%s × %s</text>\n", left-8, y+14, esc(s.Name), esc(s.Input), left, y+3, x(s.Ratio)-left, row-6, x(s.Ratio)+5, y+14, figure(s.Ratio), esc(s.Floor))
		y += row
	}
	fmt.Fprintf(b, "<line class=\"one\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/><text x=\"%.1f\" y=\"%d\">1</text></svg>\n", x(1), x(1), y, x(1)-3, y+14)
}

// distributionPlot draws a stage's percentiles: ns by logarithm upwards, the percentile to the right by how rare it is.
func (s *Stage) distributionPlot(b *strings.Builder) {
	const width, height, left, bottom = 360, 200, 62, 34
	rare := func(q float64) float64 { return -math.Log10(1 - min(q, 99.999)/100) } // 0 at 0 %, 5 at 99.999 %
	low, high := math.Inf(1), 0.0
	for _, p := range s.shape {
		if p.ns > 0 {
			low, high = min(low, p.ns), max(high, p.ns)
		}
	}
	if high == 0 {
		return
	}
	bottomLog, topLog := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high)+1e-9)
	x := func(q float64) float64 { return left + rare(q)/5*(width-left-12) }
	y := func(ns float64) float64 {
		return height - bottom - (math.Log10(max(ns, low))-bottomLog)/max(topLog-bottomLog, 1)*(height-bottom-22)
	}
	fmt.Fprintf(b, "<svg width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"percentiles\"><text x=\"%d\" y=\"12\">%s, %s</text>\n", width, height, left, esc(s.Name), esc(s.Input))
	for l := bottomLog; l <= topLog; l++ {
		at := y(math.Pow(10, l))
		fmt.Fprintf(b, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			left, width-12, at, at, left-6, at+4, scale10(l))
	}
	for _, q := range []float64{0, 90, 99, 99.9, 99.99, 99.999} {
		fmt.Fprintf(b, "<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"22\" y2=\"%d\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g</text>\n",
			x(q), x(q), height-bottom, x(q), height-bottom+14, q)
	}
	b.WriteString("<polyline class=\"line\" points=\"")
	for _, p := range s.shape {
		fmt.Fprintf(b, "%.1f,%.1f ", x(p.percentile), y(max(p.ns, low)))
	}
	fmt.Fprintf(b, "\"/><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">percentile</text></svg>\n", (width+left)/2, height-4)
}

// scale10 spells a power of ten nanoseconds.
func scale10(exponent float64) string {
	ns := math.Pow(10, exponent)
	switch {
	case ns >= 1e6:
		return fmt.Sprintf("%g ms", ns/1e6)
	case ns >= 1e3:
		return fmt.Sprintf("%g µs", ns/1e3)
	}
	return fmt.Sprintf("%g ns", ns)
}
