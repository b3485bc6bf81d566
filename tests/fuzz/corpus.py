# SPDX-License-Identifier: BSD-2-Clause
"""Many inputs in one file: "PATFUZZ1\\n", then each behind its length in four bytes, big-endian.

corpus.py pack DIRECTORY FILE [BYTES]   the smallest inputs first, as many as fit into so many bytes
corpus.py unpack FILE DIRECTORY         names each after its SHA-256
"""
import hashlib
import struct
import sys
from pathlib import Path

MAGIC = b"PATFUZZ1\n"
BYTES = 64 * 1024


def pack(directory, file, limit=BYTES):
    inputs = sorted({path.read_bytes() for path in Path(directory).iterdir()},
                    key=lambda content: (len(content), content))
    packed = MAGIC
    for content in inputs:
        if len(packed) + 4 + len(content) <= int(limit):
            packed += struct.pack(">I", len(content)) + content
    Path(file).write_bytes(packed)


def unpack(file, directory):
    packed, place = Path(file).read_bytes(), Path(directory)
    if not packed.startswith(MAGIC):
        sys.exit(f"{file}: not a corpus")
    place.mkdir(parents=True, exist_ok=True)
    at = len(MAGIC)
    while at < len(packed):
        size, = struct.unpack_from(">I", packed, at)
        content = packed[at + 4:at + 4 + size]
        at += 4 + size
        (place / hashlib.sha256(content).hexdigest()[:32]).write_bytes(content)


if __name__ == "__main__":
    {"pack": pack, "unpack": unpack}[sys.argv[1]](*sys.argv[2:])
