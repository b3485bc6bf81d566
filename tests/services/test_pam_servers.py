# SPDX-License-Identifier: BSD-2-Clause
"""Servers that ask PAM, as root or as themselves, set up as their pages of doc/ say (M9, A15)."""
import ftplib
import shlex
from base64 import b64encode
from http.client import HTTPConnection
from pathlib import Path

from clients import network
from host import SEARCH, tool, wait_for
from logins import PASSWORD, Entry, Logins, Service
from page import Page
from saslkit import certificate, run_page, start, untrusting, with_lines
from servers import connect
from terminal import Terminal

FTP = Page("vsftpd")
NGINX = Page("nginx")
POSTGRESQL = Page("postgresql")
CONFIG = NGINX["/etc/pat/pat.conf"] + POSTGRESQL["/etc/pat/pat.conf"]


class Vsftpd(Service):
    name, scope = "vsftpd", "vsftpd:login"
    has_addresses, page, shows = True, FTP, "upload"
    closes = ("expired",)
    SITE = """
listen=YES
listen_ipv6=NO
background=NO
delay_failed_login=0
rsa_cert_file=/etc/vsftpd.pem
rsa_private_key_file=/etc/vsftpd.pem
"""

    def set_up(self):
        self.host.wire("vsftpd", FTP["In /etc/pam.d/vsftpd, in place of @include common-auth"])
        certificate(self.host, "/etc/vsftpd.pem", "root")
        page = FTP["In /etc/vsftpd.conf, in place of lines of the same names"]
        debian = self.host.path("/etc/vsftpd.conf").read_text()
        self.host.write("/etc/vsftpd.conf", with_lines(debian, self.SITE + page, "="))
        self.host.run(["mkdir", "-p", "/run/vsftpd/empty"], check=True)
        start(self.host, [tool("vsftpd"), "/etc/vsftpd.conf"], 21)

    def enter(self, name, secret):
        with Ftp(self.host) as ftp:
            try:
                ftp.login(name, secret)
            except ftplib.error_perm as error:
                return Entry(False, str(error))
            return Entry(ftp.pwd() == f"/home/{name}", "")

    def prepare(self, name):
        self.host.write(f"/home/{name}/upload", "")

    def on_this_host(self, command):
        return command.replace("files.example.org", "127.0.0.1").replace("curl", "curl --insecure")


class Ftp(ftplib.FTP_TLS):
    """From a network of its own."""

    def __init__(self, host):
        super().__init__(context=untrusting())
        self.sock = connect(host, 21, network())
        self.host, self.af = "localhost", self.sock.family
        self.file = self.sock.makefile("r", encoding=self.encoding)
        self.welcome = self.getresp()


class Nginx(Service):
    """Two paths, one with tokens only; the rows ask for the one that takes passwords, too."""

    name, scope, local = "nginx", "http:access", False
    has_addresses, page, shows = True, NGINX, "in by token"
    SITE = """
daemon off;
user www-data;
pid /run/nginx.pid;
error_log stderr;
include /etc/nginx/modules-enabled/*.conf;
events {{ }}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:80;
        root /etc/nginx/www;
        location /both/ {{ {both} }}
        location /only/ {{ {only} }}
        location /behind/ {{
            {only}
            {proxy}
            proxy_pass http://127.0.0.1/shown/;
        }}
        location /shown/ {{ return 200 "[$http_authorization] [$http_x_user]"; }}
        location /elsewhere/ {{ auth_pam "Private"; auth_pam_service_name "elsewhere"; }}
    }}
}}
"""

    def set_up(self):
        self.host.wire("nginx", NGINX["A new file /etc/pam.d/nginx"], replace=None)
        for place in ("both", "only"):
            self.host.path(f"/etc/nginx/www/{place}").mkdir(parents=True)
            self.host.write(f"/etc/nginx/www/{place}/in", "in by token\n")
        self.host.write("/etc/nginx/htpasswd", "")
        self.host.write("/etc/nginx/nginx.conf", self.SITE.format(
            both=NGINX["In a server or location, tokens beside the passwords of a file"],
            only=NGINX["In a server or location, tokens only"],
            proxy=NGINX["Beside proxy_pass"]))
        start(self.host, [tool("nginx"), "-c", "/etc/nginx/nginx.conf"], 80)

    def person(self):
        person = super().person()
        with open(self.host.path("/etc/nginx/htpasswd"), "a") as file:
            file.write(f"{person.name}:{{PLAIN}}{person.password}\n")
        return person

    def ask(self, path, name, secret):
        """The status of a request, and what was said."""
        connection = HTTPConnection("localhost")
        connection.sock = connect(self.host, 80, network())
        return self.ask_on(connection, path, name, secret)

    def ask_on(self, connection, path, name, secret):
        word = b64encode(f"{name}:{secret}".encode()).decode()
        connection.request("GET", path, headers={"Authorization": f"Basic {word}"})
        answer = connection.getresponse()
        headers = sorted(pair for pair in answer.getheaders() if pair[0] != "Date")
        return answer.status, f"{headers} {answer.read().decode()}"

    def enter(self, name, secret):
        status, said = self.ask("/both/in", name, secret)
        return Entry(status == 200, said)

    def on_this_host(self, command):
        return command.replace("https://www.example.org/private/", "http://127.0.0.1/only/in")


