"""Test program: the same as testdata/c/door.c. door.py MODULE_DIR RING NAME MILLISECONDS"""
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import wirebook

wirebook.Door.SLICE_NS = int(sys.argv[4]) * 10**6
ring = wirebook.Ring(sys.argv[2])
why = ring.listen(sys.argv[3], wirebook.POLICY_SKIP)
if why:
    print(why)
    sys.exit(1)
print("ready", flush=True)
result = None
while result != wirebook.STOPPED:
    result, _ = ring.wait(3600)
    print(f"{wirebook.RESULT_NAMES[result]} {ring.position} open {ring.door.open:d} listed {ring.door.listed:d}", flush=True)
print("sleeps", ring.door.sleeps, "overdue", ring.door.overdue)
ring.door.close()
