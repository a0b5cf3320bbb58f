"""Decoders as one accelerator has them, their KV caches, and whole iterations."""

from types import SimpleNamespace

import measure
import torch
import torch.nn.functional as F
from fused import route
from measure import BF16, DEVICE, add_norm, gated, norm, rotate, to_fp8
from operations import (
    BlockProducts, chunk_attention, decode_attention, expert_ids, expert_runs, head_norm_rotate, quantized, random, time_experts, timed, weight,
)

KEPT = 8  # layers whose weights a model keeps
CACHES = 4  # layers whose KV caches it keeps
QWEN_30B = dict(hidden=2048, layers=48, heads=32, kv_heads=4, head_size=128, vocabulary=151936, experts=128, chosen=8, width=768, head_norm=True)
# One of two accelerators: half of the heads, of each expert and of the vocabulary.
MIXTRAL_HALF = dict(hidden=4096, layers=32, heads=16, kv_heads=4, head_size=128, vocabulary=16000, experts=8, chosen=2, width=7168, head_norm=False)
# One of four.
QWEN_235B_QUARTER = dict(hidden=4096, layers=94, heads=16, kv_heads=1, head_size=128, vocabulary=37984, experts=128, chosen=8, width=384, head_norm=True)


class Decoder:
    """Layers of a decoder as one accelerator has them. Without experts it has an MLP; experts of tokens are drawn at random once."""

    def __init__(self, shape, precision):
        self.experts, self.head_norm = 0, False
        self.__dict__.update(shape)
        self.precision = precision
        self.scale = torch.ones((), device=DEVICE)
        self.ones, self.head_ones = (torch.ones(size, device=DEVICE, dtype=BF16) for size in (self.hidden, self.head_size))
        self.splits = [self.heads * self.head_size, self.kv_heads * self.head_size, self.kv_heads * self.head_size]
        self.block_product = BlockProducts()
        self.kernels, self.ids = {}, {}
        self.weights = [self.layer() for _ in range(KEPT)]
        self.embedding, self.lm_head = weight(self.vocabulary, self.hidden), weight(self.vocabulary, self.hidden)

    def layer(self):
        new = lambda *shape: weight(*shape, precision=self.precision)
        layer = dict(qkv=new(sum(self.splits), self.hidden), out=new(self.hidden, self.splits[0]))
        if self.experts:
            experts = dict(
                router=weight(self.experts, self.hidden),
                first=new(self.experts, 2 * self.width, self.hidden),
                second=new(self.experts, self.hidden, self.width),
            )
            return layer | experts
        return layer | dict(gate_up=new(2 * self.intermediate, self.hidden), down=new(self.hidden, self.intermediate))

    def linear(self, x, w):
        if self.precision == "bf16":
            return F.linear(x, w)
        return measure.product_fp8(to_fp8(x), w, self.scale) if self.precision == "fp8" else self.block_product(quantized(x), w)

    def prepare(self, rows, name, tokens):
        """Finds the fastest kernel of the experts for so many tokens."""
        if self.experts and tokens not in self.kernels:
            layers = [(w["first"], w["second"]) for w in self.weights[:CACHES]]
            self.kernels[tokens] = time_experts(rows, name, self.precision, tokens, layers, self.chosen)
            self.ids[tokens] = [expert_ids(tokens, self.experts, self.chosen) for _ in range(KEPT)]

    def mlp(self, layer, w, x):
        if not self.experts:
            return self.linear(gated(self.linear(x, w["gate_up"])), w["down"])
        tokens = x.shape[0]
        factors, _ = route(F.linear(x, w["router"]), self.chosen)
        x = quantized(x) if self.precision == "fp8_block" else x
        return expert_runs(x, self.ids[tokens][layer % KEPT], factors, w["first"], w["second"])[self.kernels[tokens]]()

    def turned(self, x, heads, cos, sin):
        x = x.view(-1, heads, self.head_size)
        return head_norm_rotate(x, self.head_ones, cos, sin) if self.head_norm else rotate(x, cos, sin)

    def forward(self, tokens, cos, sin, attend, outputs):
        x = F.embedding(tokens, self.embedding)
        residual = torch.zeros_like(x)
        for layer in range(self.layers):
            w = self.weights[layer % KEPT]
            x, residual = add_norm(x, residual, self.ones)
            q, k, v = self.linear(x, w["qkv"]).split(self.splits, -1)
            q, k = self.turned(q, self.heads, cos, sin), self.turned(k, self.kv_heads, cos, sin)
            x = self.linear(attend(layer, q, k, v.view(-1, self.kv_heads, self.head_size)), w["out"])
            x, residual = add_norm(x, residual, self.ones)
            x = self.mlp(layer, w, x)
        x = norm(x[-outputs:] + residual[-outputs:], self.ones)
        return F.linear(x, self.lm_head).argmax(-1)


