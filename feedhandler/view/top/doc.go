// Package top reads the state of an instance from its control file alone: no question is asked of the writer, which may be
// a live run, a replay, or dead.
//
//	v, err := segment.Open("", "default")
//	now := top.Read(v, time.Now())
//	now.Rates(&before) // what happened a second since an earlier reading
//	top.Text(w, &now)  // or its JSON
package top
