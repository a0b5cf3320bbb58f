#!/usr/bin/env python3
"""Ends single runs and sweeps at random moments, with kill -9 and with signals, and gives them disks that are too small.

Whatever happens, each result file must be absent or have the bytes of an undisturbed run, a signal must end the process within a second
and leave nothing half-written, and the same command, once more, must give the bytes of an undisturbed run.

Usage: bench/faults.py [--kills 200] [--signals 100] [--disks 100] [--seed 1] [--program PATH]
Small disks are tmpfs, which needs root.
"""

import argparse
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMANDS = {
    "run": "run --request_count 1000 --requests_output r.csv --csv_output s.csv --json s.json --quiet "
    "--sample_queue_states --sample_memory_usage --sample_rate 0.01",
    "pictures": "run --request_count 1000 --requests_output r.parquet --csv_output s.csv --quiet "
    "--sample_queue_states --queue_states_output q.parquet --sample_rate 0.01 --plots . --plots_format svg",
    "sweep": "run --request_count 300 --lambda_arrival 1 2 --seed 1 2 3 4 "
    "--requests_output r.csv --csv_output s.csv --json s.json --sample_queue_states --sample_rate 0.01 --resume --quiet",
    "trace": "workload generate --request_count 20000 --output t.jsonl.zst",
}
JOURNAL = re.compile(r"\.sqlite(-journal)?$")
PARTIAL = re.compile(r"^\..*\.partial$")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


class Subject:
    """A command, with what it writes when nothing disturbs it."""

    def __init__(self, name, program, work):
        self.name, self.argv = name, [*program, *COMMANDS[name].split()]
        folder = work / f"whole-{name}"
        folder.mkdir()
        begin = time.monotonic()
        subprocess.run(self.argv, cwd=folder, check=True, capture_output=True)
        self.seconds = time.monotonic() - begin
        self.whole = {name: data for name, data in contents(folder).items() if not JOURNAL.search(name)}
        self.bytes = sum(path.stat().st_size for path in folder.iterdir())
        assert self.whole, self.argv

    def start(self, folder):
        return subprocess.Popen(self.argv, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def torn(self, folder):
        """Names of result files that are neither absent nor whole."""
        return [
            name
            for name, data in contents(folder).items()
            if not JOURNAL.search(name) and not PARTIAL.search(name) and data != self.whole.get(name)
        ]

    def left(self, folder):
        return [name for name in os.listdir(folder) if PARTIAL.search(name) or name.endswith("-journal")]

    def require_again(self, folder):
        """The same command once more gives what an undisturbed one gives."""
        done = subprocess.run(self.argv, cwd=folder, capture_output=True, text=True)
        found = {name: data for name, data in contents(folder).items() if not JOURNAL.search(name)}
        require(done.returncode == 0 and found == self.whole, f"{self.name} once more: {done.stderr}{found.keys()}")
        require(not self.left(folder), f"{self.name} once more leaves {self.left(folder)}")


def require(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def kill(subject, folder, moment, counts):
    process = subject.start(folder)
    time.sleep(moment * subject.seconds)
    process.kill()
    process.communicate()
    require(not subject.torn(folder), f"kill -9 of {subject.name} tears {subject.torn(folder)}")
    counts["hit"] += process.returncode == -signal.SIGKILL
    counts["with a hidden file left"] += bool(subject.left(folder))
    subject.require_again(folder)


def end(subject, folder, moment, counts):
    number = signal.SIGTERM if counts["all"] // len(COMMANDS) % 2 else signal.SIGINT
    process = subject.start(folder)
    time.sleep(moment * subject.seconds)
    process.send_signal(number)
    begin = time.monotonic()
    _, error = process.communicate()
    seconds = time.monotonic() - begin
    # Before the runtime has begun, the system ends the process itself.
    require(process.returncode in (0, 130, -number), f"{subject.name}: {number.name}: {process.returncode}: {error}")
    require(not subject.torn(folder), f"{number.name} tears {subject.torn(folder)} of {subject.name}")
    require(not subject.left(folder), f"{number.name} of {subject.name} leaves {subject.left(folder)}")
    counts["hit"] += process.returncode != 0
    counts["over 1 s"] += seconds > 1
    counts["longest, ms"] = max(counts["longest, ms"], round(1000 * seconds))


def fill(subject, folder, moment, counts):
    size = 4096 + int(moment * subject.bytes * 1.3)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        done = subprocess.run(subject.argv, cwd=folder, capture_output=True, text=True)
        require(done.returncode in (0, 1), f"{subject.name} on {size} bytes: {done.returncode}: {done.stderr}")
        require(
            done.returncode == 0 or (done.stderr.startswith("llmsim: ") and done.stderr.count("\n") < 4),
            f"{subject.name} on {size} bytes: {done.stderr}",
        )
        require(not subject.torn(folder), f"a disk of {size} bytes tears {subject.torn(folder)} of {subject.name}")
        require(not subject.left(folder), f"{subject.name} on {size} bytes leaves {subject.left(folder)}")
        counts["too small"] += done.returncode == 1
        if done.returncode == 1:
            subprocess.run(["mount", "-o", "remount,size=1g", folder], check=True)
            subject.require_again(folder)
    finally:
        subprocess.run(["umount", folder], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--signals", type=int, default=100)
    parser.add_argument("--disks", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=str(ROOT / ".build/llmsim/LlmSim.Cli.dll"))
    options = parser.parse_args()
    if not pathlib.Path(options.program).exists():
        subprocess.run([ROOT / "llmsim", "--version"], check=True, stdout=subprocess.DEVNULL)
    chance = random.Random(options.seed)
    work = pathlib.Path(tempfile.mkdtemp())
    try:
        subjects = [Subject(name, ["dotnet", options.program], work) for name in COMMANDS]
        for title, fault, times in [
            ("kill -9", kill, options.kills),
            ("SIGINT and SIGTERM", end, options.signals),
            ("small disks", fill, options.disks),
        ]:
            counts = collections.Counter({"all": 0, "hit": 0} if fault is not fill else {"all": 0})
            for _ in range(times):
                subject = subjects[counts["all"] % len(subjects)]
                folder = work / "disturbed"
                folder.mkdir()
                fault(subject, folder, chance.random(), counts)
                counts["all"] += 1
                shutil.rmtree(folder)
            print(f"{title}: {dict(counts)}; nothing torn, nothing missing when run once more", flush=True)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
