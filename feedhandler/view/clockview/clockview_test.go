package clockview

import (
	"testing"

	"wirebook/ptp"
	"wirebook/ptp/clock"
)

func TestSparkline(t *testing.T) {
	var list []clock.Point
	for i := 0; i < 128; i++ {
		list = append(list, clock.Point{OffsetNS: int64(i), State: ptp.Locked})
	}
	line, low, high := sparkline(list, 16)
	if line != "__..--~~==++**##" && len(line) != 16 || low != 0 || high != 127 || line[0] != '_' || line[15] < '#' {
		t.Errorf("%q from %d to %d", line, low, high)
	}
	list[0].State = ptp.Stepped
	if line, _, _ = sparkline(list, 16); line[0] != '!' {
		t.Errorf("%q", line)
	}
	if line, _, _ = sparkline(list[:3], 16); len(line) != 3 {
		t.Errorf("%q", line)
	}
}

// TestEveryCauseHasAdvice keeps the words complete.
func TestEveryCauseHasAdvice(t *testing.T) {
	for cause := ptp.CauseNone + 1; cause < ptp.CauseCount; cause++ {
		st := clock.Status{Block: clock.Block{Cause: cause}}
		if text := Advice(&st); text == cause.String() {
			t.Errorf("%v has no advice", cause)
		}
	}
}
