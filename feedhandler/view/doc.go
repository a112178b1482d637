// Package view shows what a running instance publishes: to people as lines and a live table, to programs as JSON.
// It is a reader like any customer's: it maps the rings read-only and knows nothing of the core.
//
//	Follower   the records of one schema of an instance, with symbols, filtered, through restarts of the writer
//	Books      what a table shows of each instrument, from records
//	Status     what the control file says: writer, channels, lines A and B, gaps
//	Screen     Books and Status as text that fits a terminal
//
//	f, err := view.Open(ctx, view.Options{Name: "default", Schema: shm.SchemaMBP1})
//	var rec view.Record
//	for {
//		switch f.Next(&rec, 100*time.Millisecond) {
//		case shm.Record:  // view.AppendLine(b, &rec, false), or books.Apply(&rec)
//		case shm.Stopped: // the writer ended and everything was read
//		}
//	}
//
// The trap: a Record's body is borrowed until the next call of Next.
package view
