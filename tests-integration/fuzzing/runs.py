"""Processes that fuzz, and what came of them."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from texts.readers import EXAMPLES
from texts.shapes import TOKENS

from .trying import LONGEST

_HUNG = 25
"""Seconds after which libFuzzer gives a text up."""
_EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)
_RAISED = re.compile(r"^ === Uncaught Python exception: ===\n(.*)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What came of fuzzing one reader.

    Args:
        reader: Its name.
        executions: How many texts it was given.
        seconds: How long that took.
        finding: What is wrong, and with which text; empty if nothing is.
    """

    reader: str
    executions: int
    seconds: float
    finding: str = ""


def fuzz(reader: str, seconds: int, folder: Path) -> Run:
    """Fuzz *reader* for so long; *folder* keeps what was found worth trying from run to run."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    for number, text in enumerate(EXAMPLES[reader]):
        (corpus / f"example-{number}").write_text(text)
    words = folder / "words"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS))
    for old in folder.glob("found-*"):
        old.unlink()
    begun = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "fuzzing.target", reader, str(corpus)),
            *(f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={_HUNG}"),
            *(f"-dict={words}", f"-artifact_prefix={folder}/found-", "-print_final_stats=1"),
        ],
        capture_output=True,
        check=False,
    )
    log = (done.stdout + done.stderr).decode(errors="replace")
    (folder / "log").write_text(log)
    found = [one.read_bytes() for one in folder.glob("found-*")]
    return outcome(reader, log, time.monotonic() - begun, done.returncode, found)


def outcome(reader: str, log: str, seconds: float, code: int, found: list[bytes]) -> Run:
    """What a process that ended with *code*, having written *log*, has found.

    Args:
        reader: What it fuzzed.
        log: Of libFuzzer and atheris.
        seconds: How long it ran.
        code: 0 only if nothing was found.
        found: The texts that it has kept as the ones to blame.
    """
    executed = _EXECUTED.search(log)
    finding = ""
    if code or found or executed is None:
        raised = _RAISED.search(log)
        what = raised[1].strip() if raised else log.strip()[-500:]
        finding = f"{what} ({', '.join(map(repr, found)) or f'exit code {code}'})"
    return Run(reader, int(executed[1]) if executed else 0, seconds, finding)


def _escaped(token: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token.encode("utf-8", "surrogatepass"))
