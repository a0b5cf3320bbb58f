"""The command, as ``python -m llmsim`` and as the script of the package."""

import os
import subprocess
import sys

from ._program import LlmSimError, path


def main() -> int:
    try:
        program = path()
    except LlmSimError as error:
        print(f"llmsim: {error}", file=sys.stderr)
        return 1
    command = [program, *sys.argv[1:]]
    if os.name == "posix":
        os.execv(program, command)
    return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main())
