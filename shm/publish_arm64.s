//go:build !purego && !race

#include "go_asm.h"
#include "textflag.h"

// Mark, barrier, payload, commit. DMB ISHST keeps the payload stores behind the mark for every other processor;
// STLR keeps the commit behind the payload. Readers load with acquire (LDAR, Go's atomic loads).

#define ISHST $10

// func claim(w *Writer) unsafe.Pointer
//
// The compiler moves no store of the caller's over a call: what it fills comes behind the barrier and before the commit.
TEXT ·claim(SB), NOSPLIT, $0-16
	MOVD w+0(FP), R0
	MOVD Writer_pos(R0), R1
	MOVD Writer_mask(R0), R2
	MOVD (Writer_slots+slotArray_size)(R0), R3
	MOVD (Writer_slots+slotArray_base)(R0), R4
	AND  R1, R2, R2
	MADD R3, R4, R2, R4 // base + index*size
	ADD  $1, R1, R5
	LSL  $1, R5, R5 // committed(pos)
	ORR  $1, R5, R5
	MOVD R5, (R4)
	DMB  ISHST
	MOVD R4, ret+8(FP)
	RET

// func commit(w *Writer, slot unsafe.Pointer)
//
// The mark is committed(pos) | 1: one less commits.
TEXT ·commit(SB), NOSPLIT, $0-16
	MOVD w+0(FP), R0
	MOVD slot+8(FP), R4
	MOVD (R4), R5
	SUB  $1, R5, R5
	STLR R5, (R4)
	MOVD Writer_pos(R0), R1
	ADD  $1, R1, R1
	MOVD R1, Writer_pos(R0)
	RET

// func publishN(slot unsafe.Pointer, committed uint64, src unsafe.Pointer, words, extraAt uintptr, extra, channel uint64)
TEXT ·publishN(SB), NOSPLIT, $0-56
	MOVD slot+0(FP), R0
	MOVD committed+8(FP), R1
	MOVD src+16(FP), R2
	MOVD words+24(FP), R4
	ORR  $1, R1, R3
	MOVD R3, (R0)
	DMB  ISHST
	ADD  $8, R0, R5
two:
	SUBS $2, R4, R4
	BLT  tail
	LDP.P 16(R2), (R6, R7)
	STP.P (R6, R7), 16(R5)
	B    two
tail:
	ADDS $2, R4, R4
	BEQ  extras
	MOVD (R2), R6
	MOVD R6, (R5)
extras:
	MOVD extraAt+32(FP), R8
	MOVD extra+40(FP), R9
	MOVD channel+48(FP), R10
	ADD  R0, R8, R8
	MOVD R9, (R8)
	TBNZ $63, R10, commit
	MOVD R10, 8(R8)
commit:
	STLR R1, (R0)
	RET

// func pause(n uint32)
TEXT ·pause(SB), NOSPLIT, $0-4
	MOVWU n+0(FP), R0
again:
	CBZW R0, done
	YIELD
	SUBW $1, R0, R0
	B    again
done:
	RET

// func release(word *uint64, v uint64)
TEXT ·release(SB), NOSPLIT, $0-16
	MOVD word+0(FP), R0
	MOVD v+8(FP), R1
	STLR R1, (R0)
	RET

// func announce(word *uint64, v uint64)
TEXT ·announce(SB), NOSPLIT, $0-16
	MOVD word+0(FP), R0
	MOVD v+8(FP), R1
	MOVD R1, (R0)
	DMB  ISHST
	RET

// func prefetch(word *uint64)
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVD word+0(FP), R0
	PRFM (R0), PSTL1KEEP
	ADD  $64, R0, R0
	PRFM (R0), PSTL1KEEP
	RET
