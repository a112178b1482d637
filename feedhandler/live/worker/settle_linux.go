package worker

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// settle pins the calling thread, which is locked to the worker's goroutine, and gives it its priority.
func (w *Worker) settle() error {
	if w.cpu >= 0 {
		var set unix.CPUSet
		set.Set(w.cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return fmt.Errorf("worker %d: pin to CPU %d: %w", w.Number, w.cpu, err)
		}
	}
	if w.rt > 0 {
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: uint32(w.rt)}
		if err := unix.SchedSetAttr(0, &attr, 0); err != nil {
			return fmt.Errorf("worker %d: SCHED_FIFO %d: %w: give CAP_SYS_NICE, or set live.realtime to 0", w.Number, w.rt, err)
		}
	}
	return nil
}
