package socket

import (
	"strings"
	"testing"
)

func TestOptionsSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Group: 0xEF000001}, "port 0"},
		{Options{Port: 1, Batch: 2000}, "batch 2000 must be 1 to 1024"},
		{Options{Port: 1, Batch: -1}, "batch -1"},
		{Options{Port: 1, MaxPayload: 70000}, "70000 bytes must be 1 to 65507"},
		{Options{Port: 1, ReceiveBuffer: -1}, "receive buffer"},
		{Options{Port: 1, BusyPollUS: -1}, "busy poll"},
	} {
		err := c.o.normal(1500)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v does not say %q", c.o, err, c.want)
		}
	}
	o := Options{Port: 1}
	if err := o.normal(9000); err != nil || o.MaxPayload != 8972 || o.Batch != DefaultBatch || o.ReceiveBuffer != DefaultReceiveBuffer {
		t.Errorf("defaults: %+v, %v", o, err)
	}
}
