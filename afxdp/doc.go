// Package afxdp receives and sends Ethernet frames through AF_XDP sockets: shared rings with the kernel, no copy and no
// system call while there is work, no allocation per batch.
//
//	umem, err := afxdp.NewUMEM(afxdp.UMEMOptions{Frames: 8192, FrameBytes: 4096, HugePages: true})
//	sock, err := afxdp.Open(afxdp.Options{Ifindex: eth0.Index, Queue: 0, UMEM: umem})
//	fmt.Println(sock.Report()) // zero copy, or what it came to and why
//	// put sock.FD() into the XSKMAP of an XDP program, then
//	batch := afxdp.NewBatch(64)
//	for {
//		n := sock.Poll(batch)
//		for i := range n {
//			batch.Fetch(i)         // a hint to the processor: the next ones are near when their turn comes
//			handle(batch.Data(i)) // borrowed until Release
//		}
//		sock.Release(batch)
//	}
//
// The nouns, as the kernel's documentation has them. A UMEM is memory cut into frames, shared with the kernel. A
// descriptor is the place and length of a packet in it. Four rings carry frames between us and the kernel, each with one
// producer and one consumer:
//
//	fill        us → kernel   frames to receive into
//	RX          kernel → us   descriptors of packets received
//	TX          us → kernel   descriptors of packets to send
//	completion  kernel → us   frames whose packets are sent
//
// A queue is the NIC's; a socket serves one. Several sockets, on queues of one or more devices, may share a UMEM; each
// has its own fill and completion ring and its own frames, so they share no state at run time.
//
// A Socket and its batches belong to one goroutine, best one that is locked to its thread and has a core for itself.
// Open, Close and Statistics are cold.
//
// The traps. The XDP program decides what arrives here; this package brings none. Data given out by a batch lies in
// the UMEM and is overwritten after Release; after UMEM.Close it is gone, and touching it ends the process. Interfaces
// are numbered in the network namespace of the calling thread. A frame of more than one buffer comes as several
// descriptors (Batch.More); see Batch.Packet.
//
// It needs Linux 5.9 or later with CAP_NET_RAW (and CAP_NET_ADMIN for busy polling); elsewhere everything compiles and
// returns ErrUnsupported.
package afxdp
