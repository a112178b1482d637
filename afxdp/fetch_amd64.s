#include "textflag.h"

// func fetchEight(mem *byte, descs *Desc, meta bool)
//
// Unrolled: the loop's own instructions and its mispredicted end would cost as much as the fetching saves.
TEXT ·fetchEight(SB), NOSPLIT, $0-17
	MOVQ mem+0(FP), SI
	MOVQ descs+8(FP), AX
	MOVBLZX meta+16(FP), CX
	MOVQ 0(AX), R8
	PREFETCHT0 (SI)(R8*1)
	MOVQ 16(AX), R9
	PREFETCHT0 (SI)(R9*1)
	MOVQ 32(AX), R10
	PREFETCHT0 (SI)(R10*1)
	MOVQ 48(AX), R11
	PREFETCHT0 (SI)(R11*1)
	MOVQ 64(AX), R8
	PREFETCHT0 (SI)(R8*1)
	MOVQ 80(AX), R9
	PREFETCHT0 (SI)(R9*1)
	MOVQ 96(AX), R10
	PREFETCHT0 (SI)(R10*1)
	MOVQ 112(AX), R11
	PREFETCHT0 (SI)(R11*1)
	TESTB CX, CX
	JZ   done
	MOVQ 0(AX), R8
	PREFETCHT0 -64(SI)(R8*1)
	MOVQ 16(AX), R9
	PREFETCHT0 -64(SI)(R9*1)
	MOVQ 32(AX), R10
	PREFETCHT0 -64(SI)(R10*1)
	MOVQ 48(AX), R11
	PREFETCHT0 -64(SI)(R11*1)
	MOVQ 64(AX), R8
	PREFETCHT0 -64(SI)(R8*1)
	MOVQ 80(AX), R9
	PREFETCHT0 -64(SI)(R9*1)
	MOVQ 96(AX), R10
	PREFETCHT0 -64(SI)(R10*1)
	MOVQ 112(AX), R11
	PREFETCHT0 -64(SI)(R11*1)
done:
	RET
