// Package export writes records of the core to files, offline: DBN version 3 (or 2), CSV and JSON lines.
//
// A DBN file names its symbols before its first record, and they are known only after the last: records are spooled
// beside the output and the file appears under its name when it is whole.
package export
