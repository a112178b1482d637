package capture

import "unsafe"

// within says whether the bytes of part lie in whole: then they live as long.
func within(whole, part []byte) bool {
	if len(part) == 0 {
		return true
	}
	first, at := uintptr(unsafe.Pointer(unsafe.SliceData(whole))), uintptr(unsafe.Pointer(unsafe.SliceData(part)))
	return at >= first && at+uintptr(len(part)) <= first+uintptr(len(whole))
}
