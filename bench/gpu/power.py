"""Measures what operations and iterations take of time and energy in short runs and under load: an accelerator at the limit of its power lowers its clock.

    python3 bench/gpu/power.py OUT.csv [--quick] [--parts static,operations,bursts,duty,iterations]

Needs what iterations.py needs. A row that is "paused" had the accelerator idle for 0.2 s before each run; one that is "loaded" ran back to back; "after_idle"
are the runs that follow each other after three idle seconds, by number; "duty" alternates a prompt with decode iterations or with idle time.
Watts are the slope of the accelerator's energy counter, clocks the mean of samples.
"""

import argparse
import threading
import time
import traceback

import measure
import pynvml as nvml
import torch
import torch.nn.functional as F
from decoder import MIXTRAL_HALF, QWEN_30B, QWEN_235B_QUARTER, Caches, Decoder, forward
from measure import LLAMA_8B, Rows, Silent, smi
from operations import BlockProducts, chunk_attention, decode_attention, quantized, random, weight

FIELDS = [
    "kind", "name", "precision", "requests", "context", "chunk", "n", "k", "launch", "decodes", "idle_ms", "number", "seconds", "clock_mhz", "watts",
    "power_capped",
]
PAUSE = 0.2
LOAD = 2.0
SW_POWER_CAP = 0x4  # nvmlClocksEventReasonSwPowerCap


class Meter(threading.Thread):
    """Samples the clock and the energy counter until it is stopped."""

    def __init__(self):
        super().__init__(daemon=True)
        self.device = nvml.nvmlDeviceGetHandleByIndex(0)
        self.clocks, self.energy, self.capped, self.samples = [], [], 0, 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.004):
            now, joules = time.time(), nvml.nvmlDeviceGetTotalEnergyConsumption(self.device) / 1e3
            if not self.energy or self.energy[-1][1] != joules:
                self.energy.append((now, joules))
            self.clocks.append(nvml.nvmlDeviceGetClockInfo(self.device, nvml.NVML_CLOCK_SM))
            self.capped += bool(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(self.device) & SW_POWER_CAP)
            self.samples += 1

    def read(self):
        self.ended.set()
        self.join()
        (begin, first), (end, last) = self.energy[0 if len(self.energy) < 3 else 1], self.energy[-1]
        return dict(
            clock_mhz=round(sum(self.clocks) / len(self.clocks)),
            watts=round((last - first) / (end - begin), 1) if end > begin else None,
            power_capped=round(self.capped / self.samples, 2),
        )


def metered(run):
    meter = Meter()
    meter.start()
    result = run()
    return result, meter.read()


class Captured:
    """A graph and what it reads and writes, which must live as long."""

    def __init__(self, run):
        self.run, self.graph = run, torch.cuda.CUDAGraph()
        run()
        torch.cuda.synchronize()
        with torch.cuda.graph(self.graph):
            run()
        self.graph.replay()
        torch.cuda.synchronize()

    def replay(self):
        self.graph.replay()


def replayed(*graphs):
    """Seconds of each graph, replayed one after the other."""
    events = [torch.cuda.Event(enable_timing=True) for _ in range(len(graphs) + 1)]
    events[0].record()
    for graph, event in zip(graphs, events[1:]):
        graph.replay()
        event.record()
    events[-1].synchronize()
    return [a.elapsed_time(b) / 1e3 for a, b in zip(events, events[1:])]


def paused(graph):
    times = []
    for _ in range(5):
        time.sleep(PAUSE)
        times += replayed(graph)
    return sorted(times)[2]


def sustained(step, seconds):
    """Calls the step for so long and returns all that it measured."""
    results, until = [], time.time() + seconds
    while time.time() < until:
        results += step()
    return results


def mean(values):
    return sum(values) / len(values)


