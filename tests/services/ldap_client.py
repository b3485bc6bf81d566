# SPDX-License-Identifier: BSD-2-Clause
"""As much of an LDAP client as a login needs: RFC 4511 by hand, every mechanism, no library."""
import ssl

OK, CONTINUE = 0, 14
CONFIDENTIALITY_REQUIRED, UNSUPPORTED, INAPPROPRIATE = 13, 7, 48
INVALID_CREDENTIALS, INSUFFICIENT_ACCESS, UNAVAILABLE = 49, 50, 52
START_TLS, WHO_AM_I = b"1.3.6.1.4.1.1466.20037", b"1.3.6.1.4.1.4203.1.11.3"


def ber(tag, *parts):
    body = b"".join(part.encode() if isinstance(part, str) else part for part in parts)
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8 or 1, "big")
    head = bytes([len(body)]) if len(body) < 128 else bytes([0x80 | len(size)]) + size
    return bytes([tag]) + head + body


def number(value, tag=0x02):
    return ber(tag, value.to_bytes(2, "big"))


def parts(body):
    """The elements of a constructed one: tags and contents."""
    while body:
        size, at = body[1], 2
        if size & 0x80:
            at += size & 0x7F
            size = int.from_bytes(body[2:at], "big")
        yield body[0], body[at:at + size]
        body = body[at + size:]


class Ldap:
    """A connection; .code, .text, .credentials and .value are the last answer's."""

    def __init__(self, connection, tls=None, starttls=False):
        self.socket, self.number = connection, 0
        self.code, self.text, self.credentials, self.value = None, "", b"", ""
        if starttls:
            assert self.extended(START_TLS) == OK
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def read(self, size):
        """Before TLS nothing may be read ahead."""
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the server closed the connection")
            data += more
        return data

    def answer(self):
        head = self.read(2)
        more = self.read(head[1] & 0x7F) if head[1] & 0x80 else b""
        body = self.read(int.from_bytes(more, "big") if more else head[1])
        (_, answered), (tag, operation), *_ = parts(body)
        assert int.from_bytes(answered, "big") == self.number
        return tag, list(parts(operation))

    def ask(self, operation):
        self.number += 1
        self.socket.sendall(ber(0x30, number(self.number), operation))

    def result(self, fields):
        self.code = int.from_bytes(fields[0][1], "big")
        self.text = fields[2][1].decode()
        self.credentials = dict(fields[3:]).get(0x87, b"")
        return self.code

    def extended(self, name):
        self.ask(ber(0x77, ber(0x80, name)))
        _, fields = self.answer()
        self.value = dict(fields[3:]).get(0x8B, b"").decode()
        return self.result(fields)

    def whoami(self):
        assert self.extended(WHO_AM_I) == OK
        return self.value

    def mechanisms(self):
        """What the server says of itself."""
        self.ask(ber(0x63, ber(0x04), number(0, 0x0A), number(0, 0x0A), number(0), number(0),
                     ber(0x01, b"\0"), ber(0x87, "objectClass"),
                     ber(0x30, ber(0x04, "supportedSASLMechanisms"))))
        found = []
        while True:
            tag, fields = self.answer()
            if tag == 0x65:
                assert self.result(fields) == OK
                return found
            for _, attribute in parts(fields[1][1]):
                (_, _), (_, values) = parts(attribute)
                found += [value.decode() for _, value in parts(values)]

    def bind(self, dn, authentication):
        self.ask(ber(0x60, number(3), ber(0x04, dn), authentication))
        _, fields = self.answer()
        return self.result(fields)

    def simple(self, dn, password):
        return self.bind(dn, ber(0x80, password))

    def step(self, mechanism, message=None):
        credentials = [] if message is None else [ber(0x04, message)]
        return self.bind("", ber(0xA3, ber(0x04, mechanism), *credentials))

    def sasl(self, mechanism, messages):
        """Sends the messages in turn for as long as the server asks; the last code."""
        waiting = list(messages)
        code = self.step(mechanism, waiting.pop(0))
        while code == CONTINUE:
            code = self.step(mechanism, waiting.pop(0))
        return code


def trusting(certificate):
    return ssl.create_default_context(cafile=certificate)
