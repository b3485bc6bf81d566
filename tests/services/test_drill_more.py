# SPDX-License-Identifier: BSD-2-Clause
"""patctl drill against the other real services, all at once: servers that ask PAM, Dovecot, Cyrus,
memcached, svnserve, polkit's helper and login; and what keeps one from drilling each.
"""
import signal
import subprocess
import time
from pathlib import Path

import pytest

import saslkit
import tokens
from host import SEARCH, tool, wait_for
from logins import Site
from page import blocks
from test_dovecot import CACHE, Dovecot
from test_drill import CYRUS_PLACES, canary_account, drill, is_clean, quickest
from test_local import LINES
from test_local import PAGE as LOCAL
from test_pam_servers import CONFIG, Nginx, Postgresql, Vsftpd

CYRUS, MEMCACHED, SVN = (blocks(page) for page in ("cyrus-imapd", "memcached", "subversion"))
CYRUS_CONF = """\
START {
    recover cmd="/usr/sbin/cyrus ctl_cyrusdb -r"
}
SERVICES {
    imap   cmd="imapd"                listen="127.0.0.1:imap" prefork=1
    # pop3 cmd="pop3d"                listen="127.0.0.1:9"
    pop3s  cmd="pop3d -s"             listen="localhost:995"
    sieve  cmd="/usr/bin/timsieved"   listen="127.0.0.1:4190"
}
"""
# Each client, and where the service's own configuration or process says that it listens.
PLACES = {
    ("login", "libpam"): None,
    ("su", "libpam"): None,
    ("su-l", "libpam"): None,
    ("sudo", "libpam"): None,
    ("polkit-1", "polkit's helper"): None,
    ("dovecot", "IMAP by curl"): "imap://127.0.0.1:1143",
    ("dovecot", "POP3 by curl"): "pop3://127.0.0.1:1110",
    ("imap", "IMAP by curl"): "imap://127.0.0.1:143",
    ("pop", "POP3 by curl"): "pop3s://127.0.0.1:995",
    ("sieve", "ManageSieve"): "sieve://127.0.0.1:4190",
    ("vsftpd", "FTP by curl"): "ftp://127.0.0.1:21",
    ("nginx", "HTTP by curl"): "http://localhost:80/both/",
    ("postgresql", "psql"): "hostssl://127.0.0.1:5432/postgres",
    ("svn", "svn"): "svn://127.0.0.1:3690/repository",
    ("memcached", "memcached's protocol"): "tcp://127.0.0.1:11211",
}


