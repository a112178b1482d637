//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// The order of stores is the whole point: mark, payload, commit. amd64 keeps stores in program order for every
// other processor, so plain moves are enough; assembly is here because the compiler promises no order, and would
// drop the mark as a dead store. All moves are 8 bytes wide: records are filled by 4 and 8 byte fields, and wider
// loads of them would wait for the store buffer.

// func publishMBO(w *Writer, m *MBO) uint64
TEXT ·publishMBO(SB), NOSPLIT, $0-24
	MOVQ w+0(FP), DX
	MOVQ m+8(FP), SI
	CMPB Writer_schema(DX), $const_SchemaMBO
	JNE  refuse
	MOVQ Writer_pos(DX), AX
	MOVQ Writer_mask(DX), DI
	ANDQ AX, DI
	SHLQ $6, DI
	ADDQ (Writer_slots+slotArray_base)(DX), DI
	LEAQ 2(AX)(AX*1), BX // committed(pos)
	LEAQ 1(BX), CX
	MOVQ CX, (DI)
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	MOVQ 32(SI), R12
	MOVQ 40(SI), R13
	MOVQ 48(SI), CX
	MOVQ R8, 8(DI)
	MOVQ R9, 16(DI)
	MOVQ R10, 24(DI)
	MOVQ R11, 32(DI)
	MOVQ R12, 40(DI)
	MOVQ R13, 48(DI)
	MOVQ CX, 56(DI)
	MOVQ BX, (DI)
	MOVQ AX, ret+16(FP)
	INCQ AX
	MOVQ AX, Writer_pos(DX)
	RET
refuse:
	INCQ Writer_refused(DX)
	MOVQ $-1, ret+16(FP)
	RET

// func publishTrade(w *Writer, m *Trade, tradeID uint64) uint64
TEXT ·publishTrade(SB), NOSPLIT, $0-32
	MOVQ w+0(FP), DX
	MOVQ m+8(FP), SI
	CMPB Writer_schema(DX), $const_SchemaTrades
	JNE  refuse
	MOVQ Writer_pos(DX), AX
	MOVQ Writer_mask(DX), DI
	ANDQ AX, DI
	SHLQ $6, DI
	ADDQ (Writer_slots+slotArray_base)(DX), DI
	LEAQ 2(AX)(AX*1), BX // committed(pos)
	LEAQ 1(BX), CX
	MOVQ CX, (DI)
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	MOVQ 32(SI), R12
	MOVQ 40(SI), R13
	MOVQ R8, 8(DI)
	MOVQ R9, 16(DI)
	MOVQ R10, 24(DI)
	MOVQ R11, 32(DI)
	MOVQ R12, 40(DI)
	MOVQ R13, 48(DI)
	MOVQ tradeID+16(FP), CX
	MOVQ CX, 56(DI)
	MOVQ BX, (DI)
	MOVQ AX, ret+24(FP)
	INCQ AX
	MOVQ AX, Writer_pos(DX)
	RET
refuse:
	INCQ Writer_refused(DX)
	MOVQ $-1, ret+24(FP)
	RET

// func publishMBP1(w *Writer, m *MBP1, tradeID uint64) uint64
TEXT ·publishMBP1(SB), NOSPLIT, $0-32
	MOVQ w+0(FP), DX
	MOVQ m+8(FP), SI
	CMPB Writer_schema(DX), $const_SchemaMBP1
	JNE  refuse
	MOVQ Writer_pos(DX), AX
	MOVQ Writer_mask(DX), DI
	ANDQ AX, DI
	SHLQ $7, DI
	ADDQ (Writer_slots+slotArray_base)(DX), DI
	LEAQ 2(AX)(AX*1), BX // committed(pos)
	LEAQ 1(BX), CX
	MOVQ CX, (DI)
	MOVQ 0(SI), R8
	MOVQ 8(SI), R9
	MOVQ 16(SI), R10
	MOVQ 24(SI), R11
	MOVQ 32(SI), R12
	MOVQ R8, 8(DI)
	MOVQ R9, 16(DI)
	MOVQ R10, 24(DI)
	MOVQ R11, 32(DI)
	MOVQ R12, 40(DI)
	MOVQ 40(SI), R8
	MOVQ 48(SI), R9
	MOVQ 56(SI), R10
	MOVQ 64(SI), R11
	MOVQ 72(SI), R12
	MOVQ R8, 48(DI)
	MOVQ R9, 56(DI)
	MOVQ R10, 64(DI)
	MOVQ R11, 72(DI)
	MOVQ R12, 80(DI)
	MOVQ tradeID+16(FP), CX
	MOVQ CX, 88(DI)
	MOVQ Writer_channel(DX), CX
	MOVQ CX, 96(DI)
	MOVQ BX, (DI)
	MOVQ AX, ret+24(FP)
	INCQ AX
	MOVQ AX, Writer_pos(DX)
	RET
refuse:
	INCQ Writer_refused(DX)
	MOVQ $-1, ret+24(FP)
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
