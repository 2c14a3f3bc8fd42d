"""A private OpenLDAP server."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import socket
from hashlib import sha1
from typing import TYPE_CHECKING, ClassVar

from ._server import PASSWORD, PrivateServer

if TYPE_CHECKING:
    from pathlib import Path

    from ._certificates import Certificates

_CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
argsfile {folder}/args
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
TLSVerifyClient {verify_client}
database mdb
maxsize 10485760
suffix "{suffix}"
rootdn "{user}"
rootpw {digest}
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="{private}" by users read by * none
access to dn.subtree="{guarded}" by dn="{reader}" read by * disclose
access to * by * read
"""
_ENTRIES = """\
dn: {suffix}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: {private}
objectClass: organizationalUnit
ou: private

dn: {guarded}
objectClass: organizationalUnit
ou: guarded

dn: {reader}
objectClass: person
cn: reader
sn: reader
userPassword: {digest}

dn: {outsider}
objectClass: person
cn: outsider
sn: outsider
userPassword: {digest}
"""


class OpenLDAPServer(PrivateServer):
    """OpenLDAP, without TLS and with StartTLS on `port`, with TLS on `tls_port`.

    Attributes:
        suffix: The entry at the top, which anonymous may read.
        user: DN of the administrator, who binds with `password`.
        reader: DN of one who may read everything, and binds with `password`.
        outsider: DN of one who binds with `password` too, and may not read `guarded`.
        private: DN of a subtree that anonymous may not read.
        guarded: DN of a subtree that only `reader` may read; others are told so.
    """

    program: ClassVar[str] = "openldap"
    suffix: ClassVar[str] = "dc=example,dc=org"
    user: ClassVar[str] = f"cn=admin,{suffix}"
    password: ClassVar[str] = PASSWORD
    reader: ClassVar[str] = f"cn=reader,{suffix}"
    outsider: ClassVar[str] = f"cn=outsider,{suffix}"
    private: ClassVar[str] = f"ou=private,{suffix}"
    guarded: ClassVar[str] = f"ou=guarded,{suffix}"

    _package_user = "openldap"
    _port_names = ("port", "tls_port")
    _ready_line = "slapd starting"

    def __init__(
        self,
        *,
        certificates: Certificates | None = None,
        require_client_certificate: bool = False,
    ) -> None:
        super().__init__(certificates=certificates)
        self._require_client_certificate = require_client_certificate

    @property
    def tls_port(self) -> int:
        """The port with TLS."""
        return self._port("tls_port")

    def search(self, *arguments: str, client_certificate: bool = False) -> str:
        """Run ldapsearch, which trusts the server's authority, and return the LDIF it writes."""
        env = {"LDAPTLS_CACERT": str(self.certificates.ca_file)}
        if client_certificate:
            env["LDAPTLS_CERT"] = str(self.certificates.client_certificate)
            env["LDAPTLS_KEY"] = str(self.certificates.client_key)
        return self._ask([self._executable("ldapsearch"), "-x", "-LLL", *arguments], env=env)

    def _prepare(self) -> None:
        self._make_folder("data")
        digest = _digest(self.password)
        conf = self._write(
            "slapd.conf",
            _CONF.format(
                folder=self.folder,
                verify_client="demand" if self._require_client_certificate else "never",
                suffix=self.suffix,
                user=self.user,
                digest=digest,
                private=self.private,
                guarded=self.guarded,
                reader=self.reader,
            ),
        )
        entries = self._write(
            "entries.ldif",
            _ENTRIES.format(
                suffix=self.suffix,
                private=self.private,
                guarded=self.guarded,
                reader=self.reader,
                outsider=self.outsider,
                digest=digest,
            ),
        )
        # A copy, because Ubuntu's AppArmor profile keeps the original to its package's folders.
        shutil.copy(self._executable("slapd"), self._slapd)
        self._own(self._slapd)
        self._run([str(self._slapd), "-T", "add", "-q", "-f", str(conf), "-l", str(entries)])

    def _command(self) -> list[str]:
        hosts = [f"[{host}]" if ":" in host else host for host in self.hosts]
        urls = [f"ldap://{host}:{self.port}" for host in hosts]
        urls += [f"ldaps://{host}:{self.tls_port}" for host in hosts]
        # A debug level keeps it in the foreground; this one is for messages that are of no level.
        options = ["-d", "none", "-s", "0", "-f", str(self.folder / "slapd.conf")]
        return [str(self._slapd), *options, "-h", " ".join(urls)]

    def _is_ready(self, log: str) -> bool:
        # It says so before it listens on the ports that it has bound.
        ports = (self.port, self.tls_port)
        return super()._is_ready(log) and all(
            _accepts(host, port) for host in self.hosts for port in ports
        )

    @property
    def _slapd(self) -> Path:
        return self.folder / "slapd"


def _accepts(host: str, port: int) -> bool:
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection((host, port), 5):
        return True
    return False


def _digest(password: str) -> str:
    salt = os.urandom(8)
    digest = sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()
