# SPDX-License-Identifier: BSD-2-Clause
"""token_vectors.def, computed without a line of our C code (DESIGN.md, section 3).

python3 tests/unit/test_token_vectors.py > tests/unit/token_vectors.def

writes it anew. The digits come from a hash, so that the file is the same on every machine.
"""
import hashlib
import zlib
from pathlib import Path

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
KEY = bytes(range(32))
TENANTS = ["a", "0", "zz", "iol", "acme", "00000", "l1i0ou", "kolibri", "pat12345", "ninechars",
           "tenletters", "elevenchars", "twelve123456", "thirteen13abc", "fourteen14abcd",
           "fifteen15abcdef", "sixteen16abcdefg", "zzzzzzzzzzzzzzzz", "0123456789abcdef"]
HEAD = """\
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Made by test_token_vectors.py: tenant, id, secret, the token's text, and its verifier under the
 * key 00 01 02 ... 1f.
 */
"""


def digits(seed, count):
    octets = hashlib.blake2b(seed.encode(), digest_size=count).digest()
    return "".join(DIGITS[octet & 31] for octet in octets)


def check(text):
    crc = zlib.crc32(text.encode())
    return "".join(DIGITS[crc >> shift & 31] for shift in range(30, -1, -5))


def verifier(*fields):
    domain = b"linux-pat verifier 1\0"
    hashed = domain + b"".join(len(f).to_bytes(4, "big") + f.encode() for f in fields)
    return hashlib.blake2b(hashed, key=KEY, digest_size=32).hexdigest()


def row(tenant, public, secret):
    text = f"pat_{tenant}_1{public}{secret}"
    return (f'VECTOR("{tenant}", "{public}", "{secret}",\n'
            f'       "{text}{check(text)}",\n'
            f'       "{verifier(tenant, public, secret)}")\n')


def rows():
    yield row("acme", "0" * 8, "0" * 26)
    yield row("acme", "z" * 8, "z" * 26)
    for number, tenant in enumerate(TENANTS):
        yield row(tenant, digits(f"id {number}", 8), digits(f"secret {number}", 26))


def test_vectors_are_what_python_computes():
    stored = Path(__file__).with_name("token_vectors.def").read_text()
    assert stored == HEAD + "".join(rows())


if __name__ == "__main__":
    print(HEAD + "".join(rows()), end="")
