#include "textflag.h"

// func askHead(frame *byte)
TEXT ·askHead(SB), NOSPLIT, $0-8
	MOVQ frame+0(FP), AX
	PREFETCHT0 (AX)
	PREFETCHT0 64(AX)
	RET
