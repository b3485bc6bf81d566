# SPDX-License-Identifier: BSD-2-Clause
"""The format of a token, written once more from its description: for those that nobody issued."""
import re
import zlib

DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
FORM = re.compile(r"\b(pat_[a-z0-9]{1,16}_1)([0-9a-hjkmnp-tv-z]{8})([0-9a-hjkmnp-tv-z]{26})"
                  r"([0-3][0-9a-hjkmnp-tv-z]{6})\b")


def secret_of(token):
    return FORM.fullmatch(token).group(3)


def with_check(body):
    number = zlib.crc32(body.encode())
    return body + "".join(DIGITS[number >> 5 * place & 31] for place in range(6, -1, -1))


def other(digit):
    return DIGITS[(DIGITS.index(digit) + 1) % 32]


def with_wrong_secret(token):
    head, public, secret, _ = FORM.fullmatch(token).groups()
    return with_check(head + public + secret[:-1] + other(secret[-1]))


def with_unknown_id(token):
    head, public, secret, _ = FORM.fullmatch(token).groups()
    return with_check(head + public[:-1] + other(public[-1]) + secret)


def malformed(token):
    """One digit mistyped: what the check digits are for."""
    return token[:-1] + other(token[-1])
