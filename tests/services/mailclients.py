# SPDX-License-Identifier: BSD-2-Clause
"""Clients of IMAP and POP3 on the private host, within TLS, each from a network of its own."""
import imaplib
import poplib
from base64 import b64encode

from clients import network
from saslkit import answers, untrusting
from servers import connect

IMAP, POP = 1143, 1110  # where the tests' servers listen


class Imap(imaplib.IMAP4):
    def __init__(self, host, port=IMAP, tls=True, source=None):
        self.private, self.source = host, source or network()
        super().__init__("localhost", port)
        if tls:
            self.starttls(untrusting())

    def _create_socket(self, timeout):
        return connect(self.private, self.port, self.source)

    def says(self, mech, name, token):
        """AUTHENTICATE; None, or the text of the refusal."""
        return self.sends(mech, answers(mech, name, token))

    def sends(self, mech, messages):
        told = iter(messages)
        return refusal(lambda: self.authenticate(mech, lambda _: next(told)))


class Pop(poplib.POP3):
    def __init__(self, host, port=POP, source=None):
        self.private, self.source = host, source or network()
        super().__init__("localhost", port)
        self.stls(untrusting())

    def _create_socket(self, timeout):
        return connect(self.private, self.port, self.source)

    def says(self, mech, name, token):
        def talk():
            line = self._shortcmd(f"AUTH {mech}")
            for message in answers(mech, name, token):
                if not line.startswith(b"+ "):
                    break
                line = self._shortcmd(b64encode(message).decode())
            if not line.startswith(b"+OK"):
                raise poplib.error_proto(line)

        return refusal(talk)


def refusal(action):
    try:
        action()
    except (imaplib.IMAP4.error, poplib.error_proto) as error:
        return str(error)
    return None
