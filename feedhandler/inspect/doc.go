// Package inspect shows captured packets as the venue's specification spells them: every message, every field, in
// wire order, raw and unscaled. It reads with the same framings and layouts as the core, without books or sequence.
package inspect
