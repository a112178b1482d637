"""Test reader: the same as testdata/c/reader.c. reader.py MODULE_DIR RING LATEST CONTROL"""
import struct
import sys

sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import wirebook


def body(pos, size):
    words = [((pos + 1 + (i << 40)) * 0x9E3779B97F4A7C15) & (1 << 64) - 1 for i in range(0, size, 8)]
    words[0] = words[0] & ~0xFF | size // 4
    return struct.pack(f"<{len(words)}Q", *words)


ring = wirebook.Ring(sys.argv[2])
latest = wirebook.Latest(sys.argv[3])
control = wirebook.Control(sys.argv[4])
start, read, torn, epochs = ring.position, 0, 0, 0
print("ready", flush=True)
while True:
    result, payload = ring.next_bytes()
    if result == wirebook.RECORD:
        read += 1
        position = ring.position - 1
        torn += payload[:ring.body_size] != body(position, ring.body_size)
        torn += ring.schema != "mbo" and ring.trade_id(payload) != position
    elif result == wirebook.NEW_EPOCH:
        epochs += 1
    elif result == wirebook.STOPPED:
        break
    elif result not in (wirebook.EMPTY, wirebook.LAPPED, wirebook.STALE_WRITER):
        sys.exit("unexpected result %d" % result)
book, position = latest.read(1)
torn += bytes(book) != body(position, 368)
torn += latest.read(0) is not None or latest.read(latest.capacity) is not None
symbol = ",".join(e.symbol.decode() for e in control.instruments())
print("start", start, "read", read, "lost", ring.lost_total, "torn", torn, "epochs", epochs, "pos", ring.position, "latest", position,
      "instrument", symbol)
