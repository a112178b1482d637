//go:build !purego && !race

#include "go_asm.h"
#include "textflag.h"

// The order of stores is the whole point: mark, payload, commit. amd64 keeps stores in program order for every
// other processor, so plain moves are enough; assembly is here because the compiler promises no order (claim_amd64_unsafe.go
// says why the mark of a claimed slot is not). Moves of 8 bytes: records are filled by 4 and 8 byte fields, and wider
// loads of them would wait for the store buffer.

// func commit(w *Writer, slot unsafe.Pointer)
//
// The mark is committed(pos) | 1: one less commits.
TEXT ·commit(SB), NOSPLIT, $0-16
	MOVQ w+0(FP), DX
	MOVQ slot+8(FP), DI
	DECQ (DI)
	INCQ Writer_pos(DX)
	RET

// func publishN(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64)
//
// Publishes words payload words, then extra at byte offset extraAt, and channel at the word behind it where
// extraAt's slot has room (channelAt is extraAt+8; the caller passes channel with the top bit set for "none").
TEXT ·publishN(SB), NOSPLIT, $0-56
	MOVQ slot+0(FP), DI
	MOVQ committed+8(FP), AX
	MOVQ src+16(FP), SI
	MOVQ words+24(FP), CX
	LEAQ 1(AX), BX
	MOVQ BX, (DI)
	LEAQ 8(DI), R13
four:
	SUBQ $4, CX
	JLT  tail
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	MOVQ R8, 0(R13)
	MOVQ R9, 8(R13)
	MOVQ R10, 16(R13)
	MOVQ R11, 24(R13)
	ADDQ $32, SI
	ADDQ $32, R13
	JMP  four
tail:
	ADDQ $4, CX
one:
	JEQ  extras
	MOVQ 0(SI), R8
	MOVQ R8, 0(R13)
	ADDQ $8, SI
	ADDQ $8, R13
	DECQ CX
	JMP  one
extras:
	MOVQ extraAt+32(FP), R9
	MOVQ extra+40(FP), R10
	MOVQ channel+48(FP), R11
	MOVQ R10, (DI)(R9*1)
	TESTQ R11, R11
	JLT  commit
	MOVQ R11, 8(DI)(R9*1)
commit:
	MOVQ AX, (DI)
	RET

// func pause(n uint32)
TEXT ·pause(SB), NOSPLIT, $0-4
	MOVL n+0(FP), CX
again:
	TESTL CX, CX
	JEQ  done
	PAUSE
	DECL CX
	JMP  again
done:
	RET

// func release(word *uint64, v uint64)
TEXT ·release(SB), NOSPLIT, $0-16
	MOVQ word+0(FP), DI
	MOVQ v+8(FP), AX
	MOVQ AX, (DI)
	RET

// func announce(word *uint64, v uint64)
TEXT ·announce(SB), NOSPLIT, $0-16
	MOVQ word+0(FP), DI
	MOVQ v+8(FP), AX
	MOVQ AX, (DI)
	RET

// func prefetch(word *uint64)
//
// PREFETCHW, which the assembler does not know, of the line of word and of the one behind it: they come to be written.
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVQ word+0(FP), DI
	BYTE $0x0F; BYTE $0x0D; BYTE $0x0F             // PREFETCHW (DI)
	BYTE $0x0F; BYTE $0x0D; BYTE $0x4F; BYTE $0x40 // PREFETCHW 64(DI)
	RET
