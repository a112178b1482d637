// Package phc reads a NIC's PTP hardware clock and switches its receive stamps on. It is the Linux side of package ptp:
// system calls in, ptp.Sample out. It never sets, steps or skews a clock.
//
//	info, err := phc.Find("eth0")          // which /dev/ptpN, and what the NIC can stamp
//	clock, err := phc.Open(info.Path)      // finds the best way to compare it with the host's clock
//	sample, err := clock.Sample()          // best of several
//	stamping, err := phc.EnableReceiveStamps("eth0")
//	defer stamping.Close()                 // as it was
//
// Three ways of comparing exist, and Open takes the first that the driver has:
//
//   - precise (PTP_SYS_OFFSET_PRECISE): the hardware latches both clocks at once (PCIe PTM, or a clock of the hypervisor).
//   - extended (PTP_SYS_OFFSET_EXTENDED): the driver reads the host's clock right around the register that counts.
//   - plain (PTP_SYS_OFFSET): the kernel reads the host's clock around the driver's whole function.
//
// The trap: ptp4l sets the receive filter too, to PTP packets only, whenever it starts, and market data is then no longer
// stamped. `hwts_filter full` in ptp4l.conf prevents that; Stamping.Check notices and repairs it.
package phc