def both(rows, run, runs=1, **row):
    """A row in short runs, and one under load."""
    try:
        graph = Captured(run)
    except Exception as error:
        print("left out", row, type(error).__name__, str(error).splitlines()[:1], flush=True)
        torch.cuda.synchronize()
        return
    alone = paused(graph)
    rows.add(**row, launch="paused", seconds=alone / runs)
    batch = [graph] * max(1, int(0.1 / alone))
    sustained(lambda: replayed(*batch), LOAD / 2)
    times, state = metered(lambda: sustained(lambda: replayed(*batch), LOAD))
    rows.add(**row, launch="loaded", seconds=mean(times) / runs, **state)


def static(rows, quick):
    """Idle with a context, and with full clocks but next to no work."""
    time.sleep(3)
    _, state = metered(lambda: time.sleep(LOAD))
    rows.add(kind="idle", launch="paused", **state)
    x = random(64)
    graph = Captured(lambda: [x.add_(1) for _ in range(2000)])
    _, state = metered(lambda: sustained(lambda: replayed(graph), LOAD))
    rows.add(kind="small_kernels", launch="loaded", **state)


def operations(rows, quick):
    shapes = {"8b_gate_up": (28672, 4096), "8b_out": (4096, 4096)}
    tokens = [1, 16, 64, 128, 256, 512, 2048, 8192] if not quick else [2048]
    for precision in ("bf16", "fp8"):
        scale = torch.ones((), device=measure.DEVICE)
        for name, (n, k) in shapes.items():
            weights = [weight(n, k, precision=precision) for _ in range(4)]
            for m in tokens if name == "8b_gate_up" else tokens[-2:]:
                x = random(m, k) if precision == "bf16" else measure.to_fp8(random(m, k))
                if precision == "bf16":
                    run = lambda: [F.linear(x, w) for w in weights]
                else:
                    run = lambda: [measure.product_fp8(x, w, scale) for w in weights]
                both(rows, run, runs=4, kind="product", name=name, precision=precision, requests=m, n=n, k=k)
    n, k = shapes["8b_gate_up"]
    weights = [weight(n, k, precision="fp8_block") for _ in range(4)]
    for m in (256, 2048):
        x = quantized(random(m, k))
        both(rows, lambda: [BlockProducts.fused(x, w) for w in weights], runs=4, kind="product", name="8b_gate_up", precision="fp8_block", requests=m, n=n, k=k)
    source, target = (torch.empty(2 << 30, device=measure.DEVICE, dtype=torch.uint8).random_() for _ in range(2))
    both(rows, lambda: target.copy_(source), kind="copy", name="2_gib", precision="bf16")
    wide = source.view(torch.bfloat16).view(-1, 4096)
    both(rows, lambda: wide.sum(1), kind="read", name="2_gib", precision="bf16")
    del source, target, wide
    for chunk in (2048, 8192):
        q, keys, values = random(chunk, 32, 128), random(chunk, 8, 128), random(chunk, 8, 128)
        both(rows, lambda: chunk_attention("cudnn", q, keys, values, 0), kind="chunk_attention", name="llama_8b", precision="bf16", chunk=chunk)
    q, caches = random(64, 32, 128), [[random(64, 8, 4096, 128) for _ in "kv"] for _ in range(4)]
    run = lambda: [decode_attention("cudnn", q, *pair) for pair in caches]
    both(rows, run, runs=4, kind="decode_attention", name="llama_8b", precision="bf16", requests=64, context=4096)
    torch.cuda.empty_cache()


def model_iteration(model, chunk, requests, context):
    model.prepare(Silent(), "", chunk + requests)
    attend = Caches(model, chunk, 0, requests, context).attend("cudnn", "cudnn")
    return forward(model, chunk + requests, requests + (chunk > 0), attend)


def bursts(rows, quick):
    """The runs that follow each other after idle time: how long an accelerator stays above the limit of its power."""
    row = dict(launch="after_idle", precision="bf16")
    weights = [weight(28672, 4096) for _ in range(2)]
    x = random(2048, 4096)
    product = Captured(lambda: [F.linear(x, w) for w in weights])
    model = Decoder(LLAMA_8B, "bf16")
    prompt = Captured(model_iteration(model, 2048, 0, 0))
    for series in range(1 if quick else 3):
        for graph, count, runs, kind in ((product, 400, 2, "product"), (prompt, 30, 1, "iteration")):
            time.sleep(3)
            for number, seconds in enumerate(replayed(*[graph] * count)):
                if kind == "iteration" or number < 40 or number % 10 == 0:
                    rows.add(**row, kind=kind, name=f"series_{series}", requests=2048 if kind == "product" else 0, chunk=2048, number=number, seconds=seconds / runs)


