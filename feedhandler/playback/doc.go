// Package playback gives recorded inputs to pipelines again: the records of a packets ring, or of a journal made of them.
//
//	builder := playback.NewBuilder()
//	player := playback.New(builder.Build)
//	for each record, in order, from the begin of a run {
//		err = player.Take(header, payload)
//	}
//	player.Finish()
//	for _, c := range player.Channels() { c.Channel.Digest(schema) ... }
//
// The nouns. A record is one input of one worker's core (shm.PacketHeader says which, docs/adr/0019 why). An Origin is what
// rebuilds a pipeline: its channels as configured, and what else the run took from where no record would tell. A Player is one
// worker: its pipelines, by their places in the control file.
//
// Where the records lie is not known here, nor whether the run still lives. What is taken in is another process's word: a record
// that does not fit is an error, never a panic. A panic of the core is caught where it was in the run, and told where it was not.
//
// The trap: a run can be taken from its begin only. Who comes later has no books, and digests of something else.
package playback
