"""The commands that programs use."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Iterable, List, Mapping, Optional, Sequence, Union

from ._program import call
from ._results import Plan, Run, Table

One = Union[bool, int, float, str, "os.PathLike[str]"]
Option = Union[None, One, Sequence[One]]
Cluster = Union[str, "os.PathLike[str]", Sequence[Mapping[str, Any]]]

_CLUSTERS = ("cluster", "prefill_config", "decode_config")


def run(*, requests: bool = False, cluster: Optional[Cluster] = None, **options: Any) -> Run:
    """One simulation.

    requests: whether the result has each request.
    cluster: a cluster file, or its content as a list of dicts; the same of prefill_config and decode_config.
    options: those of ``llmsim run``, such as ``lambda_arrival=3, prefill_local="shortest"``; each one value.
    """
    with tempfile.TemporaryDirectory(prefix="llmsim-") as folder:
        files = ["--requests_output", os.path.join(folder, "requests.csv")] if requests else []
        code, text = call(["run", "--json", "-", *files, *_arguments({**options, "cluster": cluster}, folder)])
        content = json.loads(text)
        if isinstance(content, list):
            raise ValueError("an option has several values: that is a sweep, see llmsim.sweep")
        table = Table.read(files[1]) if requests else None
    return Run(content, met=code == 0, requests=table)


def sweep(
    file: Union[None, str, "os.PathLike[str]"] = None, *, cluster: Optional[Cluster] = None, **options: Any
) -> Table:
    """Simulations of all combinations of the options that have several values, or those that a file describes.

    file: a sweep in YAML; the options are then those of ``llmsim sweep``, else of ``llmsim run``.
    """
    with tempfile.TemporaryDirectory(prefix="llmsim-") as folder:
        output = os.fspath(options.pop("csv_output", None) or os.path.join(folder, "points.csv"))
        command = ["run"] if file is None else ["sweep", os.fspath(file)]
        arguments = _arguments({**options, "cluster": cluster}, folder)
        call([*command, "--quiet", "--csv_output", output, *arguments])
        return Table.read(output)


def plan(*, output: Union[None, str, "os.PathLike[str]"] = None, **options: Any) -> Plan:
    """Which cluster to buy, such as ``plan(workload="chat", lambda_arrival=10, slo="ttft_p99<1s, tpot_p99<50ms")``.

    output: a folder for the tables, and for a scenario and commands to deploy for each candidate; none of them stay without it.
    options: those of ``llmsim plan``.
    """
    with tempfile.TemporaryDirectory(prefix="llmsim-") as folder:
        answers = Path(folder, "plan") if output is None else Path(output)
        call(["plan", "--output", os.fspath(answers), *_arguments(options, folder)])
        content = json.loads((answers / "plan.json").read_text(encoding="utf-8"))
        table = Table.read(answers / "plan.csv")
    return Plan(content, table, None if output is None else answers)


def new_policy(name: str, *, folder: Union[str, "os.PathLike[str]"] = "policies", **options: Any) -> Path:
    """Writes a policy of your own to begin with, one file of C#; ``run(prefill_global=name)`` uses it.

    options: those of ``llmsim new policy``.
    """
    call(["new", "policy", name, "--output", os.fspath(folder), *_arguments(options, "")])
    return Path(folder, f"{name}.cs")


def version() -> str:
    """The version of the program."""
    return call(["version"])[1].strip()


def _arguments(options: Mapping[str, Any], folder: str) -> List[str]:
    """Options of a command line; clusters that are data become files in a folder."""
    arguments: List[str] = []
    for name, value in options.items():
        if value is None or value is False:
            continue
        arguments.append(f"--{name}")
        if name in _CLUSTERS and not isinstance(value, (str, os.PathLike)):
            file = Path(folder, f"{name}.json")
            file.write_text(json.dumps(list(value)), encoding="utf-8")
            arguments.append(os.fspath(file))
        elif value is not True:
            arguments.extend(_text(one) for one in _values(name, value))
    return arguments


def _values(name: str, value: Any) -> Iterable[Any]:
    if isinstance(value, (str, int, float, os.PathLike)):
        return [value]
    values = list(value)
    if not values:
        raise ValueError(f"{name}: found no value; allowed: one, or a list of at least one")
    return values


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