class Postgresql(Service):
    """Roles that are members of "tokens", and one beside each that has a password."""

    name, scope, local = "postgresql", "db:connect", False
    has_addresses, page, shows = True, POSTGRESQL, "NAME"
    BESIDE = "hostssl  all  all  all  scram-sha-256\n"

    def set_up(self):
        self.host.wire("postgresql", POSTGRESQL["A new file /etc/pam.d/postgresql"], replace=None)
        programs = max(Path("/usr/lib/postgresql").glob("*/bin"),
                       key=lambda path: int(path.parent.name))
        self.host.run(["install", "-d", "-o", "postgres", "/run/postgresql"], check=True)
        uid, data = self.host.uid_of("postgres"), "/run/postgresql/data"
        self.host.run([programs / "initdb", "--no-sync", "--auth=peer", "-D", data], uid=uid,
                      check=True)
        certificate(self.host, "/etc/postgresql.pem", "postgres")
        line = POSTGRESQL["In pg_hba.conf, above the other host lines"]
        self.host.write(f"{data}/pg_hba.conf", "local all postgres peer\n" + line + self.BESIDE,
                        owner="postgres")
        settings = {"ssl": "on", "ssl_cert_file": "/etc/postgresql.pem", "fsync": "off",
                    "ssl_key_file": "/etc/postgresql.pem", "listen_addresses": "127.0.0.1"}
        start(self.host, [programs / "postgres", "-D", data,
                          *(f"--{key}={value}" for key, value in settings.items())], 5432, uid)
        role, alice, member = POSTGRESQL["In psql, as postgres"].splitlines()
        self.sql(role)
        self.for_one = alice + member

    def sql(self, text):
        return self.host.run(["psql", "-qAt", "-h", "/run/postgresql", "-c", text, "postgres"],
                             uid=self.host.uid_of("postgres"), check=True).stdout

    def person(self):
        person = super().person()
        self.sql(self.for_one.replace("alice", person.name)
                 + f"CREATE ROLE {person.name}_by_password LOGIN PASSWORD '{person.password}';")
        return person

    def prepare(self, name):
        self.sql(self.for_one.replace("alice", name))

    def on_this_host(self, command):
        return command.replace("db.example.org", "127.0.0.1")

    def enter(self, name, secret):
        command = POSTGRESQL["psql asks for the password; paste the token"]
        words = shlex.split(self.on_this_host(command).replace("alice", name))
        done = self.host.run(words, uid=self.host.uid_of("guest"),
                             env={"PATH": SEARCH, "LC_ALL": "C.UTF-8", "PGPASSWORD": secret})
        return Entry(done.returncode == 0 and name in done.stdout, done.stderr)

    def by_password(self, person, password=PASSWORD):
        return self.enter(f"{person.name}_by_password", password)


class TestServers(Logins):
    SERVICES = [Vsftpd, Nginx, Postgresql]
    CONFIG = CONFIG

    # --- nginx ---

    def test_nginx_takes_tokens_only_where_the_page_says_so(self, services):
        nginx = services[Nginx]
        owner = nginx.owner
        for path, entered in (("/only/in", 401), ("/both/in", 200)):
            assert nginx.ask(path, owner.name, owner.password)[0] == entered
            assert nginx.ask(path, owner.name, owner.token)[0] == 200

    def test_nginx_keeps_the_token_from_what_is_behind_it(self, services):
        nginx = services[Nginx]
        status, said = nginx.ask("/behind/", nginx.owner.name, nginx.owner.token)
        assert status == 200 and said.endswith(f" [] [{nginx.owner.name}]"), said

    def test_nginx_asks_at_each_request_of_a_connection(self, services):
        """A46: nothing is kept."""
        nginx = services[Nginx]
        person = nginx.person()
        connection = HTTPConnection("localhost")
        connection.sock = connect(nginx.host, 80, network())
        assert nginx.ask_on(connection, "/only/in", person.name, person.token)[0] == 200
        nginx.host.patd.ctl("revoke", person.id, "--yes", check=0)
        assert nginx.ask_on(connection, "/only/in", person.name, person.token)[0] == 401

    # --- PostgreSQL ---

    def test_postgresql_ends_what_is_open_as_the_page_says(self, services):
        server = services[Postgresql]
        person = server.person()
        with Terminal(server.host, ["psql", f"host=127.0.0.1 user={person.name} dbname=postgres"],
                      server.host.uid_of("guest")) as psql:
            psql.expect("assword[^:]*: ")
            wait_for(psql.hides, "terminal that hides a secret")
            psql.send(person.token + "\n")
            psql.expect("=> ")
            server.host.patd.ctl("revoke", person.id, "--yes", check=0)
            psql.send("SELECT 'still ' || 'here';\n")
            assert psql.expect("still here"), psql.text
            server.sql(POSTGRESQL["In psql, as postgres, to end what is open"]
                       .replace("alice", person.name))
            psql.send("SELECT 1;\n")
            assert psql.expect("terminating connection"), psql.text

    def test_postgresql_takes_no_password_of_a_member(self, services):
        """One method a line, as the page says."""
        server = services[Postgresql]
        person = server.person()
        server.sql(f"ALTER ROLE {person.name} PASSWORD '{PASSWORD}'")
        assert not server.enter(person.name, PASSWORD).accepted

    def test_a_server_asks_for_itself_alone(self, services):
        """A broken-in nginx learns nothing about PostgreSQL's tokens."""
        server, host = services[Postgresql], services[Nginx].host
        host.wire("elsewhere", "auth required pam_pat.so service=postgresql\n", replace=None)
        nginx = services[Nginx]
        assert server.enter(server.owner.name, server.owner.token).accepted
        since = len(host.syslog.lines)
        assert nginx.ask("/elsewhere/", server.owner.name, server.owner.token)[0] == 401
        host.syslog.wait("verdict=not-permitted .*service=postgresql", since=since)


def test_every_block_of_the_pages_was_used():
    assert FTP.unused | NGINX.unused | POSTGRESQL.unused == set()
