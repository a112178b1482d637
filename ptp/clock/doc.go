// Package clock is the cold side of time: it reads the NIC's clock, the host's clock and ptp4l some times a second, feeds
// the estimator and publishes models for the workers.
//
//	service, err := clock.New(clock.Options{Interface: "eth0"})
//	defer service.Close()
//	go service.Run(ctx)
//	reader := ptp.NewReader(service.NIC()) // in each worker, for hardware stamps
//
// Three models are published, one for each kind of receive stamp:
//
//   - NIC: ticks of the PHC.
//   - Driver: CLOCK_TAI, which the XDP program reads (bpf_ktime_get_tai_ns).
//   - Kernel: CLOCK_REALTIME, which socket stamps carry.
//
// What UTC is taken from is decided anew with every reading, best first: the PHC less the TAI offset, where ptp4l steers
// this PHC, is SLAVE of a traceable grandmaster and contradicts nothing; the host's clock, where somebody keeps it
// synchronised, and not from this very PHC; nothing. Without a reference stamps are made all the same and flagged.
//
// The bound with a grandmaster is what the servo is off at most of late, plus the grandmaster's accuracy, plus the whole
// mean path delay: an asymmetric path cannot hide more than that, since neither direction takes less than nothing.
package clock
