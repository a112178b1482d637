package fetch

import "testing"

// TestHeadReadsNothing: memory that is not there is no fault, at the end of a page neither.
func TestHeadReadsNothing(t *testing.T) {
	one := make([]byte, 1)
	Head(&one[0])
	page := make([]byte, 1<<12)
	for i := range page {
		Head(&page[i])
	}
	Head(nil)
}
