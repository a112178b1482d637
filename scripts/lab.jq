# The reckoning of scripts/lab: what was sent, what arrived, where the rest went, and whether the books are the clean day's.
def positive: with_entries(select(.value > 0));
def total: [.[]] | add // 0;
# Ranges in order, neighbours as one.
def joined: sort_by(.first) | reduce .[] as $r ([];
	if length > 0 and .[-1].first + .[-1].count >= $r.first
	then .[-1].count = ([.[-1].first + .[-1].count, $r.first + $r.count] | max) - .[-1].first
	else . + [{first: $r.first, count: $r.count}] end);
def within($ranges): . as $r | any($ranges[]; .first <= $r.first and .first + .count >= $r.first + $r.count);

$top[0] as $t | $t.channels[0] as $ch | $clean[0] as $c | $run[0] as $r |
($send[0].destinations | map({key: (if .address | startswith("239.10.1.") then "A" else "B" end), value: {packets, messages, refused: .failed}}) | from_entries) as $sent |
($ch.lines | map({key: .name, value: .packets}) | from_entries) as $got |
($harm[0].frames // 0) as $hostile |
([$sent[].packets] | add + $hostile) as $out | ($got | total) as $in |
({ wire_sender: ($s1[0][0].stats64.tx.dropped - $s0[0][0].stats64.tx.dropped),
   wire_carrier: ($s1[0][0].stats64.tx.carrier_errors - $s0[0][0].stats64.tx.carrier_errors),
   # On the native hook veth counts a frame that the AF_XDP socket had no room for as dropped too: not twice.
   wire_receiver: ([$r1[0][0].stats64.rx.dropped - $r0[0][0].stats64.rx.dropped
      - (if $t.edge == "xdp" and $mode != "generic" then ([$t.dropped | (.xdp_drop_no_frame, .xdp_drop_rx_ring_full) // 0] | add) else 0 end), 0] | max),
   # A VLAN that the host does not have is another host's to the kernel; AF_XDP's filter has counted it by then.
   kernel_other_host: (if $hostile == 0 or $t.edge == "xdp" then 0 else ($r1[0][0].stats64.rx.otherhost // 0) - ($r0[0][0].stats64.rx.otherhost // 0) end),
   sender_ip: $out_discards, sender_no_route: $out_no_routes
 } + $kernel + ($t.dropped | with_entries(select(.key | test("^(wire|framing|socket|xdp)_")))) | positive) as $dropped |
($c.digests[$ch.name] | map_values(.content)) as $want | ($ch.digests | map_values(.content)) as $have |
($r.gaps | map(select(.healed | not) | {first, count})) as $lost | ([$lost[].count] | add // 0) as $units |
($sim[0].gaps | map({first, count})) as $ordered |
# A frame that meets the receiver's link between going down and its carrier going is dropped once and counted by both ends.
(if $fault == "link-flap" then [[$in + ($dropped | total) - $out, 0] | max, $dropped.wire_receiver // 0] | min else 0 end) as $twice |
(($dropped | total) - $twice) as $gone |
# CME numbers packets, the others messages.
(if $ch.name == "cme.mdp3" then $c.packets - $ch.packets else $c.messages - $ch.messages end - $units - $r.gaps_unlisted) as $missing |
{ mode: (if $mode == "auto" then $t.edge else $mode end), edge: $t.edge, why: $r.why, fault: $fault, seed: $seed,
  sender: {tx: $send[0].tx, why: $send[0].why, latest_ns: $send[0].latest_ns},
  sent: $sent, received: $got, delivered: $ch.messages, dropped: $dropped, lost: $lost, lost_expected: $ordered,
  # What was lost on purpose is reported, and nothing else unless packets were dropped on the way as well.
  lost_exactly: (if $gone == 0 or $hostile > 0 then ($lost | joined) == ($ordered | joined) else ($lost | joined) as $all | ($ordered | all(.[]; within($all))) end),
  digests_equal: ($want == $have),
  counted_twice: $twice,
  accounted: ($out == $in + $gone and $missing == 0),
  unaccounted_packets: ($out - $in - $gone), unaccounted_messages: $missing,
  healed: $ch.gaps_healed, late: ($ch.lines | map({key: .name, value: .late}) | from_entries), reader: {trades_read: $read, trades_published: ($t.records.trades // 0)},
  # What came beside the day is no loss of it: each frame is in a counter, of a line (suspect, late, a heartbeat) or of what was dropped.
  hostile: (if $hostile == 0 then null else {sent: $hostile, kinds: ($sim[0].hostile // {}), counted: $dropped,
    lines: ([$ch.lines[] | {name, suspect, late}]),
    unaccounted: ($out - $in - $gone)} end),
  seconds: ($send[0].elapsed_ns / 1e9), stamps: ($t.counters | with_entries(select(.key | startswith("stamps{"))) | positive),
  handed_over: ([$t.counters | to_entries[] | select(.key | startswith("xdp_handed_over")) | .value] | add // 0),
  longest_pause_ns: ([$t.counters | to_entries[] | select(.key | startswith("worker_longest_pause_ns")) | {key: (.key | capture("worker=\"(?<n>[0-9]+)").n), value}] | from_entries),
  queues: ([$t.queues[]? | {key: .name, value: (.counts.xdp_frames // 0)}] | from_entries),
  lag_p99_ns: ($ch.lines | map({key: .name, value: .lag_p99_ns}) | from_entries)
}
