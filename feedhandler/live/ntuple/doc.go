// Package ntuple puts receive flow rules into a NIC, as 'ethtool -N' does: UDP over IPv4 to an address and port goes to
// a queue.
//
//	nic, err := ntuple.Open("eth0")
//	rules, err := ntuple.Start(nic, "/dev/shm/wirebook/.steering/eth0") // takes back what a killed run left
//	err = rules.Steer([]ntuple.Rule{{Dst: group, Queue: 2}})             // these and no others of ours
//	err = rules.Close()
//
// The nouns. A Rule is what is wanted. An Entry is what the NIC's table holds at a location, ours or somebody's. A Table
// is the NIC's. The ledger is a file of what was put in, written before it is done and kept where the next run finds it and
// a restart of the host loses it, as it loses the rules.
//
// The traps. Rules outlive the process, and have no owner: only the ledger tells ours from others', which are never
// touched, not even where they send our groups elsewhere. Drivers differ in what they take: many take nothing, some only
// EtherTypes, some only one mask for all rules. The error says which; everything works without rules, less well.
package ntuple
