"""A real Chromium without a window, and what it tells of a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

import provision

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-sandbox",  # without which it does not start as root; it sees pages of ours alone
)


class Screen(NamedTuple):
    """What a page is looked at on."""

    width: int
    height: int
    dark: bool = False
    scripts: bool = True


DESKTOP = Screen(1280, 900)
PHONE = Screen(390, 844)


class Browser:
    """A browser with one tab."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def look(self, url: str, screen: Screen = DESKTOP) -> None:
        """Load *url* as if for the first time."""
        self.driver.get("about:blank")
        self.console()
        self.requested()
        width, height, dark, scripts = screen
        phone = width < DESKTOP.width
        self._set(
            "DeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._set("EmulatedMedia", features=[scheme])
        self._set("ScriptExecutionDisabled", value=not scripts)
        self.driver.get(url)

    def run(self, script: str, *arguments: Any) -> Any:
        """What *script* returns in the page; it runs although those of the page may not."""
        return self.driver.execute_script(script, *arguments)

    def text(self, selector: str = "body") -> str:
        """What is to be seen of the first element."""
        return self.driver.find_element("css selector", selector).text

    def console(self) -> list[str]:
        """What was written to the console since the last call."""
        return [entry["message"] for entry in self._log("browser")]

    def requested(self) -> list[str]:
        """The addresses that were asked for since the last call."""
        messages = (json.loads(entry["message"])["message"] for entry in self._log("performance"))
        return [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]

    def tree(self) -> list[tuple[str, str]]:
        """What a screen reader gets: role and name of each thing."""
        nodes = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        return [
            (node["role"]["value"], node.get("name", {}).get("value", ""))
            for node in nodes
            if not node["ignored"]
        ]

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.execute("getLog", {"type": kind})["value"]
        return entries

    def _set(self, what: str, **values: Any) -> None:
        self.driver.execute_cdp_cmd(f"Emulation.set{what}", values)


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Run a browser that keeps its files in *profile*, a folder of its own."""
    options = ChromeOptions()
    options.binary_location = str(provision.find("chromium"))
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With both paths given nothing is looked for, let alone downloaded.
    driver = Chrome(options, Service(str(provision.find("chromedriver"))))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
