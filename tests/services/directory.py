# SPDX-License-Identifier: BSD-2-Clause
"""A real slapd with TLS on a private host, set up as doc/openldap says."""
import subprocess

from host import SEARCH, tool
from ldap_client import Ldap, trusting
from page import blocks
from servers import Servers, connect, messages

PAGE = blocks("openldap")
PAT_CONF = PAGE["/etc/pat/pat.conf"]
SASL_CONF = PAGE["/etc/ldap/sasl2/slapd.conf"]
LDIF = PAGE["pat.ldif"]
WITHOUT_PLUGIN = PAGE["/etc/ldap/sasl2/slapd.conf, without the plugin"]
TOKENS_ONLY = PAGE["/etc/ldap/sasl2/slapd.conf, tokens only, without the plugin"]
SASL_ENTRY = PAGE["The entry, for simple binds"]
REALM_EXPRESSION = PAGE["olcAuthzRegexp for a tenant with a realm"]
BASE = "dc=example,dc=org"
SASLAUTHD = "/run/saslauthd"
PASSWORD_MECHANISMS = ("PLAIN", "LOGIN")
PEOPLE = ("alice", "bob", "carol", "dave")
NOBODY = ""

# A directory as sites have it, before anything of ours.
CN_CONFIG = f"""
dn: cn=config
objectClass: olcGlobal
cn: config
olcPidFile: /run/slapd/pid
olcTLSCertificateFile: /etc/server.pem
olcTLSCertificateKeyFile: /etc/server.key
olcLogLevel: stats

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcSuffix: {BASE}
olcDbDirectory: /var/lib/ldap
olcAccess: to attrs=userPassword by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth
  manage by anonymous auth
olcAccess: to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage by * read
"""
ENTRIES = f"""
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: example

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=lab,{BASE}
objectClass: organizationalUnit
ou: lab
""" + "".join(f"""
dn: uid={name},ou=people,{BASE}
objectClass: inetOrgPerson
cn: {name}
sn: {name}
uid: {name}
userPassword: ldap {name}
""" for name in PEOPLE)


def dn(name):
    return f"uid={name},ou=people,{BASE}"


def somebody(name):
    """What whoami says then; else NOBODY."""
    return f"dn:{dn(name)}"


class Directory(Servers):
    def __init__(self):
        super().__init__(PAT_CONF)
        self.tls = trusting(self.path("/etc/server.pem"))
        for name in PEOPLE:
            self.patd.user(name, grants=["ldap:*", "ssh:login"])
        self.patd.user("alice", grants=["ldap:*"], tenant="lab")
        self.tokens = {name: self.patd.token(name, ["ldap:bind"])[0] for name in PEOPLE}
        self.write("/etc/ldap/sasl2/slapd.conf", SASL_CONF)
        self.write("/etc/ldap/ldap.conf", "TLS_CACERT /etc/server.pem\n")
        self.load()
        self.process = None
        self.start_slapd()
        self.modify(LDIF)
        self.modify(SASL_ENTRY)

    def load(self):
        self.write("/etc/config.ldif", CN_CONFIG)
        self.write("/etc/entries.ldif", ENTRIES)
        self.run(["sh", "-ec", """
rm -rf /etc/ldap/slapd.d
mkdir /etc/ldap/slapd.d
slapadd -n 0 -F /etc/ldap/slapd.d -l /etc/config.ldif
slapadd -n 1 -F /etc/ldap/slapd.d -l /etc/entries.ldif
chown -R openldap:openldap /etc/ldap/slapd.d /var/lib/ldap
"""], check=True)

    def start_slapd(self):
        """-d 0: in the foreground; what it logs by default goes to syslog."""
        self.process = subprocess.Popen(
            self.enter([tool("slapd"), "-d", "0", "-u", "openldap", "-g", "openldap", "-h",
                        "ldap:/// ldaps:/// ldapi:///", "-F", "/etc/ldap/slapd.d"]),
            stdin=subprocess.DEVNULL, env={"PATH": SEARCH})
        self.children.append(self.process)
        self.wait_for_port(389, self.process)

    def restart_slapd(self):
        self.process.terminate()
        self.process.wait(30)
        self.start_slapd()

    def slapd_conf(self, text):
        """Another slapd.conf of SASL."""
        self.write("/etc/ldap/sasl2/slapd.conf", text)
        self.restart_slapd()

    def modify(self, ldif):
        self.run([tool("ldapmodify"), "-Q", "-Y", "EXTERNAL", "-H", "ldapi:///"], stdin=ldif,
                 check=True)

    def client(self, tls=True, source=None):
        return Ldap(connect(self, 389, source), self.tls if tls else None, starttls=tls)

    def bind(self, mechanism, name, secret, requested="", source=None):
        """The result of a bind on a connection of its own, and who one is then."""
        with self.client(source=source) as ldap:
            code = ldap.sasl(mechanism, messages(mechanism, name, secret, requested))
            return code, ldap.whoami()

    def simple(self, name, secret, source=None):
        with self.client(source=source) as ldap:
            return ldap.simple(dn(name), secret), ldap.whoami()
