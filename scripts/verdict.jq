# Whether a run of scripts/lab is good: of its summary. "x // true" is no default here: it makes true of false.
(if .packets then .packets.equal else true end) and .accounted and .lost_exactly and (.digests_equal or .lost != [])
# A soak too short to judge its memory has failed at what it is for; beside hostile frames a short run says so and is judged by the rest.
and (if .memory == null then $soak == 0 elif .memory.enough then .memory.flat else $soak == 0 end)
and (if .ptp then .ptp.read_right else true end)
