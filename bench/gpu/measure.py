"""Measures a real accelerator: memory, copies, matrix products, attention, experts and whole iterations of a Llama-shaped model.

    python3 bench/gpu/measure.py OUT.csv [--quick]

Needs a CUDA GPU with 40 GB or more and PyTorch 2.9 or newer. Weights and tokens are random and the KV cache is contiguous: time depends on shapes,
and on values through the power that they take. Every figure is the median of several runs, replayed from a CUDA graph unless the row says "eager".
docs/validation.md compares the rows with the simulator's performance models.
"""

import argparse
import csv
import subprocess
import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

DEVICE = "cuda"
BF16 = torch.bfloat16
FP8 = torch.float8_e4m3fn
FP8_LIMIT = 448
WEIGHT_SCALE = 0.02
KERNELS = {"flash": SDPBackend.FLASH_ATTENTION, "cudnn": SDPBackend.CUDNN_ATTENTION}
FIELDS = ["kind", "name", "precision", "requests", "tokens", "n", "k", "kernel", "launch", "seconds", "bytes"]
LLAMA_8B = dict(hidden=4096, intermediate=14336, layers=32, heads=32, kv_heads=8, head_size=128, vocabulary=128256)
# Of one accelerator: Llama-3.1-8B whole, and the MLP of Llama-3.1-70B at tensor parallelism 4.
PRODUCTS = {
    "8b_qkv": (6144, 4096),
    "8b_out": (4096, 4096),
    "8b_gate_up": (28672, 4096),
    "8b_down": (4096, 14336),
    "70b_gate_up_tp4": (14336, 8192),
    "70b_down_tp4": (8192, 7168),
}


class Rows:
    """Rows of the result, written as they come, so that a run that is cut short leaves what it measured."""

    def __init__(self, path, fields):
        self.file = open(path, "w", newline="")
        self.writer = csv.DictWriter(self.file, fields)
        self.writer.writeheader()

    def add(self, **row):
        if "seconds" in row:
            row["seconds"] = f"{row['seconds']:.4e}"
        self.writer.writerow(row)
        self.file.flush()
        print({key: value for key, value in row.items()}, flush=True)


class Silent:
    """Rows that are not wanted."""

    def add(self, **row):
        pass


