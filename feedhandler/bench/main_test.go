package bench

import (
	"fmt"
	"os"
	"testing"
)

// The test binary starts itself again as the second process.
func TestMain(m *testing.M) {
	if IsChild() {
		if err := Child(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
