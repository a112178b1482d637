// Package segment brings the memory that package shm works on: one directory per instance, usually below
// /dev/shm/wirebook, with a control file, one ring file per worker and schema, and the latest table.
//
//	/dev/shm/wirebook/NAME/lock          held by the running writer (flock)
//	                       control       shm.ControlHeader and its tables
//	                       mbo-0.ring    shm.RingHeader and slots: schema and worker
//	                       packets-0.ring shm.PacketsHeader and chunks, where asked for
//	                       latest        shm.LatestHeader and slots
//
// A writer calls Create. The directory of an instance that died is taken over: rings of the same shape go on where
// they were, under the next epoch; everything else is made anew beside the old files and renamed over them, so
// that readers of the old files notice and follow. A failing Create leaves nothing half-written.
//
// A reader calls OpenReader and then Next or Wait. It follows restarts of the writer by itself:
//
//	r, err := segment.OpenReader(segment.ReaderOptions{Name: "demo", Schema: shm.SchemaMBO})
//	buf := make([]byte, r.PayloadSize())
//	for {
//		switch r.Wait(buf, time.Second) {
//		case shm.Record:      // r.Body(buf)
//		case shm.Lapped:      // r.Lost() records missed
//		case shm.NewEpoch:    // forget every book
//		case shm.StaleWriter: // nobody writes
//		}
//	}
//
// Writers and readers refuse what somebody else may have put there (ErrUntrusted); trust.go has the rule.
//
// The trap: the control view and latest table a Reader returns are unmapped when it follows a restart. Ask for them
// again after each NewEpoch.
package segment
