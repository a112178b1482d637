package bpf

// The object is for little-endian machines, the only ones Go and AF_XDP drivers meet on a trading floor (amd64, arm64).
// Headers of the C library lie in a folder named after the machine on Debian, hence both names.
//
//go:generate go run github.com/cilium/ebpf/cmd/bpf2go -target bpfel -type rx_meta -type stamp_source -type subscription_key -type subscription -type subscription_flags -type vlan_number -type subscription_count -type counters -type counter filter filter.bpf.c -- -O2 -g -Wall -Werror -idirafter /usr/include/x86_64-linux-gnu -idirafter /usr/include/aarch64-linux-gnu
