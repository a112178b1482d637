//go:build !linux

package bench

import (
	"errors"
	"runtime"
	"time"
)

func allowed() []int {
	list := make([]int, runtime.NumCPU())
	for i := range list {
		list[i] = i
	}
	return list
}

// pin only ties the goroutine to its thread: this system has no affinity we know.
func pin(int) (func(), error) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread, nil
}

func confine(int) {}

func realtime(bool) error { return errors.ErrUnsupported }

func lockMemory() {}

func sleep(ns int64) { time.Sleep(time.Duration(ns)) }

var began = time.Now()

func monotonic() uint64 { return uint64(time.Since(began)) }

func threadCPU() uint64 { return monotonic() }

type interruptions struct{ switches, faults int64 }

func interrupted() interruptions { return interruptions{} }
