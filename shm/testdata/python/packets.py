"""Test program: the same as testdata/c/packets.c. packets.py MODULE_DIR dump|follow RING"""
import struct
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import wirebook


def whole(header, payload, position):
    words = [((position + 1 + (i << 40)) * 0x9E3779B97F4A7C15) & (1 << 64) - 1 for i in range(0, len(payload) // 8 * 8, 8)]
    return (header.sequence == position | wirebook.PACKET_WHOLE and header.value == position and header.kind == wirebook.PACKET_FRAME
            and header.wire_bytes == header.bytes == len(payload) and payload[:len(words) * 8] == struct.pack(f"<{len(words)}Q", *words))


ring = wirebook.Packets(sys.argv[3])
follow = sys.argv[2] == "follow"
start, read, torn, epochs = ring.position, 0, 0, 0
if follow:
    print("ready", flush=True)
while True:
    result, record = ring.next()
    if result == wirebook.RECORD:
        read += 1
        if follow:
            torn += not whole(*record, ring.at)
        else:
            print(ring.at, (bytes(record[0]) + record[1]).hex())
    elif result == wirebook.NEW_EPOCH:
        epochs += 1
    elif result == wirebook.STOPPED or result == wirebook.EMPTY and not follow:
        break
    elif result not in (wirebook.EMPTY, wirebook.LAPPED, wirebook.STALE_WRITER):
        sys.exit("unexpected result %d" % result)
print("start", start, "read", read, "lost", ring.lost_total, "torn", torn, "epochs", epochs, "pos", ring.position, "missed", ring.missed)
