package capture

import "fmt"

// Trouble is what can be wrong inside a capture. Each is counted by name; the first of a kind in a file is a Warning.
type Trouble uint8

// Troubles.
const (
	CutShort       Trouble = iota // the file ends inside a record
	AbsurdLength                  // a length no frame has: reading the file ends there
	Corrupt                       // a structure that contradicts itself: reading the file ends there
	SnapCut                       // the frame was longer than what was kept of it
	LongerThanWire                // more bytes kept than there were on the wire
	FractionOver                  // fraction of a second of a second or more; carried into the seconds
	TimeOverflow                  // a time that does not fit 64 bits of nanoseconds
	TimeBackwards                 // earlier than the packet before it in the file
	NoTime                        // the record has no time; it is given the time of the one before
	UnknownIface                  // a packet of an interface that was not described; left out
	NotRead                       // a link type or an encapsulation that is not read; delivered as it is
	ForeignRecord                 // a record kind that holds no frame we can give; left out
	RxError                       // the capturing card marked the frame as damaged
	NoDate                        // no trading date known
	UnknownStamp                  // a switch's stamp of a version that is not read, or not where it is said to be
	CaptureDrops                  // packets that the capturing host says it lost: they are not in the file
	ZeroLength                    // a BinaryFILE goes on behind the length of 0 that ends a day
	FragmentLost                  // an IP fragment that could not be put together with others
	troubleCount
)

var troubleNames = [troubleCount]string{"cut_short", "absurd_length", "corrupt", "snap_cut", "longer_than_wire",
	"fraction_over", "time_overflow", "time_backwards", "no_time", "unknown_interface", "not_read", "foreign_record",
	"rx_error", "no_date", "unknown_stamp", "drops", "zero_length", "fragment_lost"}

// String returns the counter's name.
func (t Trouble) String() string {
	if t < troubleCount {
		return troubleNames[t]
	}
	return "trouble"
}

// Damaged says that the file could not be read to its end.
func (f *FileInfo) Damaged() bool {
	return f.Troubles[CutShort.String()]+f.Troubles[AbsurdLength.String()]+f.Troubles[Corrupt.String()] > 0
}

// Warning is one thing wrong with a file that did not stop the reading of what is before it.
type Warning struct {
	File    string
	Offset  int64 // in the file after unpacking
	Trouble Trouble
	Text    string
}

// String spells the warning for people.
func (w Warning) String() string {
	return fmt.Sprintf("%s: offset %d: %s", w.File, w.Offset, w.Text)
}
