"""Reads DBN files with the official package and writes what it saw as JSON, one object a file.

Usage: python3 read_dbn.py FILE...
"""
import json
import sys

import databento_dbn


def plain(value):
    """An integer or a string of any field."""
    value = getattr(value, "value", value)  # enumerations
    if value is None or isinstance(value, bool):  # characters the package reads as yes, no, unknown
        return {True: "Y", False: "N", None: "~"}[value]
    if isinstance(value, bytes):
        return value.rstrip(b" \0").decode()
    if isinstance(value, str):
        return value.rstrip(" \0")
    return int(value)


def field(record, name):
    if name[-3:-2] == "_" and name[-2:].isdigit() and hasattr(record, "levels"):
        return plain(getattr(record.levels[int(name[-2:])], name[:-3]))
    return plain(getattr(record, name))


for path in sys.argv[1:]:
    decoder = databento_dbn.DBNDecoder()
    with open(path, "rb") as f:
        decoder.write(f.read())
    meta, *records = decoder.decode()
    names = list(type(records[0])._ordered_fields) if records else []
    json.dump(
        {
            "version": meta.version,
            "dataset": meta.dataset,
            "schema": str(meta.schema),
            "start": meta.start,
            "end": meta.end,
            "stype_in": str(meta.stype_in),
            "stype_out": str(meta.stype_out),
            "symbols": meta.symbols,
            "mappings": {
                symbol: [[str(i["start_date"]), str(i["end_date"]), i["symbol"]] for i in intervals]
                for symbol, intervals in meta.mappings.items()
            },
            "fields": names,
            "records": [[field(r, n) for n in names] for r in records],
            "sizes": sorted({r.record_size() for r in records}),
        },
        sys.stdout,
    )
    sys.stdout.write("\n")
