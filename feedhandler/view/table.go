package view

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// tableColumn is one column of the table of books.
type tableColumn struct {
	title string
	rank  int // the highest go first when the terminal is narrow
	left  bool
	text  func(*Row) string
	paint func(*Palette) Paint
	width int // widest so far
}

func bookColumns() []tableColumn {
	bid, ask := func(p *Palette) Paint { return p.Bid }, func(p *Palette) Paint { return p.Ask }
	dim := func(p *Palette) Paint { return p.Dim }
	return []tableColumn{
		{title: "SYMBOL", left: true, text: func(r *Row) string { return r.Symbol }, paint: func(p *Palette) Paint { return p.Title }, width: 7},
		{title: "BID SIZE", text: func(r *Row) string { return sizeText(r.Bid) }, paint: bid},
		{title: "BID", text: func(r *Row) string { return quoteText(r, r.Bid) }, paint: bid, width: 9},
		{title: "ASK", text: func(r *Row) string { return quoteText(r, r.Ask) }, paint: ask, width: 9},
		{title: "ASK SIZE", text: func(r *Row) string { return sizeText(r.Ask) }, paint: ask},
		{title: "SPREAD", rank: 3, text: spreadText, width: 7},
		{title: "LAST", rank: 1, text: func(r *Row) string { return quoteText(r, r.Last) }, width: 9},
		{title: "SIZE", rank: 2, text: func(r *Row) string { return sizeText(r.Last) }, width: 5},
		{title: "TRADES", rank: 4, text: func(r *Row) string { return numberText(r.Trades) }, width: 7},
		{title: "UPDATES", text: func(r *Row) string { return Thousands(r.Updates) }},
		{title: "TIME (UTC)", rank: 5, text: timeText, paint: dim, width: 15},
	}
}

func sizeText(q Quote) string { return numberText(uint64(q.Size)) }

func numberText(n uint64) string {
	if n == 0 {
		return "-"
	}
	return Thousands(n)
}

func quoteText(r *Row, q Quote) string {
	if q.Size == 0 {
		return "-"
	}
	return string(priceText(nil, q.Price, r.Decimals))
}

func spreadText(r *Row) string {
	if r.Bid.Size == 0 || r.Ask.Size == 0 {
		return "-"
	}
	return string(priceText(nil, r.Ask.Price-r.Bid.Price, r.Decimals))
}

func timeText(r *Row) string {
	if r.TS == 0 {
		return "-"
	}
	return time.Unix(0, int64(r.TS)).UTC().Format("15:04:05.000000")
}

// table shows rows in as many columns as fit, the header first. A suspect book is marked and coloured.
func (s *Screen) table(rows []*Row, width int) [][]span {
	if s.columns == nil {
		s.columns = bookColumns()
	}
	for i := range s.columns {
		c := &s.columns[i]
		c.width = max(c.width, len(c.title))
		for _, r := range rows {
			c.width = max(c.width, len(c.text(r)))
		}
	}
	shown := s.shown(width)
	head := []span{{" ", nil}}
	for _, c := range shown {
		head = append(head, span{c.pad(c.title) + " ", s.Palette.Dim})
	}
	out := [][]span{head}
	for _, r := range rows {
		line := []span{{" ", nil}}
		if r.Suspect {
			line[0] = span{"!", s.Palette.Bad}
		}
		for _, c := range shown {
			cell := span{text: c.pad(c.text(r)) + " "}
			if c.paint != nil {
				cell.paint = c.paint(&s.Palette)
			}
			if r.Suspect {
				cell.paint = s.Palette.Bad
			}
			line = append(line, cell)
		}
		out = append(out, line)
	}
	return out
}

// shown leaves out the columns that matter least until the rest fits.
func (s *Screen) shown(width int) []*tableColumn {
	for limit := 5; ; limit-- {
		var list []*tableColumn
		sum := 1
		for i := range s.columns {
			if c := &s.columns[i]; c.rank <= limit {
				list = append(list, c)
				sum += c.width + 1
			}
		}
		if sum-1 <= width || limit == 0 {
			return list
		}
	}
}

func (c *tableColumn) pad(text string) string {
	if c.left {
		return fmt.Sprintf("%-*s", c.width, text)
	}
	return fmt.Sprintf("%*s", c.width, text)
}

// WriteTable writes rows as a table for standard output, without colours.
func WriteTable(w io.Writer, rows []*Row, width int) error {
	s := &Screen{}
	for _, l := range s.table(rows, width) {
		if _, err := io.WriteString(w, fit(l, width)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// Summary says in one line what a reader met.
func Summary(c *Counts, st *Status, instruments int) string {
	text := "instance " + st.Instance + " " + st.StateName() + ": " + Plural(c.Read, st.Schema.String()+" record") + " read"
	if c.Matched != c.Read-c.Unknown {
		text += ", " + Thousands(c.Matched) + " of the wanted symbols"
	}
	text += ", " + Plural(uint64(instruments), "instrument")
	if c.Lapped > 0 {
		text += ", lapped " + Plural(c.Lapped, "time") + " (" + Plural(c.Lost, "record") + " missed)"
	} else {
		text += ", never lapped"
	}
	if c.Missed > 0 {
		text += ", " + Plural(c.Missed, "older record") + " of the run overwritten before it began"
	}
	if c.Epochs > 0 {
		text += ", writer restarts followed: " + strconv.FormatUint(c.Epochs, 10)
	}
	if c.Unknown > 0 {
		text += ", " + Thousands(c.Unknown) + " of unknown type"
	}
	if c.Corrupt > 0 {
		text += ", " + Thousands(c.Corrupt) + " damaged slots"
	}
	return text
}

// Plural is a count and what is counted: 1 channel, 2 channels.
func Plural(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return Thousands(n) + " " + what
}
