// Package ptp4l asks a running ptp4l, through its management socket, what it does and whether that can be believed.
//
//	client := ptp4l.New(ptp4l.Options{Interface: "eth0"})
//	defer client.Close()
//	report := client.Read() // within Options.Timeout, always
//	if report.Health == ptp4l.Slave { ... report.State.TAIOffset ... }
//
// The daemon may be missing, hang, restart, be something else that owns the socket, or say things that cannot all be true;
// each is a Health of its own with the reason in words. Nothing here sets anything: every message is a GET.
//
// Messages and data sets: IEEE 1588-2019 clause 15; TIME_STATUS_NP and PORT_PROPERTIES_NP are linuxptp's own (its
// tlv.h). Packets are made and read with facebook/time's ptp/protocol; TIME_PROPERTIES_DATA_SET and PORT_DATA_SET,
// which it lacks, are read here.
//
// The trap: ptp4l does not answer a request of another domain at all, so a wrong domain number looks like a daemon
// that hangs.
package ptp4l