def smi(query):
    command = ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits"]
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def seconds(run, count=9, graph=True):
    """Median seconds of what `run` launches."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        run()
        run()
    torch.cuda.current_stream().wait_stream(stream)
    torch.cuda.synchronize()
    if graph:
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured):
            run()
        run = captured.replay
        run()
        torch.cuda.synchronize()
    times = []
    for _ in range(count):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        run()
        end.record()
        end.synchronize()
        times.append(begin.elapsed_time(end) / 1e3)
    return sorted(times)[count // 2]


def attempt(rows, measure, **row):
    """Adds the row, or says why there is none: not every library has every kernel for every shape."""
    try:
        rows.add(**row, seconds=measure())
    except (RuntimeError, torch.OutOfMemoryError) as error:
        print("left out", row, str(error).splitlines()[0][:150], flush=True)


def norm(x, weight):
    y = x.float()
    return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * weight


def add_norm(x, residual, weight):
    residual = x + residual
    return norm(residual, weight), residual


def gated(x):
    gate, up = x.chunk(2, -1)
    return F.silu(gate) * up


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def to_fp8(x):
    return x.float().clamp(-FP8_LIMIT, FP8_LIMIT).to(FP8)


compiled = lambda function: torch.compile(function, dynamic=True, fullgraph=True)
norm, add_norm, gated, rotate, to_fp8 = map(compiled, (norm, add_norm, gated, rotate, to_fp8))


class Model:
    """A Llama-shaped model with random weights; with fp8, linear layers take 8-bit weights and activations with one scale each."""

    def __init__(self, shape, fp8):
        self.__dict__.update(shape)
        self.fp8 = fp8
        self.scale = torch.ones((), device=DEVICE)
        self.ones = torch.ones(self.hidden, device=DEVICE, dtype=BF16)
        self.splits = [self.heads * self.head_size, self.kv_heads * self.head_size, self.kv_heads * self.head_size]
        self.weights = [
            dict(
                qkv=self.matrix(sum(self.splits), self.hidden),
                out=self.matrix(self.hidden, self.heads * self.head_size),
                gate_up=self.matrix(2 * self.intermediate, self.hidden),
                down=self.matrix(self.hidden, self.intermediate),
            )
            for _ in range(self.layers)
        ]
        self.embedding = torch.randn(self.vocabulary, self.hidden, device=DEVICE, dtype=BF16) * WEIGHT_SCALE
        self.lm_head = torch.randn_like(self.embedding) * WEIGHT_SCALE

    def matrix(self, outputs, inputs):
        weight = torch.randn(outputs, inputs, device=DEVICE, dtype=BF16) * WEIGHT_SCALE
        return weight.to(FP8) if self.fp8 else weight

    def linear(self, x, weight):
        return product_fp8(to_fp8(x), weight, self.scale) if self.fp8 else F.linear(x, weight)

    def forward(self, tokens, cos, sin, attend, outputs):
        """`attend(layer, q, k, v)` answers heads x head size a token; the last `outputs` tokens pass lm_head."""
        x = F.embedding(tokens, self.embedding)
        residual = torch.zeros_like(x)
        count = tokens.shape[0]
        for layer, weight in enumerate(self.weights):
            x, residual = add_norm(x, residual, self.ones)
            q, k, v = self.linear(x, weight["qkv"]).split(self.splits, -1)
            q = rotate(q.view(count, self.heads, self.head_size), cos, sin)
            k = rotate(k.view(count, self.kv_heads, self.head_size), cos, sin)
            x = self.linear(attend(layer, q, k, v.view(count, self.kv_heads, self.head_size)), weight["out"])
            x, residual = add_norm(x, residual, self.ones)
            x = self.linear(gated(self.linear(x, weight["gate_up"])), weight["down"])
        x = norm(x[-outputs:] + residual[-outputs:], self.ones)
        return F.linear(x, self.lm_head).argmax(-1)


def product_fp8(x, weight, scale):
    return torch._scaled_mm(x, weight.t(), scale_a=scale, scale_b=scale, out_dtype=BF16, use_fast_accum=True)


def inputs(model, count):
    angles = torch.randn(count, 1, model.head_size // 2, device=DEVICE, dtype=BF16)
    return torch.randint(model.vocabulary, (count,), device=DEVICE), angles.cos(), angles.sin()


def prompt_attention(kernel):
    def attend(_, q, k, v):
        heads_first = [x.transpose(0, 1)[None] for x in (q, k, v)]
        with sdpa_kernel(kernel):
            answer = F.scaled_dot_product_attention(*heads_first, is_causal=True, enable_gqa=True)
        return answer[0].transpose(0, 1).reshape(q.shape[0], -1)

    return attend


def cached_attention(kernel, keys, values):
    """One KV head answers its whole group of query heads in one pass, as the kernels of engines do."""

    def attend(layer, q, k, v):
        keys[layer][:, :, -1] = k
        values[layer][:, :, -1] = v
        requests, kv_heads = k.shape[:2]
        with sdpa_kernel(kernel):
            answer = F.scaled_dot_product_attention(
                q.view(requests, kv_heads, -1, q.shape[-1]), keys[layer], values[layer]
            )
        return answer.reshape(requests, -1)

    return attend


def decode(rows, model, precision, batches):
    for requests, context in batches:
        decode_batch(rows, model, precision, requests, context)
        torch.cuda.empty_cache()


def decode_batch(rows, model, precision, requests, context):
    def cache():
        shape = (requests, model.kv_heads, context, model.head_size)
        return [torch.randn(shape, device=DEVICE, dtype=BF16) for _ in range(model.layers)]

    keys, values = cache(), cache()
    data = inputs(model, requests)
    for name, kernel in KERNELS.items():
        attend = cached_attention(kernel, keys, values)
        attempt(
            rows, lambda: seconds(lambda: model.forward(*data, attend, requests)),
            kind="decode", name="llama_8b", precision=precision, requests=requests, tokens=context, kernel=name, launch="graph",
        )


def prefill(rows, model, precision, lengths):
    for tokens in lengths:
        data = inputs(model, tokens)
        for name, kernel in KERNELS.items():
            attend = prompt_attention(kernel)
            for launch in ("graph", "eager"):
                attempt(
                    rows, lambda: seconds(lambda: model.forward(*data, attend, 1), count=5, graph=launch == "graph"),
                    kind="prefill", name="llama_8b", precision=precision, requests=1, tokens=tokens, kernel=name, launch=launch,
                )
        torch.cuda.empty_cache()


def activations(rows, model):
    for tokens in (2048, 8192, 16384):
        data = inputs(model, tokens)
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        model.forward(*data, prompt_attention(SDPBackend.FLASH_ATTENTION), 256)
        torch.cuda.synchronize()
        rows.add(kind="activation_peak", name="llama_8b", precision="bf16", tokens=tokens, bytes=torch.cuda.max_memory_allocated() - before)


def memory(rows):
    torch.zeros(1, device=DEVICE)
    torch.cuda.synchronize()
    free, total = torch.cuda.mem_get_info()
    mebibyte = 1 << 20
    rows.add(kind="memory", name="driver", bytes=int(smi("memory.total")) * mebibyte)
    rows.add(kind="memory", name="cuda_total", bytes=total)
    rows.add(kind="memory", name="cuda_context", bytes=total - free)


def bandwidth(rows):
    source = torch.empty(4 << 30, device=DEVICE, dtype=torch.uint8)
    target = torch.empty_like(source)
    rows.add(kind="copy", bytes=2 * source.numel(), launch="eager", seconds=seconds(lambda: target.copy_(source), graph=False))
    rows.add(kind="read", bytes=source.numel(), launch="eager", seconds=seconds(lambda: source.view(torch.float32).sum(), graph=False))


def products(rows):
    scale = torch.ones((), device=DEVICE)
    for name, (n, k) in PRODUCTS.items():
        # Several matrices in turn, so that no weight is in the cache when its turn comes.
        weights = [torch.randn(n, k, device=DEVICE, dtype=BF16) * WEIGHT_SCALE for _ in range(max(1, min(8, 400_000_000 // (n * k))))]
        weights_fp8 = [weight.to(FP8) for weight in weights]
        for m in (1, 8, 16, 64, 128, 256, 512, 1024, 2048, 4096, 8192):
            x = torch.randn(m, k, device=DEVICE, dtype=BF16)
            x_fp8 = x.to(FP8)
            row = dict(kind="gemm", name=name, tokens=m, n=n, k=k, launch="graph")
            attempt(rows, lambda: seconds(lambda: [F.linear(x, w) for w in weights]) / len(weights), precision="bf16", **row)
            attempt(rows, lambda: seconds(lambda: [product_fp8(x_fp8, w, scale) for w in weights_fp8]) / len(weights), precision="fp8", **row)


def decode_attention(rows):
    for requests, context in ((1, 1024), (1, 16384), (8, 4096), (32, 1024), (64, 1024), (64, 4096), (128, 2048), (256, 1024)):
        for heads, kv_heads in ((32, 8), (16, 2), (8, 1)):
            copies = max(1, min(8, 400_000_000 // (requests * kv_heads * context * 256)))
            q = torch.randn(requests, kv_heads, heads // kv_heads, 128, device=DEVICE, dtype=BF16)
            caches = [[torch.randn(requests, kv_heads, context, 128, device=DEVICE, dtype=BF16) for _ in "kv"] for _ in range(copies)]
            for name, kernel in KERNELS.items():
                def run():
                    with sdpa_kernel(kernel):
                        for keys, values in caches:
                            F.scaled_dot_product_attention(q, keys, values)

                attempt(
                    rows, lambda: seconds(run) / copies,
                    kind="decode_attention", name=f"{heads}_heads_{kv_heads}_kv", precision="bf16", requests=requests, tokens=context, kernel=name, launch="graph",
                )


def experts(rows):
    """The routed experts of a layer of Qwen3-30B-A3B: 128 experts of width 768, 8 a token, at random."""
    count, chosen, hidden, width = 128, 8, 2048, 768
    first = torch.randn(count, hidden, 2 * width, device=DEVICE, dtype=BF16) * WEIGHT_SCALE
    second = torch.randn(count, width, hidden, device=DEVICE, dtype=BF16) * WEIGHT_SCALE
    for tokens in (1, 8, 32, 128, 512, 2048, 8192):
        ids = torch.stack([torch.randperm(count, device=DEVICE)[:chosen] for _ in range(tokens)]).flatten()
        source = ids.argsort() // chosen
        ends = torch.bincount(ids, minlength=count).cumsum(0).to(torch.int32)
        x = torch.randn(tokens, hidden, device=DEVICE, dtype=BF16)

        def run():
            y = torch._grouped_mm(gated(torch._grouped_mm(x[source], first, offs=ends)), second, offs=ends)
            return torch.zeros_like(x).index_add_(0, source, y)

        attempt(rows, lambda: seconds(run), kind="experts", name="qwen3_30b_a3b", precision="bf16", tokens=tokens, n=int((torch.bincount(ids, minlength=count) > 0).sum()), launch="graph")


def main():
    parser = argparse.ArgumentParser(description="Measures a real accelerator.")
    parser.add_argument("output", help="the CSV to write")
    parser.add_argument("--quick", action="store_true", help="few points of the whole model, to see that it runs")
    arguments = parser.parse_args()
    started = time.time()
    print(smi("name,memory.total,driver_version,power.limit,clocks.max.sm"), torch.__version__, flush=True)
    rows = Rows(arguments.output, FIELDS)
    with torch.no_grad():
        memory(rows)
        bandwidth(rows)
        torch.cuda.empty_cache()
        model = Model(LLAMA_8B, fp8=False)
        batches = [(1, 1024), (1, 16384), (8, 1024), (32, 1024), (64, 1024), (128, 1024), (256, 1024), (64, 4096), (16, 16384), (2, 131072)]
        lengths = [128, 512, 1024, 2048, 4096, 8192, 16384]
        decode(rows, model, "bf16", batches[:2] if arguments.quick else batches)
        prefill(rows, model, "bf16", lengths[:2] if arguments.quick else lengths)
        activations(rows, model)
        del model
        torch.cuda.empty_cache()
        model = Model(LLAMA_8B, fp8=True)
        # _scaled_mm wants at least 16 rows.
        decode(rows, model, "fp8", [(16, 1024)] if arguments.quick else [(16, 1024), (64, 1024), (256, 1024), (64, 4096)])
        prefill(rows, model, "fp8", lengths[1:2] if arguments.quick else lengths[1:])
        del model
        torch.cuda.empty_cache()
        products(rows)
        decode_attention(rows)
        experts(rows)
    print(smi("clocks.sm,clocks.mem,power.draw,temperature.gpu"), f"{time.time() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
