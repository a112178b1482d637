"""Test program: the same as testdata/c/facts.c. facts.py MODULE_DIR open|control|admin|stale FILE..."""
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


def stale(path):
    wirebook.CHECK_EVERY_NS = 0
    ring = wirebook.Ring(path)
    for _ in sys.stdin:
        print(wirebook.RESULT_NAMES[ring.next()[0]], flush=True)


{"open": opens, "control": control, "admin": admin, "stale": stale}[sys.argv[2]](*sys.argv[3:])
