// Package live is the edge that takes multicast off the network and drives the core with it.
//
//	h, err := live.Start(ctx, live.Options{Config: cfg, Log: log}) // checks, opens, publishes, joins
//	err = h.Run(ctx)                                               // until ctx ends: watches, verifies, logs
//	report, err := h.Reload(newConfig)                             // channels come and go, the others are not touched
//
// Here is the cold side: the handler opens and joins, measures the clock, counts drops, watches the workers and tells the
// readers that all is well. The hot thread and what it polls are package worker; AF_XDP on an interface is package xdp; the
// rules of a NIC are package ntuple. None of them knows this one.
//
// Each queue of a NIC has one worker that polls it, and each channel one that owns it (assign.go). Where they differ the
// frame is handed over. Rules in the NIC make that rare where it takes them (steer.go).
//
// Each feed has a pipeline of its own, so channels are added and removed, and a panic in one is mended, without touching
// another. A worker that stops making progress cannot be ended inside a process: the heartbeat stops, so that readers
// know, and Options.Replace starts the program again in its place.
//
// The trap: what the handler wants of a worker it asks by Worker.Do, and waits.
package live
