package view

import "charm.land/lipgloss/v2"

// Paint colours a piece of text; nil leaves it as it is.
type Paint func(...string) string

// Palette says how a Screen is coloured. The zero value does not colour.
type Palette struct {
	Title, Dim, Good, Bad, Bid, Ask Paint
}

// Colours returns the palette for terminals, in their own sixteen colours.
func Colours() Palette {
	style := lipgloss.NewStyle
	return Palette{
		Title: style().Bold(true).Render,
		Dim:   style().Foreground(lipgloss.BrightBlack).Render,
		Good:  style().Foreground(lipgloss.Green).Render,
		Bad:   style().Foreground(lipgloss.Red).Bold(true).Render,
		Bid:   style().Foreground(lipgloss.Cyan).Render,
		Ask:   style().Foreground(lipgloss.Yellow).Render,
	}
}

// span is text of one colour; a row of spans is cut to the screen before it is coloured.
type span struct {
	text  string
	paint Paint
}

// fit joins spans to one line of at most width columns. All text is of single-column characters.
func fit(spans []span, width int) string {
	out := ""
	for _, s := range spans {
		r := []rune(s.text)
		if len(r) > width {
			r = r[:width]
		}
		width -= len(r)
		if s.paint == nil || len(r) == 0 {
			out += string(r)
		} else {
			out += s.paint(string(r))
		}
	}
	return out
}