class Everything(Site):
    def __init__(self):
        super().__init__(CONFIG)
        try:
            self.run(["sh", "-ec", CYRUS_PLACES], check=True)
            saslkit.install_plugin(self)
            self.svn = self.account("svn")
            self.settings = "".join([CONFIG, *(page["/etc/pat/pat.conf"]
                                               for page in (CYRUS, MEMCACHED, SVN))])
            self.configure(self.settings)
            canary_account(self)
            self.start_pam()
            self.start_cyrus()
            self.make_repository()
            self.start_svnserve()
            self.memcached = self.start_memcached()
        except BaseException:
            self.close()
            raise

    def configure(self, text):
        self.patd.configure(text)
        self.patd.reload()

    def start_pam(self):
        self.run(["sh", "-ec", LOCAL["Before the change, for polkit"]], check=True)
        for service in ("su", "sudo", "login", "polkit-1"):
            self.wire(service, LINES)
        self.vsftpd, self.nginx, self.postgresql = (kind(self) for kind in
                                                    (Vsftpd, Nginx, Postgresql))
        self.dovecot = Dovecot(self)
        self.show_dovecot()

    def show_dovecot(self):
        """Where doveconf looks."""
        self.write("/etc/dovecot/dovecot.conf", self.path(self.dovecot.file).read_text())

    def start_cyrus(self):
        saslkit.certificate(self, "/etc/cyrus.pem", "cyrus")
        self.write("/etc/imapd.conf", saslkit.with_lines(
            self.path("/etc/imapd.conf").read_text(),
            "servername: localhost\ntls_server_cert: /etc/cyrus.pem\n"
            "tls_server_key: /etc/cyrus.pem\n" + CYRUS["/etc/imapd.conf"]))
        sieve = next(str(path) for path in Path("/usr/lib/cyrus/bin").glob("timsieved"))
        self.write("/etc/cyrus.conf", CYRUS_CONF.replace("/usr/bin/timsieved", sieve))
        saslkit.start(self, ["/usr/sbin/cyrmaster", "-M", "/etc/cyrus.conf", "-p",
                             "/run/cyrus/pid"], 143)

    def make_repository(self):
        self.path("/etc/sasl2").mkdir(exist_ok=True)
        self.run([tool("svnadmin"), "create", "/home/svn/repository"], uid=self.svn, check=True)

    def start_svnserve(self, mechanisms="PLAIN", anonymous="none"):
        self.write("/etc/sasl2/svn.conf", SVN["/etc/sasl2/svn.conf"].replace("PLAIN", mechanisms))
        self.write("/home/svn/repository/conf/svnserve.conf",
                   SVN["conf/svnserve.conf of the repository"].replace(
                       "anon-access = none", f"anon-access = {anonymous}"))
        self.svnserve = saslkit.start(
            self, [tool("svnserve"), "-d", "--foreground", "--root=/home/svn", "--listen-host",
                   "127.0.0.1"], 3690, self.svn)[0]

    def start_memcached(self, *more):
        self.write("/etc/sasl2/memcached.conf", MEMCACHED["/etc/sasl2/memcached.conf"])
        return saslkit.start(self, [tool("memcached"), "-S", "-u", "memcache", "-l", "127.0.0.1",
                                    *more], 11211)[0]

    def end(self, process):
        process.terminate()
        process.wait(20)

    def pg_hba(self, *lines):
        loaded = "SELECT pg_conf_load_time()"
        before = self.postgresql.sql(loaded)
        self.write("/run/postgresql/data/pg_hba.conf", "".join(f"{line}\n" for line in lines),
                   owner="postgres")
        self.postgresql.sql("SELECT pg_reload_conf()")
        wait_for(lambda: self.postgresql.sql(loaded) != before, "new pg_hba.conf")

    def workers(self):
        """Of nginx."""
        found = set()
        for pid in self.processes():
            try:
                if b"nginx: worker process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.add(pid)
            except OSError:
                pass  # it ended meanwhile
        return found

    def nginx_conf(self, text):
        """Another configuration, as soon as no worker works by the one before."""
        before = self.workers()
        self.write("/etc/nginx/nginx.conf", text)
        self.run([tool("nginx"), "-s", "reload"], check=True)
        wait_for(lambda: self.workers() and not self.workers() & before, "new workers of nginx")


@pytest.fixture(scope="module")
def site():
    with Everything() as host:
        yield host


def by_client(document):
    return {(row["service"], row["client"]): row for row in document["services"]}


def only(host, *words, status=0):
    """The one row of a drill."""
    _, document = drill(host, *words, status=status)
    row, = document["services"]
    return row


# --- all of them ---

MAKE_ROLE = 'CREATE ROLE "pat-canary" LOGIN; GRANT tokens TO "pat-canary"'
NO_ROLE = 'DROP ROLE IF EXISTS "pat-canary"'


@pytest.fixture
def role(site):
    """PostgreSQL lets a role in, and makes none."""
    site.postgresql.sql(MAKE_ROLE)
    yield
    site.postgresql.sql(NO_ROLE)


def test_postgresql_without_the_role(site):
    row = only(site, "postgresql", status=8)
    assert row["result"] == "not proven" and "patd was not asked" in row["why"]
    assert "pg_hba.conf asks PAM for +tokens: is there such a role pat-canary?" in row["why"]


