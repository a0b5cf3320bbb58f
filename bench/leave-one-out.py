#!/usr/bin/env python3
"""How well do engine profiles carry over? Fits them to all accelerators but one, or all models but one, and predicts that one.

    leave-one-out.py ROWS [--by LABEL...] [--limit N] [--llmsim COMMAND]

ROWS is a table of measured configurations as llmsim validate reads it (docs/validation.md). For each value of each LABEL (system and
model unless given) every profile of catalog/engines that they need is fitted anew with llmsim calibrate to the rows of its versions without that value,
N of them at most (120), and the rows with that value are predicted with what was found. A profile that has too few rows left takes the one
of its engine's other versions. Kernels are as they are: an accelerator that is left out keeps the tables of its own operations. Prints the
median and nine in ten of |error| in percent, beside those with the profiles that come with the simulator, which have seen half of these rows.
"""
import argparse
import csv
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
METRICS = ("tpot_mean", "ttft_mean")


def version(text):
    """The first two numbers; an unknown version is the latest."""
    found = re.match(r"(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else (sys.maxsize, 0)


def profiles():
    """The profiles that come with the simulator, of each engine the earlier versions first."""
    folder = os.path.join(ROOT, "catalog", "engines")
    found = []
    for name in os.listdir(folder):
        with open(os.path.join(folder, name)) as file:
            found.append(json.load(file))
    return sorted(found, key=lambda one: version(one.get("before_version", "")))


def profile_of(row, known):
    """The name of the profile of a row; none where its engine has no profile."""
    for one in known:
        if one["kind"] == row["engine"] and ("before_version" not in one or version(row["engine_version"]) < version(one["before_version"])):
            return one["name"]
    return None


def errors(path):
    """Errors of a comparison by id and figure."""
    with open(path, newline="") as file:
        return {(row["id"], row["metric"]): float(row["error_percent"]) for row in csv.DictReader(file)}


def spread(values):
    values = sorted(map(abs, values))
    at = 0.9 * (len(values) - 1)
    low = int(at)
    high = values[min(low + 1, len(values) - 1)]
    return f"{statistics.median(values):.1f} / {values[low] + (high - values[low]) * (at - low):.1f}"


class Trial:
    """Rows, and the command that fits and predicts."""

    def __init__(self, arguments, folder):
        self.rows = arguments.rows
        self.limit = arguments.limit
        self.command = arguments.llmsim
        self.folder = folder
        with open(self.rows, newline="") as file:
            self.table = [row for row in csv.DictReader(file) if row["mode"] == "agg"]
        self.known = profiles()

    def run(self, *words):
        return subprocess.run([*self.command, *words], capture_output=True, text=True, check=False)

    def validate(self, filter_, *more):
        output = os.path.join(self.folder, "errors.csv")
        done = self.run("validate", "--rows", self.rows, "--filter", filter_, "--csv_output", output, *more)
        return errors(output) if done.returncode == 0 else {}

    def fit_one(self, one, label, value, folder):
        """Fits a profile without a value; says whether there were enough rows."""
        rows = [row for row in self.table if row[label] != value and profile_of(row, self.known) == one["name"]]
        if not rows:
            return False
        chosen = ",".join(
            f"{name}={'|'.join(sorted({row[name] for row in rows}))}" for name in dict.fromkeys(("engine", "engine_version", "mode", label))
        )
        before = ["--before_version", one["before_version"]] if "before_version" in one else []
        output = os.path.join(folder, one["name"] + ".json")
        words = ("--filter", chosen, "--limit", str(self.limit), "--name", one["name"], "--output", output, *before)
        return self.run("calibrate", "--rows", self.rows, *words).returncode == 0

    def fit(self, label, value, folder):
        """Fits the profiles of the rows with a value to the rows without it; says which had too few."""
        needed = {profile_of(row, self.known) for row in self.table if row[label] == value}
        lacking = []
        for one in self.known:
            if one["name"] in needed and not self.fit_one(one, label, value, folder):
                lacking.append(one["name"])
                kin = next((other for other in self.known if other["kind"] == one["kind"] and other is not one), None)
                found = {"kind": one["kind"], "source": "nothing"}
                if kin and self.fit_one(kin, label, value, folder):
                    with open(os.path.join(folder, kin["name"] + ".json")) as file:
                        found = json.load(file)
                    found.pop("before_version", None)
                versions = {name: one[name] for name in ("before_version",) if name in one}
                with open(os.path.join(folder, one["name"] + ".json"), "w") as file:
                    json.dump({**found, "name": one["name"], **versions}, file)
        return lacking

    def leave_out(self, label, value):
        filter_ = f"mode=agg,{label}={value}"
        shipped = self.validate(filter_)
        if not shipped:
            return
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            lacking = self.fit(label, value, folder)
            found = self.validate(filter_, "--engine_profiles", folder)
        cells = [value, str(sum(metric == METRICS[0] for _, metric in found))]
        for metric in METRICS:
            for one in (found, shipped):
                values = [error for (_, name), error in one.items() if name == metric]
                cells.append(spread(values) if values else "–")
            signed = [error for (_, name), error in found.items() if name == metric]
            cells.append(f"{statistics.median(signed):+.1f}" if signed else "–")
        print("| " + " | ".join(cells) + " | " + ", ".join(lacking) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows")
    parser.add_argument("--by", nargs="+", default=["system", "model"], metavar="LABEL")
    parser.add_argument("--limit", type=int, default=120)
    parser.add_argument("--llmsim", nargs="+", default=[os.path.join(ROOT, "llmsim")], metavar="WORD")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(arguments, folder)
        for label in arguments.by:
            print(f"| {label} left out | rows | TPOT | with the shipped profiles | signed | TTFT | with the shipped profiles | signed | no rows left for |")
            print("|---|---|---|---|---|---|---|---|---|", flush=True)
            for value in sorted({row[label] for row in trial.table}):
                trial.leave_out(label, value)


if __name__ == "__main__":
    main()
