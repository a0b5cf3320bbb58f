#!/usr/bin/env python3
"""Sweeps over a queue, with real nats-server processes, beside the same sweep on one machine: its results must be the same bytes.

    bench/queue.py kill        500 points, 4 workers: one is killed every two seconds, the server is restarted once, the sweep killed twice
    bench/queue.py cut         2 workers in a network namespace of their own, which is cut off for 20 s (as root)
    bench/queue.py overhead    500 points of about 0.2 s: 2 workers beside --n_jobs 2, in turn, the least of some rounds;
                               with --files each has a file of its requests
    bench/queue.py throughput  points of one request each: points a second

--points N and --rounds N make it shorter or longer. Needs nats-server, and python3 alone.
"""
import argparse
import filecmp
import json
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LLMSIM = ["dotnet", os.path.join(ROOT, ".build/llmsim/LlmSim.Cli.dll")]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


PORT, MONITOR = free_port(), free_port()
ADDRESS = f"nats://127.0.0.1:{PORT}"
FILES = ["results.csv", "results.json", "means.csv"]
STARTED = []


def start(command, **options):
    STARTED.append(subprocess.Popen(command, **options))
    return STARTED[-1]


class Server:
    """A nats-server whose state survives it."""

    def __init__(self, work):
        self.work = work
        self.start()

    def start(self):
        self.process = start(
            ["nats-server", "-js", "-sd", os.path.join(self.work, "nats"), "-p", str(PORT), "-m", str(MONITOR)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{MONITOR}/healthz").read()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit("nats-server does not start")

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        self.process.wait()

    def cpu(self):
        """CPU seconds so far."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def traffic(self):
        """Messages and bytes, in and out."""
        with urllib.request.urlopen(f"http://127.0.0.1:{MONITOR}/varz") as answer:
            counts = json.load(answer)
        return [counts[name] for name in ("in_msgs", "out_msgs", "in_bytes", "out_bytes")]

    def deliveries(self):
        """How many times a point was given to a worker."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{MONITOR}/jsz?streams=true&consumers=true").read()
        streams = json.loads(text)["account_details"][0]["stream_detail"]
        return sum(consumer["delivered"]["consumer_seq"]
                   for stream in streams if stream["name"] == "LLMSIM_POINTS"
                   for consumer in stream.get("consumer_detail") or [])


def folder(work, name, points, requests):
    path = os.path.join(work, name)
    os.mkdir(path)
    with open(os.path.join(path, "sweep.yaml"), "w") as file:
        file.write(f"base: {{request_count: {requests}, trace_path: trace.jsonl, arrivals: poisson}}\n"
                   f"grid: {{prefill_local: [fcfs, shortest], lambda_arrival: [1, 2, 3, 4, 5]}}\n"
                   f"replications: {points // 10}\n")
    rng = random.Random(7)
    with open(os.path.join(path, "trace.jsonl"), "w") as file:
        for i in range(max(requests, 100)):
            file.write(json.dumps({"timestamp": 400 * i, "input_length": rng.randint(50, 4000),
                                   "output_length": rng.randint(10, 500), "hash_ids": []}) + "\n")
    return path


def sweep(path, *more, wait=True, files=True):
    command = [*LLMSIM, "sweep", "sweep.yaml", "--csv_output", "results.csv", "--json", "results.json",
               "--replications_output", "means.csv", "--quiet", "--resume", *more]
    if files:
        command += ["--requests_output", "requests.csv"]
    process = start(command, cwd=path)
    if wait and process.wait() != 0:
        sys.exit(f"the sweep in {path} failed")
    return process


def worker(work, *prefix, address=ADDRESS, jobs=1):
    # A group of its own: a machine that is lost takes all processes of its worker with it.
    return start([*prefix, *LLMSIM, "worker", address, "--n_jobs", str(jobs), "--cache", os.path.join(work, "cache")],
                 process_group=0)


def end(process, how=signal.SIGTERM):
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        pass
    process.wait()


def children():
    """CPU seconds of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(a, b, files):
    names = sorted(name for name in os.listdir(a) if name.endswith((".csv", ".json")))
    assert names == sorted(name for name in os.listdir(b) if name.endswith((".csv", ".json"))), "other files"
    assert len(names) == files + len(FILES), len(names)
    different = [name for name in names if not filecmp.cmp(os.path.join(a, name), os.path.join(b, name), shallow=False)]
    assert not different, different
    return len(names)


def kill(work, options):
    points = options.points or 500
    whole = folder(work, "whole", points, 1500)
    sweep(whole)
    killed = folder(work, "killed", points, 1500)
    server = Server(work)
    rng = random.Random(options.seed)
    workers = [worker(work) for _ in range(4)]
    began = time.time()
    process = sweep(killed, "--queue", ADDRESS, "--worker_timeout", "5", wait=False)
    kills = resumed = restarted = given = 0
    while process.poll() is None:
        time.sleep(2)
        victim = rng.randrange(len(workers))
        end(workers[victim], signal.SIGKILL)
        kills += 1
        workers[victim] = worker(work)
        done = len([name for name in os.listdir(killed) if name.startswith("requests-")])
        if resumed < 2 and done > points * (resumed + 1) / 4 and process.poll() is None:
            process.kill()
            process.wait()
            resumed += 1
            process = sweep(killed, "--queue", ADDRESS, "--worker_timeout", "5", wait=False)
        if not restarted and done > points * 5 / 8:
            given = server.deliveries()
            server.stop(signal.SIGKILL)
            time.sleep(1)
            server.start()
            restarted = 1
            given -= server.deliveries()
    assert process.returncode == 0, process.returncode
    # The count that the server keeps may be a moment behind when it is killed.
    twice = server.deliveries() + max(0, given) - points
    seconds = time.time() - began
    for one in workers:
        end(one)
    server.stop()
    count = compare(whole, killed, points)
    print(f"{points} points, {kills} workers killed, sweep killed {resumed} times, server killed {restarted} times, {seconds:.0f} s: "
          f"{count} files byte-identical, {twice} points given out again")
    assert twice <= kills + restarted and resumed == 2 and restarted == 1


def cut(work, options):
    points = options.points or 200
    whole = folder(work, "whole", points, 1500)
    sweep(whole)
    far = folder(work, "far", points, 1500)
    server = Server(work)
    run = lambda *command: subprocess.run(command, check=True)
    run("ip", "netns", "add", "llmsim")
    try:
        run("ip", "link", "add", "llmsim0", "type", "veth", "peer", "name", "llmsim1", "netns", "llmsim")
        run("ip", "addr", "add", "10.213.0.1/30", "dev", "llmsim0")
        run("ip", "link", "set", "llmsim0", "up")
        inside = ["ip", "netns", "exec", "llmsim"]
        run(*inside, "ip", "addr", "add", "10.213.0.2/30", "dev", "llmsim1")
        run(*inside, "ip", "link", "set", "llmsim1", "up")
        workers = [worker(work, *inside, address=f"nats://10.213.0.1:{PORT}") for _ in range(2)]
        process = sweep(far, "--queue", ADDRESS, wait=False)
        while len(os.listdir(far)) < points // 4:
            time.sleep(0.1)
        run("ip", "link", "set", "llmsim0", "down")
        before = len(os.listdir(far))
        time.sleep(20)
        during = len(os.listdir(far)) - before
        run("ip", "link", "set", "llmsim0", "up")
        assert process.wait() == 0
        twice = server.deliveries() - points
        for one in workers:
            end(one)
    finally:
        run("ip", "netns", "del", "llmsim")
    server.stop()
    count = compare(whole, far, points)
    print(f"{points} points, a cut of 20 s ({during} points came in it): {count} files byte-identical, {twice} points given out again")
    assert twice <= 1


def overhead(work, options):
    points = options.points or 500
    server = Server(work)
    least = {}
    for number in range(options.rounds):
        local = folder(work, f"local{number}", points, options.requests)
        far = folder(work, f"far{number}", points, options.requests)
        began, cpu = time.time(), children()
        sweep(local, "--n_jobs", "2", files=options.files)
        now = {"local": time.time() - began, "local CPU": children() - cpu}
        workers = worker(work, jobs=2)
        time.sleep(3)
        began, cpu, server_cpu = time.time(), children(), server.cpu()
        sweep(far, "--queue", ADDRESS, files=options.files)
        now |= {"queue": time.time() - began, "sweep CPU": children() - cpu, "server CPU": server.cpu() - server_cpu}
        cpu = children()
        end(workers)
        now["workers CPU"] = children() - cpu
        compare(local, far, points if options.files else 0)
        print(f"round {number + 1}: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in now.items()), flush=True)
        least = {name: min(least.get(name, seconds), seconds) for name, seconds in now.items()}
        shutil.rmtree(local)
        shutil.rmtree(far)
    server.stop()
    print(f"{points} points of {2 * least['local'] / points:.3f} s, the least of {options.rounds} rounds: "
          + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in least.items())
          + f"; ratio {least['queue'] / least['local']:.3f}")


def throughput(work, options):
    points = options.points or 5000
    path = os.path.join(work, "empty")
    os.mkdir(path)
    server = Server(work)
    workers = worker(work, jobs=options.jobs)
    time.sleep(3)
    began, cpu, server_cpu, before = time.time(), children(), server.cpu(), server.traffic()
    command = [*LLMSIM, "run", "--request_count", "1", "--request_source", "uniform", "--range_ratio", "0.5", "--csv_output", "results.csv", "--quiet",
               "--queue", ADDRESS, "--seed", *map(str, range(1, points + 1))]
    process = start(command, cwd=path)
    first = None
    while process.poll() is None:
        time.sleep(0.02)
        if first is None:
            try:
                if server.deliveries() > 0:
                    first = time.time()
            except (OSError, KeyError, IndexError):
                pass
    ended = time.time()
    assert process.returncode == 0
    messages = [(now - then) / points for now, then in zip(server.traffic(), before)]
    cpu, server_cpu = children() - cpu, server.cpu() - server_cpu
    workers_cpu = children()
    end(workers)
    workers_cpu = children() - workers_cpu
    server.stop()
    print(f"{points} points of one request: {ended - began:.1f} s, {ended - first:.1f} s from the first to the end: {points / (ended - first):.0f} points/s; "
          f"CPU a point: sweep {1000 * cpu / points:.2f} ms and workers {1000 * workers_cpu / points:.2f} ms with their start, "
          f"server {1000 * server_cpu / points:.2f} ms; "
          f"of the server a point: {messages[0]:.1f} messages in, {messages[1]:.1f} out, {messages[2]:.0f} bytes in, {messages[3]:.0f} out")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kill", "cut", "overhead", "throughput"])
    parser.add_argument("--points", type=int)
    parser.add_argument("--requests", type=int, default=25000)
    parser.add_argument("--files", action="store_true", help="overhead: each point has a file of its requests")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--dll", help="a build of LlmSim.Cli.dll [that of ./llmsim]")
    options = parser.parse_args()
    if options.dll:
        LLMSIM[1] = os.path.abspath(options.dll)
    else:
        subprocess.run([os.path.join(ROOT, "llmsim"), "--version"], check=True, stdout=subprocess.DEVNULL)
    # What was started is ended then too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    work = tempfile.mkdtemp()
    try:
        globals()[options.what](work, options)
    finally:
        for process in STARTED:
            if process.poll() is None:
                process.kill()
        shutil.rmtree(work, ignore_errors=True)


main()
