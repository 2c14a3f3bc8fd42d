"""The status page in a real browser, about real endpoints."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Self

import pytest
from selenium.webdriver import ActionChains, Keys

from browser import DESKTOP, PHONE, Browser, chromium
from dephealth import CheckError, Dependency, Endpoint
from dephealth.api import DependencyHealth, tcp_check
from dephealth_web import Server, serve
from private_servers import require, wait_until

SECRET = "tr0ub4dor-and-3"
LONG = f"{'a-very-long-name.' * 9}{'unbreakable' * 5}.example"
HOSTILE = '"><script>document.title="owned"</script>'

# The least contrast of a text of the page with what is behind it (WCAG 2.2, 1.4.3).
LEAST_CONTRAST = """
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
}
function luminance(colour) {
  const [r, g, b] = colour.map(
    c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element) {
  for (; element; element = element.parentElement) {
    const colour = rgba(getComputedStyle(element).backgroundColor);
    if (colour[3] === 255) return colour;
  }
}
let least = 21;
const texts = document.createTreeWalker(document.getElementById("page"), NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement;
  if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
  const [light, dark] = [rgba(getComputedStyle(element).color), behind(element)]
    .map(luminance).sort((a, b) => b - a);
  least = Math.min(least, (light + 0.05) / (dark + 0.05));
}
return least;
"""


class Refusing:
    """A checker whose server says no, and quotes what it was sent."""

    async def check(self, endpoint: Endpoint) -> None:
        """Say no."""
        raise CheckError(f"db://app:{SECRET}@{endpoint.host} is refused: {HOSTILE}")


class Relay:
    """A server that can be away for a while."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Be away."""
        self._socket.close()

    def reopen(self) -> None:
        """Be there again."""
        self._socket = socket.create_server(("127.0.0.1", self.port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests of this module."""
    require("chromium")
    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A server that is there."""
    with Relay() as relay:
        yield relay


@pytest.fixture
def health(relay: Relay) -> Iterator[DependencyHealth]:
    """Checks of the relay, once a second, and of others in assorted states."""
    health = DependencyHealth(
        "orders-api",
        "shop",
        tcp_check("relay", host="127.0.0.1", port=relay.port, critical=True),
        Dependency(
            name="search",
            type="search",
            checker=Refusing(),
            critical=False,
            endpoints=[
                Endpoint(LONG, "9200", {"zone": HOSTILE, "rack": "unbreakable" * 12}),
                Endpoint("2001:db8:85a3::8a2e:370:7334", "9200"),
            ],
        ),
        tcp_check("later", host="127.0.0.1", port=relay.port, critical=True, initial_delay=300),
        check_interval=1.0,
        timeout=0.5,
        exporters=[],
    )
    health.start_sync()
    yield health
    health.stop_sync()


@pytest.fixture
def server(health: DependencyHealth) -> Iterator[Server]:
    """The page, once everything is known that will be."""
    wait_until(
        lambda: (
            [history.since is None for history in health.history().values()]
            == [False, False, False, True]
        ),
        seconds=10,
        what="first results",
    )
    with serve(health, status_page=True) as server:
        yield server


@pytest.fixture
def url(server: Server) -> str:
    """Where the page is."""
    return f"http://127.0.0.1:{server.port}/"


def fails(health: DependencyHealth, relay: Relay) -> None:
    """Have the relay fail, and wait until that is known."""
    relay.close()
    wait_until(lambda: not health.health()["relay"], seconds=10, what="failure of the relay")


def test_what_is_shown(browser: Browser, url: str, relay: Relay) -> None:
    """Everything is there at once: the verdict, each endpoint, its state and the reason."""
    browser.look(url)
    text = browser.text()

    assert browser.text("#headline") == "1 of 3 dependencies is down; it is not critical"
    assert browser.driver.title == "1 down: orders-api"
    assert f"127.0.0.1:{relay.port}" in text
    assert "[2001:db8:85a3::8a2e:370:7334]:9200" in text
    assert "not checked yet" in text
    assert "CheckError: db://***@" in text.replace("dephealth.errors.", "")
    assert "in a row" in text or "1 failure" in text
    assert SECRET not in browser.driver.page_source


def test_names_are_no_markup(browser: Browser, url: str) -> None:
    """A hostile label is to be read as it is, and does nothing."""
    browser.look(url)

    assert f"zone={HOSTILE}" in browser.text()
    assert browser.driver.title == "1 down: orders-api"


def test_follows_a_change(
    browser: Browser, url: str, relay: Relay, health: DependencyHealth
) -> None:
    """A failure appears by itself, without the page being loaded again."""
    browser.look(url)
    browser.run("window.kept = true")
    fails(health, relay)
    wait_until(
        lambda: "relay is critical" in browser.text("#headline"),
        seconds=15,
        what="failure on the page",
    )

    assert browser.run("return window.kept") is True
    assert browser.driver.title == "2 down: orders-api"
    assert "connection_refused" in browser.text(".dependency:first-child")
    assert "relay" in browser.text("[aria-labelledby=latest]")
    assert browser.run("return document.querySelector('.marks').getAttribute('d')") != ""


def test_follows_a_return(
    browser: Browser, url: str, relay: Relay, health: DependencyHealth
) -> None:
    """What recovers goes back to its place, with its changes."""
    fails(health, relay)
    browser.look(url)
    assert "relay is critical" in browser.text("#headline")
    relay.reopen()
    wait_until(lambda: health.health()["relay"], seconds=10, what="return of the relay")
    _update(browser)

    assert browser.text("#headline") == "1 of 3 dependencies is down; it is not critical"
    assert browser.text(".dependency:last-child h3").endswith("relay")
    assert "2 changes" in browser.text(".dependency:last-child")


def test_keeps_what_the_reader_did(
    browser: Browser, url: str, relay: Relay, health: DependencyHealth
) -> None:
    """What is unfolded and what has the focus stay so, though all around it moves."""
    fails(health, relay)
    relay.reopen()
    wait_until(lambda: health.health()["relay"], seconds=10, what="return of the relay")
    browser.look(url)
    summary = "document.querySelector('.dependency:last-child summary')"
    browser.run(f"{summary}.click(); {summary}.focus(); window.focused = {summary}")
    fails(health, relay)
    _update(browser)

    assert browser.text(".dependency:first-child h3").endswith("relay")
    assert browser.run("return document.activeElement === window.focused")
    assert browser.run("return document.querySelector('.dependency:first-child details').open")
    assert "3 changes" in browser.text(".dependency:first-child summary")


def test_without_scripts(
    browser: Browser, url: str, relay: Relay, health: DependencyHealth
) -> None:
    """Without scripts everything is there too, and how to see what is new."""
    browser.look(url, DESKTOP._replace(scripts=False))
    assert browser.text("#headline") == "1 of 3 dependencies is down; it is not critical"
    fails(health, relay)
    browser.driver.find_element("link text", "Reload").click()

    assert "relay is critical" in browser.text("#headline")
    assert "connection_refused" in browser.text(".dependency:first-child")


def test_asks_nobody_else(browser: Browser, url: str) -> None:
    """The page asks for itself alone, and nothing is written to the console."""
    browser.look(url)
    _update(browser)
    asked = browser.requested()

    assert asked.count(url) >= 2
    assert {each for each in asked if not each.startswith("data:")} == {url}
    assert browser.console() == []


def test_policy_holds(browser: Browser, url: str) -> None:
    """A script that gets into the page all the same does not run."""
    browser.look(url)
    browser.run(
        "const script = document.createElement('script');"
        "script.textContent = 'window.owned = true'; document.body.append(script)"
    )

    assert browser.run("return window.owned") is None
    assert "Content Security Policy" in browser.console()[0]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours(browser: Browser, url: str, *, dark: bool) -> None:
    """In both schemes every text stands out from what is behind it."""
    browser.look(url, DESKTOP._replace(dark=dark))
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")

    assert (ground == "rgb(17, 19, 23)") is dark
    assert browser.run(LEAST_CONTRAST) >= 4.5


@pytest.mark.parametrize("width", [320, PHONE.width, 768, 1024, DESKTOP.width])
def test_fits(
    browser: Browser, url: str, relay: Relay, health: DependencyHealth, width: int
) -> None:
    """However narrow the screen and long the names, there is nothing to scroll to the side."""
    fails(health, relay)
    browser.look(url, PHONE._replace(width=width))
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")

    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert (
        browser.run(
            "return [...document.querySelectorAll('#page *')].filter(e => e.checkVisibility()"
            " && !e.closest('.unseen') && e.getBoundingClientRect().right > innerWidth + 0.5)"
            ".map(e => e.outerHTML.slice(0, 80))"
        )
        == []
    )


def test_keyboard(browser: Browser, url: str, relay: Relay, health: DependencyHealth) -> None:
    """The key Tab leads to what can be unfolded, visibly, and Enter unfolds it."""
    fails(health, relay)
    browser.look(url)
    ActionChains(browser.driver).send_keys(Keys.TAB).perform()
    assert browser.run("return document.activeElement.textContent") == "1 change"
    assert browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    ActionChains(browser.driver).send_keys(Keys.ENTER).perform()

    assert browser.run("return document.activeElement.parentElement.open") is True


def test_screen_reader(browser: Browser, url: str, relay: Relay, health: DependencyHealth) -> None:
    """Landmarks, headings, lists and drawings have names that tell what is seen."""
    fails(health, relay)
    browser.look(url)
    tree = browser.tree()
    names = {role: {name for each, name in tree if each == role} for role, _ in tree}

    assert {"banner", "main", "list", "listitem", "status", "time"} <= names.keys()
    assert names["region"] == {"Dependencies", "Latest changes"}
    assert names["heading"] == {
        "orders-api shop",
        "Dependencies",
        "down: relay",
        "down: search",
        "unknown: later",
        "Latest changes",
    }
    assert all(name.startswith("last ") for name in names["image"])


def test_service_that_does_not_answer(
    browser: Browser, url: str, server: Server, health: DependencyHealth
) -> None:
    """A page that cannot be brought up to date says so, until it can."""
    browser.look(url)
    server.close()
    _update(browser, "#lost")
    assert "does not answer" in browser.text("#lost")
    with serve(health, port=server.port, status_page=True):
        _update(browser)
        assert browser.text("#lost") == ""


def _update(browser: Browser, what: str = "#page .summary time") -> None:
    """Come back to the tab, upon which the page asks for itself anew; wait until *what* changes."""
    content = f"return document.querySelector('{what}').outerHTML"
    before = browser.run(content)
    browser.run("document.dispatchEvent(new Event('visibilitychange'))")
    wait_until(lambda: browser.run(content) != before, seconds=10, what="new content of the page")
