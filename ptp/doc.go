// Package ptp is Wirebook's model of time: what a receive stamp is, how a NIC's clock becomes UTC, and how far the
// result can be trusted. It is pure arithmetic: it reads no clock, does no I/O and does not allocate after New.
//
// The nouns:
//
//   - Stamp: the moment a packet was received, UTC, with its source and error bound.
//   - Sample: one cross timestamp, the system clock before and after a reading of the PHC. The PHC's reading
//     happened somewhere between the two, so a sample is an interval that holds the truth, not a point.
//   - Estimator: turns samples into a line, PHC to UTC, with an error bound, and watches for steps, freezes and silence.
//   - Reference: what UTC is taken from: a grandmaster through ptp4l, or the host's own disciplined clock.
//   - Model: a snapshot of the line, applied with two multiplications.
//   - Published: where the cold side leaves the Model and each worker picks it up without waiting.
//
// The cold side, some ten times a second:
//
//	estimator.SetReference(reference)
//	estimator.Add(sample)
//	published.Store(estimator.Model())
//
// The hot side:
//
//	model := reader.Model()             // once a batch: one atomic load when nothing has changed
//	stamp := model.Stamp(frame.RxPHC)   // once a frame
//
// The trap: a fit that is good says only that two clocks of this machine agree. Whether they are right is the
// Reference's matter. A model whose state is not trusted still gives a time, and every stamp made from it is Bad.
package ptp
