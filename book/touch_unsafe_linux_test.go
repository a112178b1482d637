package book

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// TestTouch: with Touch every page of the tables is resident before the first event.
func TestTouch(t *testing.T) {
	b := newBooks(t, Config{MaxInstruments: 1 << 18, MaxOrders: 1 << 20, InitialOrders: 1 << 20, Touch: true})
	resident(t, "orders", b.orders.lines)
	resident(t, "memos", b.memos)
	resident(t, "levels", b.levels)
	resident(t, "prices", b.entries.mem)
	resident(t, "sides", b.sides)
	resident(t, "ladders", b.ladders)
	resident(t, "quotes", b.quotes)
}

func resident[T any](t *testing.T, name string, table []T) {
	t.Helper()
	page := uintptr(os.Getpagesize())
	start := uintptr(unsafe.Pointer(unsafe.SliceData(table))) &^ (page - 1)
	end := uintptr(unsafe.Pointer(&table[len(table)-1]))
	in := make([]byte, (end-start)/page+1)
	if _, _, errno := syscall.Syscall(syscall.SYS_MINCORE, start, uintptr(len(in))*page, uintptr(unsafe.Pointer(&in[0]))); errno != 0 {
		t.Fatalf("mincore: %v", errno)
	}
	for i, v := range in {
		if v&1 == 0 {
			t.Errorf("%s: page %d of %d is not there", name, i, len(in))
			return
		}
	}
}
