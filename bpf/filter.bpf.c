//go:build ignore

// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
// The filter in front of the sockets: subscribed multicast goes to the AF_XDP socket of its queue, all else passes up.
//
// Parsing follows a cursor through Ethernet, up to two VLAN tags (as feedhandler/wire.go reads them), IPv4 with options and UDP. Nothing is dropped here,
// ever: a packet that is not for us, or that we cannot read, belongs to the kernel (ARP, IGMP, PTP, ssh).
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "shared.h"

#define MORE_FRAGMENTS_OR_OFFSET 0x3fff
#define VLAN_NUMBER 0x0fff
#define ETH_P_QINQ_OLD 0x9100 /* stacked tags before 802.1ad */

struct vlan_tag {
	__be16 tci;
	__be16 proto;
};

// Sizes are the defaults; the loader sets its own.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct subscription_key);
	__type(value, struct subscription);
} subscriptions SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct subscription_count);
} subscription_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

// Brings the types that only user space reads into the object's BTF.
const struct rx_meta *type_rx_meta __attribute__((unused));
const enum stamp_source *type_stamp_source __attribute__((unused));
const enum subscription_flags *type_subscription_flags __attribute__((unused));
const enum vlan_number *type_vlan_number __attribute__((unused));
const enum counter *type_counter __attribute__((unused));

extern int bpf_xdp_metadata_rx_timestamp(const struct xdp_md *ctx, __u64 *timestamp) __ksym;

enum stamp_kind { KIND_HARDWARE, KIND_DRIVER, KIND_CARRIED, KIND_NONE };

static __always_inline int is_tag(__be16 proto)
{
	return proto == bpf_htons(ETH_P_8021Q) || proto == bpf_htons(ETH_P_8021AD) || proto == bpf_htons(ETH_P_QINQ_OLD);
}

// tagged returns the VLAN of a frame with one tag more than was read. The number 0 says a priority and no VLAN; the kernel
// passes it over as well.
static __always_inline __u16 tagged(__u16 vlan, __be16 proto, __be16 tci)
{
	__u16 number = bpf_ntohs(tci) & VLAN_NUMBER;

	if (!number && proto != bpf_htons(ETH_P_QINQ_OLD))
		return vlan;
	return !vlan && proto == bpf_htons(ETH_P_8021Q) ? number : VLAN_MANY;
}

// of_sender finds the subscription of a group, port and VLAN that takes what a sender sends, or says in *why that none does.
static __always_inline struct subscription *of_sender(struct subscription_key *key, __u32 source, __u32 *why)
{
	struct subscription *sub = bpf_map_lookup_elem(&subscriptions, key), *own;

	if (!sub)
		return NULL;
	if (sub->flags & SUBSCRIPTION_BY_SOURCE) {
		key->source = source;
		own = bpf_map_lookup_elem(&subscriptions, key);
		key->source = 0;
		if (own)
			return own;
	}
	if (sub->flags & SUBSCRIPTION_ANY_SOURCE)
		return sub;
	if (!(sub->flags & SUBSCRIPTION_OTHER_VLAN))
		*why = COUNT_OTHER_SOURCE;
	else if (*why == COUNT_UNSUBSCRIBED)
		*why = COUNT_OTHER_VLAN;
	return NULL;
}

// match finds the subscription of a frame, or says in *why (a verdict of enum counter) that it has none.
static __always_inline struct subscription *match(struct xdp_md *ctx, __u32 *why)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end, *at;
	struct subscription_key key = {};
	struct subscription *sub;
	struct ethhdr *eth = data;
	struct iphdr *ip;
	struct udphdr *udp;
	__be16 proto;
	__u32 header;

	*why = COUNT_SHORT;
	at = eth + 1;
	if (at > end)
		return NULL;
	proto = eth->h_proto;
#pragma unroll
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		struct vlan_tag *tag = at;

		if (!is_tag(proto))
			break;
		at = tag + 1;
		if (at > end)
			return NULL;
		key.vlan = tagged(key.vlan, proto, tag->tci);
		proto = tag->proto;
	}
	if (proto != bpf_htons(ETH_P_IP)) {
		*why = is_tag(proto) ? COUNT_VLAN_DEPTH : COUNT_NOT_IPV4;
		return NULL;
	}

	ip = at;
	if ((void *)(ip + 1) > end)
		return NULL;
	header = ip->ihl * 4;
	if (ip->version != 4 || header < sizeof(*ip)) {
		*why = COUNT_BAD_HEADER;
		return NULL;
	}
	if (ip->protocol != IPPROTO_UDP) {
		*why = COUNT_NOT_UDP;
		return NULL;
	}
	if (ip->frag_off & bpf_htons(MORE_FRAGMENTS_OR_OFFSET)) {
		*why = COUNT_FRAGMENT;
		return NULL;
	}
	udp = at + header;
	if ((void *)(udp + 1) > end)
		return NULL;

	// One lookup is the common case: the entry of any VLAN is looked for where the frame's own has nothing for its sender,
	// entries by source only where the group says that it has some.
	*why = COUNT_UNSUBSCRIBED;
	key.group = ip->daddr;
	key.port = udp->dest;
	sub = of_sender(&key, ip->saddr, why);
	if (sub)
		return sub;
	key.vlan = VLAN_ANY;
	return of_sender(&key, ip->saddr, why);
}

