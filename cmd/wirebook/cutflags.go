package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// cutFlags name a part of a capture: a time, instruments.
type cutFlags struct {
	from, until string
	symbols     []string
	fromNS      uint64
	untilNS     uint64 // 0: to the end
}

func (f *cutFlags) add(c *cobra.Command, what string) {
	const times = ", by receive time: 2025-06-02T13:30:00.25Z, 2025-06-02 13:30 (UTC), or ns since 1970"
	c.Flags().StringVar(&f.from, "from", "", what+" from then on"+times)
	c.Flags().StringVar(&f.until, "until", "", what+" before then"+times)
}

func (f *cutFlags) addSymbols(c *cobra.Command, what string) {
	c.Flags().StringSliceVar(&f.symbols, "symbol", nil, what+" of these instruments only: symbols, several by comma")
}

// parse reads the times.
func (f *cutFlags) parse() (err error) {
	if f.fromNS, err = parseTime("--from", f.from); err != nil {
		return err
	}
	if f.untilNS, err = parseTime("--until", f.until); err != nil {
		return err
	}
	if f.untilNS != 0 && f.untilNS <= f.fromNS {
		return usageError{fmt.Errorf("--until %s is not after --from %s: there is nothing between", f.until, f.from)}
	}
	return nil
}

var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// parseTime reads a point in time, UTC where no zone is told.
func parseTime(flag, text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	if ns, err := strconv.ParseUint(text, 10, 64); err == nil && len(text) > 8 {
		return ns, nil
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, text); err == nil && t.Year() >= 1970 && t.Year() < 2262 {
			return uint64(t.UnixNano()), nil
		}
	}
	return 0, usageError{fmt.Errorf("%s %q: must be a time such as 2025-06-02T13:30:00.25Z, 2025-06-02 13:30 (UTC), or ns since 1970", flag, text)}
}
