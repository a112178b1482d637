//go:build (!amd64 && !arm64) || purego

package shm

import (
	"sync/atomic"
	"unsafe"
)

func publishMBO(w *Writer, m *MBO) uint64 {
	if w.schema != SchemaMBO {
		return w.refuse()
	}
	return w.publish(unsafe.Pointer(m), SizeMBO, 0)
}

func publishTrade(w *Writer, m *Trade, tradeID uint64) uint64 {
	if w.schema != SchemaTrades {
		return w.refuse()
	}
	return w.publish(unsafe.Pointer(m), SizeTrade, tradeID)
}

func publishMBP1(w *Writer, m *MBP1, tradeID uint64) uint64 {
	if w.schema != SchemaMBP1 {
		return w.refuse()
	}
	return w.publish(unsafe.Pointer(m), SizeMBP1, tradeID)
}

func publishN(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64) {
	publishAtomic(slot, committed, src, words, extraAt, extra, channel)
}

var pauseWord uint32

func pause(n uint32) {
	for ; n > 0; n-- {
		atomic.LoadUint32(&pauseWord)
	}
}
