#include "textflag.h"

// func fetchLines(addresses *uintptr, n int)
TEXT ·fetchLines(SB), NOSPLIT, $0-16
	MOVQ addresses+0(FP), AX
	MOVQ n+8(FP), CX
	SUBQ $8, CX
	JLT  rest
eight:
	MOVQ 0(AX), DX
	PREFETCHT0 (DX)
	MOVQ 8(AX), DX
	PREFETCHT0 (DX)
	MOVQ 16(AX), DX
	PREFETCHT0 (DX)
	MOVQ 24(AX), DX
	PREFETCHT0 (DX)
	MOVQ 32(AX), DX
	PREFETCHT0 (DX)
	MOVQ 40(AX), DX
	PREFETCHT0 (DX)
	MOVQ 48(AX), DX
	PREFETCHT0 (DX)
	MOVQ 56(AX), DX
	PREFETCHT0 (DX)
	ADDQ $64, AX
	SUBQ $8, CX
	JGE  eight
rest:
	ADDQ $8, CX
	JLE  done
one:
	MOVQ (AX), DX
	PREFETCHT0 (DX)
	ADDQ $8, AX
	DECQ CX
	JNZ  one
done:
	RET