class Caches:
    """KV caches of a chunk and of decoding requests, of layers that take turns."""

    def __init__(self, model, chunk, earlier, requests, context):
        self.chunk, self.earlier, self.requests = chunk, earlier, requests
        pair = lambda *shape: [random(*shape), random(*shape)]
        self.of_chunk = [pair(earlier + chunk, model.kv_heads, model.head_size) for _ in range(CACHES)] if chunk else []
        self.of_requests = [pair(requests, model.kv_heads, context, model.head_size) for _ in range(CACHES)] if requests else []

    def attend(self, chunk_kernel, decode_kernel):
        def run(layer, q, k, v):
            parts = []
            if self.chunk:
                keys, values = self.of_chunk[layer % CACHES]
                keys[self.earlier :], values[self.earlier :] = k[: self.chunk], v[: self.chunk]
                parts.append(chunk_attention(chunk_kernel, q[: self.chunk], keys, values, self.earlier))
            if self.requests:
                keys, values = self.of_requests[layer % CACHES]
                keys[:, :, -1], values[:, :, -1] = k[self.chunk :], v[self.chunk :]
                parts.append(decode_attention(decode_kernel, q[self.chunk :], keys, values))
            return parts[0] if len(parts) == 1 else torch.cat(parts)

        return run


class Attention:
    """Attention of chunks and of decoding requests alone, each timed once; knows the faster kernel."""

    def __init__(self, rows, shape, name):
        self.rows, self.shape, self.name, self.fastest = rows, SimpleNamespace(**shape), name, {}

    def of_chunk(self, chunk, earlier):
        def run(kernel, q, caches):
            return [chunk_attention(kernel, q, *pair, earlier) for pair in caches.of_chunk]

        return self.time("chunk_attention", run, chunk, Caches(self.shape, chunk, earlier, 0, 0), chunk=chunk, earlier=earlier)

    def of_requests(self, requests, context):
        def run(kernel, q, caches):
            return [decode_attention(kernel, q, *pair) for pair in caches.of_requests]

        return self.time("decode_attention", run, requests, Caches(self.shape, 0, 0, requests, context), requests=requests, context=context)

    def time(self, kind, run, count, caches, **row):
        key = (kind, *row.values())
        if key not in self.fastest:
            q = random(count, self.shape.heads, self.shape.head_size)
            times = {
                kernel: timed(self.rows, lambda: run(kernel, q, caches), kind=kind, name=self.name, precision="bf16", runs=CACHES, kernel=kernel, **row)
                for kernel in measure.KERNELS
            }
            self.fastest[key] = min(times, key=times.get)
        return self.fastest[key]


def iteration(rows, attention, model, name, chunk, earlier, requests, context, eager=False):
    chunk_kernel = attention.of_chunk(chunk, earlier) if chunk else None
    decode_kernel = attention.of_requests(requests, context) if requests else None
    tokens = chunk + requests
    model.prepare(rows, name, tokens)
    caches = Caches(model, chunk, earlier, requests, context)
    kernel = "+".join(filter(None, (chunk_kernel, decode_kernel, model.kernels.get(tokens))))
    row = dict(kind="iteration", name=name, requests=requests, context=context, chunk=chunk, earlier=earlier, kernel=kernel)
    time_forward(rows, model, tokens, requests + (chunk > 0), caches.attend(chunk_kernel, decode_kernel), (True, False) if eager else (True,), **row)
    del caches
    torch.cuda.empty_cache()


def without_attention(rows, model, name, tokens):
    """What an iteration takes beside attention."""
    attend = lambda layer, q, k, v: q.reshape(tokens, -1)
    time_forward(rows, model, tokens, 1, attend, kind="without_attention", name=name, chunk=tokens)


def time_forward(rows, model, tokens, outputs, attend, graphs=(True,), **row):
    run = forward(model, tokens, outputs, attend)
    for graph in graphs:
        timed(rows, run, count=5, graph=graph, precision=model.precision, **row)


def forward(model, tokens, outputs, attend):
    """An iteration of tokens drawn at random."""
    angles = random(tokens, 1, model.head_size // 2)
    cos, sin = angles.cos(), angles.sin()
    ids = torch.randint(model.vocabulary, (tokens,), device=DEVICE)
    return lambda: model.forward(ids, cos, sin, attend, outputs)


def one_kernel(rows, model, name, chunk, earlier, requests, context):
    """The chunk and the decoding requests in one launch of FlashAttention for requests of any lengths."""
    lengths = torch.tensor([0, earlier + chunk] + [context] * requests, device=DEVICE).cumsum(0).to(torch.int32)
    queries = torch.tensor([0, chunk] + [1] * requests, device=DEVICE).cumsum(0).to(torch.int32)
    caches = [[random(int(lengths[-1]), model.kv_heads, model.head_size) for _ in "kv"] for _ in range(CACHES)]
    q = random(chunk + requests, model.heads, model.head_size)
    run = lambda: [
        torch.ops.aten._flash_attention_forward(q, *pair, queries, lengths, chunk, max(earlier + chunk, context), 0.0, True, False)
        for pair in caches
    ]
    timed(rows, run, kind="mixed_attention", name=name, precision="bf16", runs=CACHES, kernel="flash_varlen", chunk=chunk, earlier=earlier, requests=requests, context=context)
