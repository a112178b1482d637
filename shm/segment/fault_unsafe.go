package segment

import (
	"runtime/debug"
	"unsafe"
)

// faultless does what touches a mapping of the readers file, which others may cut short. It says whether the memory was there.
func faultless(m *mapping, what func()) (there bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		fault, ok := r.(interface{ Addr() uintptr })
		low := uintptr(unsafe.Pointer(unsafe.SliceData(m.mem)))
		if !ok || fault.Addr() < low || fault.Addr() >= low+uintptr(len(m.mem)) {
			panic(r)
		}
		there = false
	}()
	what()
	return true
}
