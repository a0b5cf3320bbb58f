"""Finds the program and runs it."""

import logging
import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import List, Sequence, Tuple

_log = logging.getLogger("llmsim")
_WARNING = "llmsim: warning: "


class LlmSimError(Exception):
    """A command that failed."""


class UserError(LlmSimError):
    """What was asked for is wrong; the message says where, what was found and what is allowed."""


class Defect(LlmSimError):
    """A defect of llmsim: please report the message."""


class Interrupted(LlmSimError):
    """The command was interrupted; every result file is whole, or was not written."""


def path() -> str:
    """The program: that of ``$LLMSIM``, else the one in this package, else ``llmsim`` in ``$PATH``."""
    if given := os.environ.get("LLMSIM"):
        return given
    own = Path(__file__).parent / "bin" / ("llmsim.exe" if os.name == "nt" else "llmsim")
    if own.exists():
        return str(own)
    if found := shutil.which("llmsim"):
        return found
    raise LlmSimError(
        "there is no program llmsim: install a wheel of this system, put llmsim in PATH, or name it in the variable LLMSIM"
    )


def call(arguments: Sequence[str]) -> Tuple[int, str]:
    """Runs a command; its exit code, 0 or 3 (a limit is not met), and its standard output."""
    try:
        done = subprocess.run(
            [path(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
        )
    except OSError as error:
        raise LlmSimError(f"the program {path()} does not start: {error}") from error
    messages = _tell(done.stderr)
    if done.returncode in (0, 3):
        return done.returncode, done.stdout
    kind = {1: UserError, 2: Defect, 130: Interrupted}.get(done.returncode, LlmSimError)
    raise kind("\n".join(messages) or f"llmsim ended with exit code {done.returncode}")


def _tell(text: str) -> List[str]:
    """Passes warnings on as warnings, and the rest to the log; the messages without the program's name."""
    messages = []
    for line in text.splitlines():
        if line.startswith(_WARNING):
            warnings.warn(line[len(_WARNING) :], stacklevel=4)
        elif line:
            messages.append(line[8:] if line.startswith("llmsim: ") else line)
            _log.info(messages[-1])
    return messages