// carried returns the stamp in metadata of our form that came with the frame, or 0. On veth the metadata of a sender's
// XDP program survives: a lab can play the part of a stamping NIC.
static __always_inline __u64 carried(struct xdp_md *ctx, __u32 *source)
{
	struct rx_meta *meta = (void *)(long)ctx->data_meta;

	if ((void *)(meta + 1) > (void *)(long)ctx->data || meta->magic != RX_META_MAGIC)
		return 0;
	*source = meta->source;
	return meta->stamp_ns;
}

// stamp puts rx_meta in front of the frame and returns its source as a counter.
static __always_inline __u32 stamp(struct xdp_md *ctx, __u16 id, enum stamp_kind kind)
{
	__u32 source = STAMP_NONE;
	struct rx_meta *meta;
	__u64 ns = 0;
	int have;

	// The stamp is read before metadata is written: a driver may keep it just where the metadata goes (igc).
	if (kind == KIND_HARDWARE) {
		if (bpf_xdp_metadata_rx_timestamp(ctx, &ns) == 0 && ns)
			source = STAMP_HARDWARE;
	} else if (kind == KIND_CARRIED) {
		ns = carried(ctx, &source);
	}
	if (kind != KIND_NONE && (source == STAMP_NONE || !ns)) {
		ns = bpf_ktime_get_tai_ns();
		source = STAMP_DRIVER;
	}

	// Metadata that came with the frame would stand between ours and the data: take exactly 16 bytes instead.
	have = (long)ctx->data - (long)ctx->data_meta;
	if (bpf_xdp_adjust_meta(ctx, have - (int)sizeof(*meta)))
		return COUNT_META_FAILED;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return COUNT_META_FAILED;
	meta->stamp_ns = ns;
	meta->source = source;
	meta->id = id;
	meta->magic = RX_META_MAGIC;
	return source == STAMP_HARDWARE ? COUNT_STAMP_HARDWARE : source == STAMP_DRIVER ? COUNT_STAMP_DRIVER : COUNT_STAMP_NONE;
}

static __always_inline int filter(struct xdp_md *ctx, enum stamp_kind kind)
{
	struct subscription_count *count;
	struct subscription *sub;
	struct counters *c;
	__u32 zero = 0, slot, why, stamped;
	__u16 id;

	c = bpf_map_lookup_elem(&counts, &zero);
	if (!c)
		return XDP_PASS; // an array always has its entry; the verifier wants to hear it
	sub = match(ctx, &why);
	if (!sub) {
		if (why < COUNTERS)
			c->n[why]++;
		return XDP_PASS;
	}
	slot = sub->slot;
	id = sub->id;

	// Ask for the socket first, so that a packet for the kernel goes up as it came.
	if (bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS) != XDP_REDIRECT) {
		c->n[COUNT_NO_SOCKET]++;
		return XDP_PASS;
	}
	c->n[COUNT_REDIRECTED]++;
	count = bpf_map_lookup_elem(&subscription_counts, &slot);
	if (count) {
		count->packets++;
		count->bytes += bpf_xdp_get_buff_len(ctx);
	}
	stamped = stamp(ctx, id, kind);
	if (stamped < COUNTERS)
		c->n[stamped]++;
	return XDP_REDIRECT;
}

// The loader takes the first of these that the kernel, the driver and the hook accept.

SEC("xdp.frags")
int filter_hardware(struct xdp_md *ctx) // device-bound only
{
	return filter(ctx, KIND_HARDWARE);
}

SEC("xdp.frags")
int filter_driver(struct xdp_md *ctx)
{
	return filter(ctx, KIND_DRIVER);
}

SEC("xdp.frags")
int filter_carried(struct xdp_md *ctx)
{
	return filter(ctx, KIND_CARRIED);
}

SEC("xdp.frags")
int filter_none(struct xdp_md *ctx)
{
	return filter(ctx, KIND_NONE);
}

char __license[] SEC("license") = "Dual BSD/GPL";