def duty(rows, quick):
    """Prompts between decode iterations, and between idle times."""
    for precision in ("bf16", "fp8"):
        model = Decoder(LLAMA_8B, precision)
        row = dict(launch="duty", precision=precision, name="llama_8b")
        decode = Captured(model_iteration(model, 0, 64, 1024))
        for chunk in (2048, 512) if not quick else (2048,):
            prompt = Captured(model_iteration(model, chunk, 0, 0))
            for decodes in (0, 1, 3, 6, 12, 25) if chunk == 2048 else (0, 1, 2, 4, 8):
                step = lambda: [replayed(prompt, *[decode] * decodes)]
                sustained(step, LOAD / 2)
                times, state = metered(lambda: sustained(step, LOAD))
                rows.add(**row, kind="prompt", chunk=chunk, decodes=decodes, seconds=mean([one[0] for one in times]), **state)
                if decodes:
                    seconds = mean([mean(one[1:]) for one in times])
                    rows.add(**row, kind="decode", requests=64, context=1024, chunk=chunk, decodes=decodes, seconds=seconds, **state)
            for idle in (10, 30, 100) if precision == "bf16" else ():

                def step():
                    time.sleep(idle / 1e3)
                    return replayed(prompt)

                sustained(step, LOAD / 2)
                times, state = metered(lambda: sustained(step, LOAD))
                rows.add(**row, kind="prompt", chunk=chunk, idle_ms=idle, seconds=mean(times), **state)
        del model
        torch.cuda.empty_cache()


def iterations(rows, quick):
    points = [
        (LLAMA_8B, "llama_8b", "bf16", [(2048, 0, 0), (8192, 0, 0), (512, 0, 0), (256, 0, 0), (0, 64, 1024), (0, 256, 1024), (512, 64, 1024), (2048, 64, 1024)]),
        (LLAMA_8B, "llama_8b", "fp8", [(2048, 0, 0), (512, 0, 0), (0, 64, 1024), (0, 256, 1024), (512, 64, 1024)]),
        (QWEN_30B, "qwen3_30b_a3b", "bf16", [(2048, 0, 0), (0, 64, 1024)]),
        (MIXTRAL_HALF, "mixtral_8x7b_tp2", "bf16", [(2048, 0, 0), (0, 64, 1024)]),
        (QWEN_235B_QUARTER, "qwen3_235b_tp4", "fp8_block", [(2048, 0, 0)]),
    ]
    for shape, name, precision, batches in points[:1] if quick else points:
        model = Decoder(shape, precision)
        for chunk, requests, context in batches:
            row = dict(kind="iteration", name=name, precision=precision, requests=requests, context=context, chunk=chunk)
            both(rows, model_iteration(model, chunk, requests, context), **row)
        del model
        torch.cuda.empty_cache()


PARTS = dict(static=static, operations=operations, duty=duty, bursts=bursts, iterations=iterations)


def main():
    parser = argparse.ArgumentParser(description="Measures time and energy in short runs and under load on a real accelerator.")
    parser.add_argument("output", help="the CSV to write")
    parser.add_argument("--quick", action="store_true", help="few points, to see that it runs")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    torch._dynamo.config.recompile_limit = 64
    nvml.nvmlInit()
    print(smi("name,memory.total,driver_version,power.limit,clocks.max.sm"), torch.__version__, flush=True)
    rows = Rows(arguments.output, FIELDS)
    for part in arguments.parts.split(","):
        started = time.time()
        with torch.no_grad():
            try:
                PARTS[part](rows, arguments.quick)
            except Exception:
                traceback.print_exc()
        torch.cuda.empty_cache()
        print(part, smi("clocks.sm,clocks.mem,power.draw,temperature.gpu"), f"{time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