def test_every_service_refuses_within_a_second(site, role):
    """A46: in one drill, of a minute at most."""
    began = time.monotonic()
    times, document = quickest(site, "--account", "guest")
    assert time.monotonic() - began < 60 and max(times.values()) < 1000, times
    rows = by_client(document)
    assert {client: row["place"] for client, row in rows.items()} == PLACES
    for row in rows.values():
        assert row["created_seq"] < row["revoked_seq"]
        verdicts = [use["verdict"] for use in row["uses"]]
        assert verdicts[-1] == "accepted" and set(verdicts[:-1]) == {"revoked"}, row
    assert is_clean(site)


def test_no_child_and_no_file_has_a_token(site, role):
    since = len(site.syslog.lines)
    process = subprocess.Popen(
        site.enter([site.patd.bin / "patctl", "--config", site.patd.config, "drill", "--yes",
                    "--account", "guest"]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env={"PATH": SEARCH, "LC_ALL": "C.UTF-8"})
    site.children.append(process)
    seen, texts = site.watch(process)
    out, err = process.communicate()
    assert process.returncode == 0, (out, err)
    assert {"curl", "svn", "psql", "openssl", "polkit-agent-he"} <= seen, seen
    texts |= {out, err, site.patd.log_text(), *site.syslog.lines[since:]}
    assert not [text for text in texts if tokens.FORM.search(text)]
    assert list(site.path("/root").iterdir()) == []


# --- what keeps one from drilling ---

def test_vsftpd_wants_a_usual_shell(site):
    row = only(site, "vsftpd", status=8)
    assert row["result"] == "not drilled"
    assert "pam_shells keeps out pat-canary, whose shell is /usr/sbin/nologin" in row["why"]


def test_postgresql_tells_whom_pam_let_in_what_there_is_not(site):
    """A role or a database: which is as good as a login."""
    before = site.path("/run/postgresql/data/pg_hba.conf").read_text()
    try:
        site.pg_hba("local all postgres peer", "local replication all pam",
                    "host db2,other all 127.0.0.1/32 pam pamservice=postgresql")
        for statement in ("SELECT 1", MAKE_ROLE, NO_ROLE):
            site.postgresql.sql(statement)
            row = only(site, "postgresql")
            assert row["result"] == "kept" and row["place"] == "host://127.0.0.1:5432/db2"
        site.pg_hba("local all postgres peer", "local all all pam")
        row = only(site, "postgresql")
        assert row["result"] == "kept" and row["place"] == "local:///var/run/postgresql:5432/postgres"
        site.pg_hba("local all postgres peer", "host db3 all all trust", "host db3 all all pam")
        row = only(site, "postgresql", status=8)
        assert row["result"] == "not proven" and "without asking patd" in row["why"]
        site.pg_hba("local all postgres peer", "host all all all pam pamservice=other")
        row = only(site, "postgresql", status=8)
        assert row["result"] == "not drilled"
        assert "no line of pg_hba.conf asks PAM as postgresql" in row["why"]
    finally:
        site.pg_hba(*before.splitlines())


# What stands in http {}, and what the drill makes of it: a place, or why there is none.
PAM = 'auth_pam "Private"; auth_pam_service_name "nginx";'
PAGES = {
    "a server, but for what is open": (
        "server { listen 8081; location /open/ { auth_pam off; } %(pam)s"
        " location ~ ^/x { return 200; } location /in/ { } }", "http://localhost:8081/in/", None),
    "all of it": (
        "%(pam)s server { listen 127.0.0.1:8080 default_server; }", "http://localhost:8080/", None),
    "within TLS, by a name": (
        "server { server_name www.example.org other; listen 443 ssl; ssl_certificate %(tls)s;"
        " ssl_certificate_key %(tls)s; location = /one { # }\n %(pam)s } }",
        "https://www.example.org:443/one", None),
    "a file in a file": (
        "include conf.d/*.conf; map $uri $x { default '}'; }",
        "http://localhost:81/deep/er/", None),
    "another service": (
        "server { listen 8082; location / { auth_pam x; auth_pam_service_name other; } }", None,
        "no page of a server has auth_pam"),
    "nowhere": ("server { listen 8082; }", None, "no page of a server has auth_pam"),
    "behind what answers before": (
        "server { listen 8082; location / { %(pam)s return 204; } }", None,
        "/ without a password: HTTP/1.1 204"),
    "for others only": (
        "server { listen 8082; location / { satisfy any; allow 127.0.0.1; %(pam)s } }", None,
        "without a password: HTTP/1.1"),
}
MAIN = """
daemon off;
user www-data;
pid /run/nginx.pid;
error_log stderr;
include /etc/nginx/modules-enabled/*.conf;
events { }
http { access_log off; root /etc/nginx/www; %s }
"""


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_nginx(site, page):
    text, place, why = PAGES[page]
    usual = site.path("/etc/nginx/nginx.conf").read_text()
    site.write("/etc/nginx/conf.d/deep.conf",
               "server { listen 81; location /deep/ { location /deep/er/ { "
               "include snippets/tokens; } } }")
    site.write("/etc/nginx/snippets/tokens", PAM)
    try:
        site.nginx_conf(MAIN % (text % {"pam": PAM, "tls": "/etc/vsftpd.pem"}))
        row = only(site, "nginx", status=0 if place else 8)
        assert row["place"] == place
        assert row["result"] == "kept" if place else why in row["why"], row
    finally:
        site.nginx_conf(usual)


def test_a_configuration_that_nginx_refuses(site):
    before = site.path("/etc/nginx/nginx.conf").read_text()
    site.write("/etc/nginx/nginx.conf", before + "}")
    try:
        row = only(site, "nginx", status=8)
        assert row["result"] == "not drilled" and "nginx -T ended with status 1" in row["why"]
    finally:
        site.write("/etc/nginx/nginx.conf", before)


def test_dovecot_that_remembers_is_named(site):
    try:
        site.dovecot.again(CACHE + "auth_cache_ttl = 3 secs\n", "cache_key=%u")
        site.show_dovecot()
        _, document = drill(site, "dovecot", status=9)
        row = by_client(document)["dovecot", "IMAP by curl"]
        assert row["result"] == "broken" and row["refused_ms"] > 1000
        assert row["cache"].startswith("Dovecot's auth_cache_size is 10")
    finally:
        site.dovecot.again()
        site.show_dovecot()


def test_a_protocol_that_is_not_offered_is_no_row(site):
    conf = site.path("/etc/dovecot/dovecot.conf").read_text()
    site.write("/etc/dovecot/dovecot.conf", conf.replace("imap pop3", "imap"))
    try:
        assert only(site, "dovecot")["client"] == "IMAP by curl"
        site.write("/etc/dovecot/dovecot.conf", conf.replace("imap pop3", "lmtp"))
        row = only(site, "dovecot", status=8)
        assert row["result"] == "not drilled" and "Dovecot offers no" in row["why"]
    finally:
        site.write("/etc/dovecot/dovecot.conf", conf)


def test_a_repository_that_everybody_may_read_proves_nothing(site):
    site.end(site.svnserve)
    row = only(site, "svn", status=8)
    assert row["result"] == "not drilled" and "no svnserve -d runs" in row["why"]
    site.start_svnserve("PLAIN ANONYMOUS", "read")
    try:
        row = only(site, "svn", status=8)
        assert row["result"] == "not proven"
        assert "svn://127.0.0.1:3690/repository lets everybody read" in row["why"]
    finally:
        site.end(site.svnserve)
        site.start_svnserve()


def test_a_service_that_hangs_holds_up_nobody(site, role):
    site.memcached.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    try:
        _, document = drill(site, "--account", "guest", status=8)
        rows = by_client(document)
        hangs = rows.pop(("memcached", "memcached's protocol"))
        assert hangs["result"] == "not proven" and "does not answer" in hangs["why"]
        assert [row for row in rows.values() if row["result"] != "kept"] == []
        assert time.monotonic() - began < 40
    finally:
        site.memcached.send_signal(signal.SIGCONT)


def test_a_service_that_does_not_run(site):
    site.end(site.memcached)
    try:
        row = only(site, "memcached", status=8)
        assert row["result"] == "not drilled" and "no memcached -S runs" in row["why"]
    finally:
        site.memcached = site.start_memcached()


def test_memcached_within_tls_and_by_a_path(site):
    site.end(site.memcached)
    saslkit.certificate(site, "/etc/memcached.pem", "memcache")
    site.memcached = site.start_memcached(
        "-Z", "-o", "ssl_chain_cert=/etc/memcached.pem,ssl_key=/etc/memcached.pem")
    row = only(site, "memcached")
    assert row["result"] == "kept" and row["place"] == "tls://127.0.0.1:11211"
    site.end(site.memcached)
    site.run(["install", "-d", "-o", "memcache", "/run/memcached"], check=True)
    process = subprocess.Popen(
        site.enter([tool("memcached"), "-S", "-u", "memcache", "-s", "/run/memcached/socket"]),
        stdin=subprocess.DEVNULL, env={"PATH": SEARCH})
    site.children.append(process)
    try:
        wait_for(site.path("/run/memcached/socket").exists, "socket of memcached")
        row = only(site, "memcached")
        assert row["result"] == "kept" and row["place"] == "unix:///run/memcached/socket"
    finally:
        site.end(process)
        site.memcached = site.start_memcached()


def test_a_stranger_who_listens_is_given_no_token(site):
    """While the service is down its port is anybody's."""
    site.end(site.memcached)
    guest = site.uid_of("guest")
    stranger, _ = saslkit.start(site, [tool("memcached"), "-S", "-l", "127.0.0.1"], 11211, guest)
    try:
        row = only(site, "memcached", status=8)
        assert row["result"] == "not proven" and row["uses"] == []
        assert f"uid {guest} listens there, which may not ask patd as memcached" in row["why"]
    finally:
        site.end(stranger)
        site.memcached = site.start_memcached()


# --- tenants ---

def test_names_with_a_realm(site):
    site.patd.tenant("unit", makeDefault=False, realms=["unit.example.org"])
    try:
        site.configure(site.settings.replace("[service nginx]",
                                             "[service nginx]\ntenants = unit@ lab@"))
        row = only(site, "nginx", "--tenant", "unit")
        assert row["result"] == "kept"
        site.syslog.wait("verdict=revoked .*tenant=unit user=pat-canary service=nginx")
        row = only(site, "nginx", "--tenant", "lab", status=8)
        assert "names with a realm only, and the tenant has none" in row["why"]
        assert "it takes no tokens of tenant acme" in only(site, "nginx", status=8)["why"]
    finally:
        site.configure(site.settings)


def test_a_tenant_whose_tokens_are_bound_to_addresses(site):
    site.patd.tenant("bound", makeDefault=False)
    site.patd.ctl("tenant", "set", "bound", "--require-from", check=0)
    try:
        site.configure(site.settings.replace("[service nginx]", "[service nginx]\ntenants = bound")
                       .replace("[service memcached]", "[service memcached]\ntenants = bound"))
        row = only(site, "nginx", "--tenant", "bound")
        assert row["result"] == "kept"
        row = only(site, "memcached", "--tenant", "bound", status=8)
        assert row["result"] == "not proven"
        assert "tokens of tenant bound are bound to addresses, and this service tells patd none" \
            in row["why"]
    finally:
        site.configure(site.settings)
