// Package capture reads recorded packets: pcap, pcapng, ERF and Nasdaq's BinaryFILE days, plain or compressed.
//
// Open takes any number of files and gives one Source, which hands out packets in time order:
//
//	src, err := capture.Open(paths, capture.Options{Warn: show})
//	defer src.Close()
//	var p capture.Packet
//	for {
//		err := src.Next(&p) // io.EOF at the end
//		...
//		pipe.OnFrame(port, p.Data, p.Recv())
//	}
//
// The format is found in the content, not in the name: a .pcap may hold pcapng, a .pcapng.gz may hold pcap. Only
// BinaryFILE has nothing to know it by and needs its name or Options.Format. Whatever the format, what comes out is an
// Ethernet frame with a time, so that the rest of the path never knows which it was; messages of a BinaryFILE are put
// into MoldUDP64 datagrams to that end, and what taps, mirror ports and tunnels put around a frame is taken off (package
// decap).
//
// A plain file is mapped into memory and walked in place; a compressed one is unpacked by another goroutine into a
// sliding window. Both are a window of bytes to the format readers, and neither copies or allocates per packet. The
// trap: Packet.Data is borrowed and dead after the next call to Next. A mapped file must not be cut while it is read;
// one that grows is read up to the size it had when it was opened.
//
// Damage does not stop a replay before it must. A cut last record, a record longer than anything sane, a fraction of
// more than a second: each is a Warning with file and offset, is counted in FileInfo, and all packets before it have
// been delivered. What is no capture at all is an error from Open.
//
// Stamps that switches wrote into the frames (package trailer) come out beside the capture's own time.
package capture
