#include "textflag.h"

// func fetchLines(addresses *uintptr, n int)
TEXT ·fetchLines(SB), NOSPLIT, $0-16
	MOVD addresses+0(FP), R0
	MOVD n+8(FP), R1
	SUBS $8, R1, R1
	BLT  rest
eight:
	LDP.P 16(R0), (R2, R3)
	LDP.P 16(R0), (R4, R5)
	LDP.P 16(R0), (R6, R7)
	LDP.P 16(R0), (R8, R9)
	PRFM (R2), PLDL1KEEP
	PRFM (R3), PLDL1KEEP
	PRFM (R4), PLDL1KEEP
	PRFM (R5), PLDL1KEEP
	PRFM (R6), PLDL1KEEP
	PRFM (R7), PLDL1KEEP
	PRFM (R8), PLDL1KEEP
	PRFM (R9), PLDL1KEEP
	SUBS $8, R1, R1
	BGE  eight
rest:
	ADDS $8, R1, R1
	BLE  done
one:
	MOVD.P 8(R0), R2
	PRFM (R2), PLDL1KEEP
	SUBS $1, R1, R1
	BNE  one
done:
	RET
