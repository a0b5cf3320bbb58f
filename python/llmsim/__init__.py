"""Simulates clusters that serve large language models.

>>> import llmsim
>>> points = llmsim.sweep(lambda_arrival=[1, 2, 4], prefill_local=["fcfs", "shortest"])
>>> points.frame()[["lambda_arrival", "prefill_local", "ttft_p99"]]

Options are those of the command, ``llmsim run --help``, as keywords; a list gives one several values.
"""

from ._commands import new_policy, plan, run, sweep, version
from ._program import Defect, Interrupted, LlmSimError, UserError
from ._results import Plan, Run, Table

__all__ = [
    "Defect",
    "Interrupted",
    "LlmSimError",
    "Plan",
    "Run",
    "Table",
    "UserError",
    "new_policy",
    "plan",
    "run",
    "sweep",
    "version",
]
