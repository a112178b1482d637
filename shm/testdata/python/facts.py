"""Test program: the same as testdata/c/facts.c. facts.py MODULE_DIR open|control|admin|survive|stale FILE..."""
import os
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import wirebook


def opens(*paths):
    for path in paths:
        name = os.path.basename(path)
        kind = {"control": wirebook.Control, "latest": wirebook.Latest}.get(name, wirebook.Ring)
        try:
            kind(path)
            print(f"{name}: good")
        except wirebook.SegmentError as e:
            print(f"{name}: {e}")


def control(path):
    c = wirebook.Control(path)
    for schema, worker in c.rings():
        print(f"ring {schema}-{worker}.ring schema {wirebook.SCHEMAS.index(schema)} worker {worker}")
    for e in c.channels():
        state, reason, _ = wirebook.state_of(e)
        print(f"channel {e.name.decode()} worker {e.worker} {state} {reason} after {e.state_unit} session {e.session} "
              f"set {e.digests[4].set_lo:x} {e.digests[4].set_hi:x} appliance {e.appliance}")
    for e in c.lines():
        print(f"line {e.name.decode()} of {e.channel} received {e.received}")
    for (name, label), value in c.counters().items():
        print(f"counter {name} {label} {value}")
    for e in c.instruments(former=True):
        print(f"instrument {e.symbol.decode()} {' '.join(wirebook.state_of(e))}")
    for number in range(12):
        e = c.session(number)
        if e:
            print(f"session {number} {e.name.decode()} of {e.channel_name.decode()} first {e.first} mark {e.mark} since {e.since[4]}")
    e = c.clock()
    print(f"clock {wirebook.CLOCK_STATE_NAMES[e.state]} {e.device.decode()} bound {e.bound_ns}")


def admin(path):
    ring = wirebook.Ring(path)
    while True:
        result, record = ring.next()
        if result != wirebook.RECORD:
            return
        if isinstance(record, wirebook.Appliance):
            print(f"appliance {wirebook.APPLIANCE_NAMES[record.kind]} {wirebook.REASON_NAMES[record.reason]} of channel {record.channel} "
                  f"session {record.session} number {record.counter} after {record.unit} first {record.first} count {record.count}")
        else:
            print(f"record {record.rtype} of {record.instrument_id}")


def survive(*dirs):
    for d in dirs:
        for name in ("mbo-0.ring", "mbp-10-0.ring", "admin-0.ring", "marks-0.ring"):
            try:
                ring = wirebook.Ring(os.path.join(d, name))
            except wirebook.SegmentError:
                continue
            try:
                locator = wirebook.Locator(ring, wirebook.Ring(os.path.join(d, "marks-0.ring")))
            except wirebook.SegmentError:
                locator = None
            for _ in range(300):
                result, record = ring.next()
                if result == wirebook.RECORD:
                    wirebook.content_hash(ring.body())
                    repr(record)
                    if locator:
                        locator.locate()
                elif result == wirebook.CORRUPT:
                    ring.seek_oldest()
        try:
            packets = wirebook.Packets(os.path.join(d, "packets-0.ring"))
            for _ in range(300):
                if packets.next()[0] == wirebook.CORRUPT:
                    packets.seek_edge()
        except wirebook.SegmentError:
            pass
        try:
            latest = wirebook.Latest(os.path.join(d, "latest"))
            [latest.read(i) for i in range(16)]
        except wirebook.SegmentError:
            pass
        try:
            control = wirebook.Control(os.path.join(d, "control"))
            [wirebook.state_of(e) for e in control.channels()[:100]]
            [control.session(i) for i in range(100)]
            repr([control.instrument(i) for i in range(16)] + [control.clock(), control])
        except wirebook.SegmentError:
            pass
    print("survived")


def stale(path):
    wirebook.CHECK_EVERY_NS = 0
    ring = wirebook.Ring(path)
    for _ in sys.stdin:
        print(wirebook.RESULT_NAMES[ring.next()[0]], flush=True)


{"open": opens, "control": control, "admin": admin, "survive": survive, "stale": stale}[sys.argv[2]](*sys.argv[3:])
