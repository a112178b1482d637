#include "textflag.h"

// func fetchLines(addresses *uintptr, n int)
TEXT ·fetchLines(SB), NOSPLIT, $0-16
	MOVQ addresses+0(FP), AX
	MOVQ n+8(FP), CX
	TESTQ CX, CX
	JLE  done
next:
	MOVQ (AX), DX
	PREFETCHT0 (DX)
	ADDQ $8, AX
	DECQ CX
	JNZ  next
done:
	RET
