package clock

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/facebook/time/leapsectz"

	"wirebook/ptp"
)

// Places of the leap second table: the time zone database's list, and its right/ zone, which newer systems leave out.
const (
	leapList = "/usr/share/zoneinfo/leap-seconds.list"
	leapZone = "/usr/share/zoneinfo/right/UTC"
)

// Leaps reads this host's leap second table and says where it came from.
func Leaps() (table ptp.LeapTable, from string, err error) {
	if f, openErr := os.Open(leapList); openErr == nil {
		defer f.Close()
		if table, err = parseLeapList(f); err == nil {
			return table, leapList, nil
		}
		err = fmt.Errorf("%s: %w", leapList, err)
	}
	seconds, zoneErr := leapsectz.Parse(leapZone)
	if zoneErr == nil {
		if table = fromZone(seconds); table.Sorted() {
			return table, leapZone, nil
		}
	}
	if err == nil {
		err = fmt.Errorf("no leap second table: neither %s nor %s can be read; install tzdata", leapList, leapZone)
	}
	return nil, "", err
}

// fromZone turns the zone's count of leap seconds into TAI-UTC, which was 10 s when they began in 1972.
func fromZone(seconds []leapsectz.LeapSecond) (table ptp.LeapTable) {
	const before = 10
	table = append(table, ptp.Leap{UTCSeconds: 63072000, Offset: before}) // 1972-01-01
	for _, l := range seconds {
		table = append(table, ptp.Leap{UTCSeconds: l.Time().Unix(), Offset: int16(l.Nleap) + before})
	}
	return table
}

// parseLeapList reads the format of the IERS and NIST: seconds since 1900, TAI-UTC, comment.
func parseLeapList(r io.Reader) (table ptp.LeapTable, err error) {
	const ntpEpoch = 2208988800 // 1970 in seconds since 1900
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		line, _, _ := strings.Cut(scanner.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d: %d fields, not 2", number, len(fields))
		}
		at, err := strconv.ParseInt(fields[0], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		offset, err := strconv.ParseInt(fields[1], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		table = append(table, ptp.Leap{UTCSeconds: at - ntpEpoch, Offset: int16(offset)})
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	if len(table) == 0 || !table.Sorted() {
		return nil, fmt.Errorf("%d entries, which are none or out of order", len(table))
	}
	return table, nil
}
