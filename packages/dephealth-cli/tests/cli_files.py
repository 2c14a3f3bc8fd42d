"""What tests of the command write, and what writes it."""

from __future__ import annotations

from collections.abc import Callable

Write = Callable[[str], str]
Plugin = Callable[[str, str], str]

PLUGIN = """
from dataclasses import dataclass
from dephealth import Checker, CheckerSpec, hookimpl, option

@dataclass(frozen=True, kw_only=True)
class AcmeChecker(Checker):
    type = {type!r}
    pin: str | None = option(default=None, secret=True, help="a secret")

    async def check(self, endpoint):
        {check}

@hookimpl
def dephealth_checkers():
    return [CheckerSpec(type={type!r}, schemes={{{type!r}: None}}, checker=lambda: AcmeChecker)]
"""

GOOD = """
name = "orders-api"
group = "shop"

[defaults]
interval = "10s"
timeout = 2.5

[dependencies.orders-db]
url = "postgresql://app:${DB_PASSWORD}@pg.svc,pg2.svc/orders"
critical = true
timeout = "500ms"
labels = { role = "primary" }
params = { application_name = "watch" }

[dependencies.cache]
type = "redis"
host = "cache.svc"
port = "${CACHE_PORT:-6380}"
critical = "${CACHE_CRITICAL:-no}"
tls = true
db = 2

[dependencies.payment]
url = "https://pay.svc"
critical = true
expected_statuses = [200, 204]
basic_auth = ["app", "${DB_PASSWORD}"]
failure_threshold = 3

[serve]
host = "0.0.0.0"
port = 8080
username = "prometheus"
password = "${DB_PASSWORD}"
"""
