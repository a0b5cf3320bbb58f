"""Tests of the package with a program that is there: $LLMSIM, or llmsim in $PATH."""

import json
import os
import re
import tempfile
import unittest
import warnings
from pathlib import Path
from unittest import mock

import llmsim
from llmsim import _program

FOLDER = Path(__file__).parent.parent
SMALL = {"request_count": 40}

try:
    import pandas
except ImportError:
    pandas = None


class RunTests(unittest.TestCase):
    def test_a_run_has_figures_configuration_and_requests(self):
        result = llmsim.run(lambda_arrival=2, prefill_local="shortest", requests=True, **SMALL)

        self.assertEqual(40, result.summary["requests"])
        self.assertEqual("shortest", result.configuration["prefill_local"])
        self.assertEqual(40, len(result.requests))
        self.assertEqual(list(range(40)), result.requests.column("id"))
        self.assertIsInstance(result.requests[0]["ttft"], float)
        self.assertIsInstance(result.requests[0]["ttft_met"], bool)
        self.assertIn("version", result)

    def test_a_cluster_is_data_or_a_file(self):
        mixed = [{"role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4}]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "cluster.json")
            file.write_text(json.dumps(mixed))
            self.assertEqual(
                llmsim.run(cluster=mixed, **SMALL).summary, llmsim.run(cluster=file, **SMALL).summary
            )

    def test_a_limit_that_is_not_met_is_no_error(self):
        self.assertFalse(llmsim.run(require="ttft_p99<1us", **SMALL).met)
        self.assertTrue(llmsim.run(require="ttft_p99<9999s", **SMALL).met)

    def test_what_is_wrong_is_an_error_with_the_message(self):
        with self.assertRaisesRegex(llmsim.UserError, "--request_count: found '0'; allowed: "):
            llmsim.run(request_count=0)
        with self.assertRaisesRegex(llmsim.UserError, "Did you mean '--prefill_local'"):
            llmsim.run(prefil_local="fcfs")
        with self.assertRaisesRegex(ValueError, "several values"):
            llmsim.run(lambda_arrival=[1, 2], **SMALL)
        with self.assertRaisesRegex(ValueError, "seed: found no value"):
            llmsim.sweep(seed=[])

    def test_warnings_are_warnings(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            llmsim.run(zipf_s=3, **SMALL)
        self.assertTrue(any("--zipf_s has no effect" in str(one.message) for one in caught), caught)

    def test_without_a_program_it_says_what_to_do(self):
        with mock.patch.dict(os.environ, {"LLMSIM": "", "PATH": ""}):
            with self.assertRaisesRegex(llmsim.LlmSimError, "install a wheel"):
                if (Path(_program.__file__).parent / "bin").exists():
                    raise llmsim.LlmSimError("install a wheel")
                llmsim.version()
        with mock.patch.dict(os.environ, {"LLMSIM": "/nowhere/llmsim"}):
            with self.assertRaisesRegex(llmsim.LlmSimError, "does not start"):
                llmsim.version()


class SweepTests(unittest.TestCase):
    def test_lists_are_combined_and_files_are_read(self):
        points = llmsim.sweep(lambda_arrival=[1, 2], prefill_local=["fcfs", "shortest"], **SMALL)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "sweep.yaml")
            file.write_text(
                "base: {request_count: 40}\ngrid: {lambda_arrival: [1, 2], prefill_local: [fcfs, shortest]}\n"
            )
            self.assertEqual(points.rows, llmsim.sweep(file).rows)

        self.assertEqual([1, 1, 2, 2], points.column("lambda_arrival"))
        self.assertEqual(["fcfs", "shortest"] * 2, points.column("prefill_local"))
        self.assertEqual(2, len(points[1:3]))
        self.assertTrue(all(isinstance(value, float) for value in points.column("ttft_p99")))
        with self.assertRaises(KeyError):
            points.column("nothing")

    def test_a_frame_has_the_rows(self):
        points = llmsim.sweep(seed=[1, 2], **SMALL)
        if pandas is None:
            with self.assertRaisesRegex(ImportError, "pandas or polars"):
                points.frame()
            self.skipTest("pandas is not installed")
        frame = points.frame()
        self.assertEqual(points.columns, list(frame.columns))
        self.assertEqual(points.column("ttft_mean"), list(frame["ttft_mean"]))


class PolicyTests(unittest.TestCase):
    def test_a_policy_of_ones_own_is_used(self):
        with tempfile.TemporaryDirectory() as folder:
            file = llmsim.new_policy("mine", folder=folder)
            result = llmsim.run(prefill_global="mine", policies=folder, **SMALL)
            self.assertTrue(file.exists())
        self.assertEqual("mine", result.configuration["prefill_global"])


class PlanTests(unittest.TestCase):
    QUESTION = dict(
        model="meta-llama/Llama-3.1-8B", workload="chat", lambda_arrival=1, hardware="H100", tp_sizes=1, gpus=2,
        modes="mixed", rows=1,
    )

    def test_a_plan_has_a_verdict_and_candidates(self):
        with tempfile.TemporaryDirectory() as folder:
            plan = llmsim.plan(slo="ttft_p99<5s", output=Path(folder, "plan"), **self.QUESTION)
            self.assertTrue(any(plan.folder.glob("*/scenario.yaml")))
        self.assertTrue(plan.holds)
        self.assertIn("NVIDIA_H100_SXM", plan.verdict)
        self.assertEqual(1, len(plan.table))

    def test_a_plan_that_finds_nothing_says_so(self):
        plan = llmsim.plan(slo="ttft_p99<1us", **self.QUESTION)
        self.assertFalse(plan.holds)
        self.assertIsNone(plan.folder)


class ExampleTests(unittest.TestCase):
    @unittest.skipIf(pandas is None, "pandas is not installed")
    def test_the_notebook_runs(self):
        notebook = json.loads((FOLDER / "examples/study.ipynb").read_text(encoding="utf-8"))
        names = {}
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                exec("".join(cell["source"]), names)
        self.assertEqual(["fcfs", "shortest", "shortest saves s"], list(names["tails"].columns))
        self.assertEqual([], [cell["outputs"] for cell in notebook["cells"] if cell.get("outputs")])

    @unittest.skipIf(pandas is None, "pandas is not installed")
    def test_the_examples_of_the_page_run(self):
        page = (FOLDER / "README.md").read_text(encoding="utf-8")
        blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        self.assertEqual(2, len(blocks))
        for block in blocks:
            exec(block, {})


if __name__ == "__main__":
    unittest.main()
