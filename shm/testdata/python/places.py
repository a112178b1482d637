"""Test program: the same as testdata/c/places.c. places.py MODULE_DIR dump|follow RING MARKS [RING MARKS...]"""
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import wirebook


def run(follow, path, marks):
    ring = wirebook.Ring(path)
    locator = wirebook.Locator(ring, wirebook.Ring(marks))
    read = wrong = 0
    places = [0] * len(wirebook.PLACE_NAMES)
    if follow:
        print("ready", flush=True)
    while True:
        result, record = ring.next()
        if result == wirebook.RECORD:
            while True:
                last = ring.state >= wirebook.STATE_STOPPED
                place, n = locator.locate()
                if place != wirebook.UNMARKED or not follow or last:
                    break
            read += 1
            places[place] += 1
            if not follow:
                line = f"{ring.position - 1} {wirebook.PLACE_NAMES[place]}"
                if place == wirebook.PLACED:
                    line += (f" session {n.session} channel {n.channel} unit {n.unit} k {n.k} times {n.recv_ns} {n.taken_ns} {n.commit_ns} "
                             f"filtered {n.filtered:d}")
                print(line)
            elif place == wirebook.PLACED:
                wrong += record.ts_event != n.session << 48 | n.channel << 44 | (n.unit & 0xFFFFFFFFF) << 8 | n.k
        elif result == wirebook.STOPPED or result == wirebook.EMPTY and not follow:
            break
        elif result == wirebook.CORRUPT:
            sys.exit("unexpected result %d" % result)
    if follow:
        print("read", read, "lost", ring.lost_total, "wrong", wrong, *places)


def sums(path, marks, control):
    ring, control = wirebook.Ring(path), wirebook.Control(control)
    locator = wirebook.Locator(ring, wirebook.Ring(marks))
    found = {i: wirebook.SetDigest() for i in range(len(control.channels()))}
    while True:
        result, record = ring.next()
        if result != wirebook.RECORD:
            break
        place, n = locator.locate()
        if place == wirebook.APPLIANCE_MADE:
            continue
        if place != wirebook.PLACED:
            sys.exit(wirebook.PLACE_NAMES[place])
        key = wirebook.session_key(control.session(n.session), ring.schema)
        found[n.channel].add(key, n.unit, n.k, wirebook.content_hash(ring.body()))
    for i, digest in found.items():
        told = wirebook.SetDigest.of(control.channel(i).digests[wirebook.SCHEMAS.index(ring.schema)])
        print(f"channel {i} {digest.value:032x} {told.value:032x}")


if sys.argv[2] == "sums":
    sums(*sys.argv[3:])
    sys.exit()
for i in range(3, len(sys.argv), 2):
    run(sys.argv[2] == "follow", sys.argv[i], sys.argv[i + 1])
