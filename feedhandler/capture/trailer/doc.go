// Package trailer reads the receive stamps that switches and taps write into frames: bytes in, stamp out.
//
// Most devices append their stamp behind the frame, so it lies after the IP total length, behind the Ethernet padding
// and before an FCS that may or may not have been captured:
//
//	dst src type | IP ... UDP ... payload | padding to 60 | original FCS | extensions | seconds | ns | flags ... | (FCS)
//	             ^ IP total length ends here              ^ the trailer starts here
//
// The Arista 7280 puts a header between the addresses and the EtherType instead; Strip gives the frame without it.
// The Arista 7150 writes only a running tick; key frames, which the switch sends about once a second, tie ticks to UTC,
// so its Reader keeps state and gives nothing before the first key frame.
//
// A Reader serves one capture point (one file, one queue). It never writes to the frame, keeps nothing of it, does not
// allocate, and answers any input. Which device it is comes from configuration, or from a Scorer, which tries every
// shape on the first frames and reports what it counted: recognising by shape is greedy, so a person should see it.
//
// Sources: the public layouts as Wireshark (packet-metamako.c, packet-exablaze.c, packet-vssmonitoring.c),
// Xilinx-CNS/solarcapture (sc_arista7150_ts.c, sc_arista7280_ts.h) and exablaze-oss/timestamp-decoder read them.
package trailer
