//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Mark, barrier, payload, commit. DMB ISHST keeps the payload stores behind the mark for every other processor;
// STLR keeps the commit behind the payload. Readers load with acquire (LDAR, Go's atomic loads).

#define ISHST $10

// func publishMBO(w *Writer, m *MBO) uint64
TEXT ·publishMBO(SB), NOSPLIT, $0-24
	MOVD  w+0(FP), R0
	MOVD  m+8(FP), R2
	MOVBU Writer_schema(R0), R3
	CMP   $const_SchemaMBO, R3
	BNE   refuse
	MOVD  Writer_pos(R0), R1
	MOVD  Writer_mask(R0), R3
	AND   R1, R3, R3
	MOVD  (Writer_slots+slotArray_base)(R0), R4
	ADD   R3<<6, R4, R4
	ADD   $1, R1, R5
	LSL   $1, R5, R6 // committed(pos)
	ORR   $1, R6, R7
	MOVD  R7, (R4)
	DMB   ISHST
	LDP   0(R2), (R8, R9)
	LDP   16(R2), (R10, R11)
	LDP   32(R2), (R12, R13)
	STP   (R8, R9), 8(R4)
	STP   (R10, R11), 24(R4)
	STP   (R12, R13), 40(R4)
	MOVD  48(R2), R14
	MOVD  R14, 56(R4)
	STLR  R6, (R4)
	MOVD  R5, Writer_pos(R0)
	MOVD  R1, ret+16(FP)
	RET
refuse:
	MOVD  Writer_refused(R0), R1
	ADD   $1, R1, R1
	MOVD  R1, Writer_refused(R0)
	MOVD  $-1, R1
	MOVD  R1, ret+16(FP)
	RET

// func publishTrade(w *Writer, m *Trade, tradeID uint64) uint64
TEXT ·publishTrade(SB), NOSPLIT, $0-32
	MOVD  w+0(FP), R0
	MOVD  m+8(FP), R2
	MOVBU Writer_schema(R0), R3
	CMP   $const_SchemaTrades, R3
	BNE   refuse
	MOVD  Writer_pos(R0), R1
	MOVD  Writer_mask(R0), R3
	AND   R1, R3, R3
	MOVD  (Writer_slots+slotArray_base)(R0), R4
	ADD   R3<<6, R4, R4
	ADD   $1, R1, R5
	LSL   $1, R5, R6 // committed(pos)
	ORR   $1, R6, R7
	MOVD  R7, (R4)
	DMB   ISHST
	LDP   0(R2), (R8, R9)
	LDP   16(R2), (R10, R11)
	LDP   32(R2), (R12, R13)
	STP   (R8, R9), 8(R4)
	STP   (R10, R11), 24(R4)
	STP   (R12, R13), 40(R4)
	MOVD  tradeID+16(FP), R14
	MOVD  R14, 56(R4)
	STLR  R6, (R4)
	MOVD  R5, Writer_pos(R0)
	MOVD  R1, ret+24(FP)
	RET
refuse:
	MOVD  Writer_refused(R0), R1
	ADD   $1, R1, R1
	MOVD  R1, Writer_refused(R0)
	MOVD  $-1, R1
	MOVD  R1, ret+24(FP)
	RET

// func publishMBP1(w *Writer, m *MBP1, tradeID uint64) uint64
TEXT ·publishMBP1(SB), NOSPLIT, $0-32
	MOVD  w+0(FP), R0
	MOVD  m+8(FP), R2
	MOVBU Writer_schema(R0), R3
	CMP   $const_SchemaMBP1, R3
	BNE   refuse
	MOVD  Writer_pos(R0), R1
	MOVD  Writer_mask(R0), R3
	AND   R1, R3, R3
	MOVD  (Writer_slots+slotArray_base)(R0), R4
	ADD   R3<<7, R4, R4
	ADD   $1, R1, R5
	LSL   $1, R5, R6 // committed(pos)
	ORR   $1, R6, R7
	MOVD  R7, (R4)
	DMB   ISHST
	LDP   0(R2), (R8, R9)
	LDP   16(R2), (R10, R11)
	LDP   32(R2), (R12, R13)
	STP   (R8, R9), 8(R4)
	STP   (R10, R11), 24(R4)
	STP   (R12, R13), 40(R4)
	LDP   48(R2), (R8, R9)
	LDP   64(R2), (R10, R11)
	STP   (R8, R9), 56(R4)
	STP   (R10, R11), 72(R4)
	MOVD  tradeID+16(FP), R14
	MOVD  Writer_channel(R0), R15
	STP   (R14, R15), 88(R4)
	STLR  R6, (R4)
	MOVD  R5, Writer_pos(R0)
	MOVD  R1, ret+24(FP)
	RET
refuse:
	MOVD  Writer_refused(R0), R1
	ADD   $1, R1, R1
	MOVD  R1, Writer_refused(R0)
	MOVD  $-1, R1
	MOVD  R1, ret+24(FP)
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
