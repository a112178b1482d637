/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the filter and its Go loader both need. Go takes the structs and enums from the object's BTF (bpf2go -type). */
#ifndef WIREBOOK_SHARED_H
#define WIREBOOK_SHARED_H

#define RX_META_MAGIC 0x5742 /* "BW" in memory: these 16 bytes are ours */
#define MAX_VLAN_TAGS 2

/* Where a receive stamp comes from. The numbers are those of the records, so nothing is translated on the way. */
enum stamp_source {
	STAMP_NONE = 0,
	STAMP_HARDWARE = 1, /* the NIC's PTP clock, its own time scale */
	STAMP_DRIVER = 3,   /* CLOCK_TAI when the program ran */
};

/* Written just below the frame, so a receiver finds it at frame[-16]. Aligned to 8 where the frame is (4 is promised). */
struct rx_meta {
	__u64 stamp_ns; /* 0 with STAMP_NONE */
	__u32 source;   /* enum stamp_source */
	__u16 id;       /* what the matched subscription was given as its name: the receiver's channel and line */
	__u16 magic;    /* RX_META_MAGIC */
};

/* The VLAN of a frame: 0 untagged, or tagged with a priority alone; 1 to 4094; these beside them. */
enum vlan_number {
	VLAN_ANY = 0xffff,  /* of a key: the entry of the group and port, whatever the VLAN */
	VLAN_MANY = 0xfffe, /* of a frame: tagged twice, or by another tag than 802.1Q's, as no key but that one says it */
};

/* Addresses and port as they stand in the packet. source 0: the entry of the group, port and VLAN, whoever sends. */
struct subscription_key {
	__u32 group;
	__u32 source;
	__u16 port;
	__u16 vlan; /* the number, or VLAN_ANY */
};

enum subscription_flags {
	SUBSCRIPTION_ANY_SOURCE = 1, /* any sender will do (entries with source 0) */
	SUBSCRIPTION_BY_SOURCE = 2,  /* entries for particular senders exist as well: look again with the source */
	SUBSCRIPTION_OTHER_VLAN = 4, /* with VLAN_ANY: nobody wants any VLAN; some particular one is wanted */
};

struct subscription {
	__u32 slot; /* index into subscription_counters */
	__u16 id;
	__u16 flags; /* enum subscription_flags */
};

struct subscription_count {
	__u64 packets;
	__u64 bytes; /* whole frames, all fragments of a multi-buffer packet */
};

/* Every packet ends in exactly one of the verdicts. Those from COUNT_META_FAILED on are counted beside them. */
enum counter {
	COUNT_REDIRECTED = 0, /* to the queue's socket */
	COUNT_NO_SOCKET,      /* subscribed, but no socket on this queue: passed up */
	COUNT_UNSUBSCRIBED,   /* UDP over IPv4 to another group or port: passed up, as all below */
	COUNT_OTHER_SOURCE,   /* the group and port, from a sender that was not subscribed */
	COUNT_OTHER_VLAN,     /* the group and port, under a VLAN that was not subscribed */
	COUNT_NOT_UDP,
	COUNT_FRAGMENT,   /* an IPv4 fragment: ports are unknown or the datagram is not whole */
	COUNT_BAD_HEADER, /* IPv4 version or header length that cannot be */
	COUNT_NOT_IPV4,   /* ARP, PTP over Ethernet, IPv6 */
	COUNT_VLAN_DEPTH, /* more than MAX_VLAN_TAGS tags */
	COUNT_SHORT,      /* ends inside a header, or has its headers beyond the first buffer */
	COUNT_META_FAILED,    /* redirected without rx_meta: the driver has no room in front of the frame */
	COUNT_STAMP_HARDWARE, /* redirected with this source of stamp */
	COUNT_STAMP_DRIVER,
	COUNT_STAMP_NONE,
	COUNTERS,
};

struct counters {
	__u64 n[COUNTERS];
};

#endif
