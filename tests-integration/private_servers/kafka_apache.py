"""A private broker of Apache Kafka itself, from Maven Central.

As a program, ``python -m private_servers.kafka_apache``, this fetches it, which needs Maven.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import ClassVar

from cryptography.hazmat.primitives import serialization

import provision

from .kafka import AnyKafkaServer

_VERSION = "4.1.1"
_POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dephealth</groupId><artifactId>apache-kafka</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""
_CONF = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
controller.listener.names=CONTROLLER
listeners={listeners},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners={listeners}
listener.security.protocol.map=PLAIN:PLAINTEXT,TLS:SSL,MTLS:SSL,LOGIN:SASL_PLAINTEXT,\
LOGINTLS:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAIN
log.dirs={folder}/data
offsets.topic.replication.factor=1
auto.create.topics.enable=true
ssl.keystore.type=PEM
ssl.keystore.location={folder}/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.mtls.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
_LOGIN = """\
listener.name.{listener}.plain.sasl.jaas.config={modules}.plain.PlainLoginModule required \
user_{user}="{password}";
listener.name.{listener}.scram-sha-256.sasl.jaas.config={modules}.scram.ScramLoginModule required;
listener.name.{listener}.scram-sha-512.sasl.jaas.config={modules}.scram.ScramLoginModule required;
"""
_MODULES = "org.apache.kafka.common.security"
_LISTENERS = {
    "PLAIN": "port",
    "TLS": "tls_port",
    "MTLS": "mtls_port",
    "LOGIN": "sasl_port",
    "LOGINTLS": "sasl_tls_port",
}


def folder_of_jars() -> Path:
    """Where Apache Kafka is, or would be."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "dephealth" / f"apache-kafka-{_VERSION}"


def what_is_missing() -> str | None:
    """What keeps Apache Kafka from being started here, None if nothing does."""
    if provision.find("java") is None:
        return "java is not installed"
    if not (folder_of_jars() / "complete").exists():
        return "no Apache Kafka: in tests-integration, python -m private_servers.kafka_apache"
    return None


def fetch() -> None:
    """Get the jars of Apache Kafka with Maven."""
    folder = folder_of_jars()
    folder.mkdir(parents=True, exist_ok=True)
    pom = folder / "pom.xml"
    pom.write_text(_POM)
    goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={folder}"]
    subprocess.run(["mvn", "-q", "-B", "-f", str(pom), *goal], check=True)
    (folder / "complete").touch()


class ApacheKafkaServer(AnyKafkaServer):
    """One broker of Apache Kafka."""

    program: ClassVar[str] = "apache-kafka"

    _port_names = (*AnyKafkaServer._port_names, "controller_port")
    _ready_line = "Kafka Server started"

    def _prepare(self) -> None:
        key = serialization.load_pem_private_key((self.folder / "server.key").read_bytes(), None)
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        certificate = (self.folder / "server.pem").read_text()
        self._write("keystore.pem", pem.decode() + certificate)

    def _configure(self) -> None:
        listeners = ",".join(
            f"{name}://127.0.0.1:{self._port(port)}" for name, port in _LISTENERS.items()
        )
        conf = _CONF.format(
            listeners=listeners,
            controller_port=self._port("controller_port"),
            folder=self.folder,
        )
        for listener in ("login", "logintls"):
            conf += _LOGIN.format(
                listener=listener, modules=_MODULES, user=self.user, password=self.password
            )
        path = self._write("server.properties", conf)
        if (self.folder / "data").exists():
            return
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = ["-t", cluster, "-c", str(path)]
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            options += ["--add-scram", f"{mechanism}=[name={self.user},password={self.password}]"]
        self._run(self._java("kafka.tools.StorageTool", "format", *options))

    def _command(self) -> list[str]:
        return self._java("kafka.Kafka", str(self.folder / "server.properties"))

    def _java(self, program: str, *arguments: str) -> list[str]:
        options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return [
            self._executable("java"),
            *options,
            "-cp",
            f"{folder_of_jars()}/*",
            program,
            *arguments,
        ]


if __name__ == "__main__":
    fetch()
