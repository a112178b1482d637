#include "textflag.h"

// func askHead(frame *byte)
TEXT ·askHead(SB), NOSPLIT, $0-8
	MOVD frame+0(FP), R0
	PRFM (R0), PLDL1KEEP
	PRFM 64(R0), PLDL1KEEP
	RET
