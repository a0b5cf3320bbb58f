"""Measures what measure.py does not: iterations that mix chunks of prompts with decoding requests, models with experts, latent attention.

    python3 bench/gpu/iterations.py OUT.csv [--quick] [--parts mixed,experts,latent]

Needs what measure.py needs, and a Hopper GPU. A model keeps the weights and KV caches of a few layers, far more than the caches of the
accelerator, which take turns: time depends on shapes. Kernels of our own (fused.py) are compared with plain PyTorch before they are timed.
"""

import argparse
import time
import traceback

import measure
import torch
import torch.nn.functional as F
from decoder import CACHES, MIXTRAL_HALF, QWEN_30B, QWEN_235B_QUARTER, Attention, Caches, Decoder, forward, iteration, one_kernel, without_attention
from fused import align, latent_decode, product, route, tiles
from measure import BF16, DEVICE, LLAMA_8B, Rows, gated, norm, rotate, smi
from operations import (
    BlockProducts, block_library, chunk_attention, expert_ids, expert_runs, gated_quantized, plain_quantized, quantized, random, require_close,
    time_experts, timed, weight, widened,
)

FIELDS = ["kind", "name", "precision", "requests", "context", "chunk", "earlier", "n", "k", "kernel", "launch", "seconds"]
R1_EXPERTS = {  # hidden, width, experts and chosen ones of an accelerator: one of eight, by width and by experts
    "r1_tp8": (7168, 256, 256, 8),
    "r1_ep8": (7168, 2048, 32, 1),
}
R1_PRODUCTS = {
    "down": (2176, 7168),
    "query_16": (3072, 1536),
    "query_128": (24576, 1536),
    "out_16": (7168, 2048),
    "out_128": (7168, 16384),
    "shared_gate_up": (4096, 7168),
    "shared_down": (7168, 2048),
}
R1 = dict(hidden=7168, query_rank=1536, rank=512, rotary=64, nope=128, value=128)


def check_attention():
    q, keys, values = random(64, 8, 128), random(192, 2, 128), random(192, 2, 128)
    wide = [x.double().repeat_interleave(4, 1) for x in (keys, values)]
    score = torch.einsum("qhd,khd->hqk", q.double(), wide[0]) / 128**0.5
    hidden = torch.arange(192, device=DEVICE)[None] > torch.arange(128, 192, device=DEVICE)[:, None]
    wanted = torch.einsum("hqk,khd->qhd", score.masked_fill(hidden, float("-inf")).softmax(-1), wide[1]).reshape(64, -1)
    for kernel in measure.KERNELS:
        try:
            answer = chunk_attention(kernel, q, keys, values, 128)
        except Exception as error:
            print("left out chunk attention", kernel, str(error).splitlines()[:1], flush=True)
            continue
        require_close(f"chunk attention {kernel}", answer, wanted, 0.02)


def mixed(rows, quick):
    check_attention()
    decoding = [(0, 0), (16, 1024), (64, 1024), (128, 1024), (256, 1024), (64, 4096), (256, 4096)]
    attention = Attention(rows, LLAMA_8B, "llama_8b")
    for precision in ("bf16", "fp8"):
        model = Decoder(LLAMA_8B, precision)
        full = precision == "bf16"
        points = [
            (chunk, earlier, *batch)
            for chunk in ((256, 512, 2048) if not quick else (512,))
            for earlier in ((0, 2048, 8192) if full and not quick else (0, 8192))
            for batch in (decoding if full and not quick else [(0, 0), (64, 1024), (256, 1024)])
        ]
        eager = [(256, 0, 0, 0), (256, 0, 64, 1024), (512, 0, 64, 1024), (2048, 0, 64, 1024)]
        for point in points:
            iteration(rows, attention, model, "llama_8b", *point, eager=full and point in eager)
        for requests, context in [(1, 1024), *decoding[1:]] if full and not quick else decoding[2:3]:
            iteration(rows, attention, model, "llama_8b", 0, 0, requests, context, eager=full and requests in (1, 64))
        for tokens in sorted({chunk + requests for chunk, _, requests, _ in points}):
            without_attention(rows, model, "llama_8b", tokens)
        if full:
            for chunk, earlier, requests, context in points:
                if requests and earlier == 8192:
                    one_kernel(rows, model, "llama_8b", chunk, earlier, requests, context)
        del model
        torch.cuda.empty_cache()


def check_experts():
    experts, chosen, hidden, width, tokens = 8, 2, 256, 256, 50
    ids, factors, x = expert_ids(tokens, experts, chosen), torch.rand(tokens, chosen, device=DEVICE), random(tokens, hidden)
    for precision in ("bf16", "fp8_block"):
        scaled = precision == "fp8_block"
        first, second = (weight(experts, n, k, precision=precision) for n, k in ((2 * width, hidden), (hidden, width)))
        data = plain_quantized(x) if scaled else x
        wide = [widened(w).double() if scaled else w.double() for w in (first, second)]
        wanted = torch.zeros(tokens, hidden, device=DEVICE, dtype=torch.float64)
        for token in range(tokens):
            for slot in range(chosen):
                gate, up = (wide[0][ids[token, slot]] @ x[token].double()).chunk(2)
                wanted[token] += factors[token, slot] * (wide[1][ids[token, slot]] @ (F.silu(gate) * up))
        for rows_each in (16, 64, 128):
            for tile in tiles(rows_each, scaled):
                rows, owners, _ = align(ids, experts, tile.rows)
                y = product(data, first, rows, owners, ids.numel(), chosen, tile)
                y = gated_quantized(y) if scaled else gated(y)
                y = product(y, second, rows, owners, ids.numel(), 1, tile, factors)
                require_close(f"experts {precision} {tile}", y.view(tokens, chosen, hidden).float().sum(1), wanted, 0.06 if scaled else 0.02)
        if not scaled:
            require_close("experts library", expert_runs(x, ids, factors, first, second)["library"](), wanted, 0.02)
    logits = random(tokens, experts)
    top = logits.float().softmax(-1).topk(chosen).values
    require_close("router", route(logits, chosen)[0].sort(descending=True).values, top / top.sum(-1, keepdim=True), 0.01)


def experts(rows, quick):
    check_experts()
    for name, shape, precision in (
        ("qwen3_30b_a3b", QWEN_30B, "bf16"),
        ("mixtral_8x7b_tp2", MIXTRAL_HALF, "bf16"),
        ("qwen3_235b_tp4", QWEN_235B_QUARTER, "fp8_block"),
    ):
        try:
            model = Decoder(shape, precision)
            attention = Attention(rows, shape, name)
            for requests in (1, 8, 16, 32, 64, 128, 256) if not quick else (32,):
                iteration(rows, attention, model, name, 0, 0, requests, 1024)
            if not quick:
                iteration(rows, attention, model, name, 0, 0, 64, 4096)
            for tokens in (512, 1024, 2048, 4096, 8192) if not quick else (2048,):
                iteration(rows, attention, model, name, tokens, 0, 0, 0)
            if not quick:
                iteration(rows, attention, model, name, 448, 0, 64, 1024)
                iteration(rows, attention, model, name, 1984, 2048, 64, 1024)
        except Exception:
            traceback.print_exc()
        model = attention = None
        torch.cuda.empty_cache()


def check_latent():
    requests, heads, context = 3, 16, 300
    q, cache = random(requests, heads, 576), random(requests, context, 576)
    score = torch.einsum("rhd,rcd->rhc", q.double(), cache.double()) * 0.05
    wanted = torch.einsum("rhc,rcd->rhd", score.softmax(-1), cache.double()[..., :512])
    require_close("latent attention", latent_decode(q, cache, 0.05), wanted, 0.02)
    x, w = random(40, 512), weight(384, 512, precision="fp8_block")
    data, wanted = plain_quantized(x), x.double() @ widened(w).double().t()
    require_close("block product", BlockProducts.fused(data, w), wanted, 0.06)
    try:
        require_close("block product, library", block_library(data, w), wanted, 0.06)
    except Exception as error:
        print("left out", str(error).splitlines()[:1], flush=True)


def latent_module(precision, requests, context, heads):
    """Latent attention of a layer with its projections, for decoding requests."""
    new = lambda *shape: weight(*shape, precision=precision)
    products = BlockProducts()
    linear = F.linear if precision == "bf16" else lambda x, w: products(quantized(x), w)
    r = R1
    width = r["rank"] + r["rotary"]
    ones = [torch.ones(size, device=DEVICE, dtype=BF16) for size in (r["query_rank"], r["rank"])]
    layers = [
        dict(
            # 2,112 outputs; 2,176 is the next whole number of blocks
            down=new(2176 if precision != "bf16" else 2112, r["hidden"]),
            query=new(heads * (r["nope"] + r["rotary"]), r["query_rank"]),
            absorb=weight(heads, r["nope"], r["rank"]),
            expand=weight(heads, r["rank"], r["value"]),
            out=new(r["hidden"], heads * r["value"]),
            cache=random(requests, context, width),
        )
        for _ in range(CACHES)
    ]
    x, angles = random(requests, r["hidden"]), random(requests, 1, r["rotary"] // 2)

    def run():
        for w in layers:
            compressed = linear(x, w["down"])
            q = linear(norm(compressed[:, : r["query_rank"]], ones[0]), w["query"]).view(requests, heads, -1)
            latent = norm(compressed[:, r["query_rank"] : r["query_rank"] + r["rank"]], ones[1])
            key = compressed[:, r["query_rank"] + r["rank"] : r["query_rank"] + width].view(requests, 1, -1)
            w["cache"][:, -1, : r["rank"]] = latent
            w["cache"][:, -1, r["rank"] :] = rotate(key, angles, angles)[:, 0]
            absorbed = torch.empty(requests, heads, width, device=DEVICE, dtype=BF16)
            absorbed[:, :, : r["rank"]] = torch.bmm(q[..., : r["nope"]].transpose(0, 1), w["absorb"]).transpose(0, 1)
            absorbed[:, :, r["rank"] :] = rotate(q[..., r["nope"] :], angles, angles)
            answer = latent_decode(absorbed, w["cache"], 0.07)
            answer = torch.bmm(answer.transpose(0, 1), w["expand"]).transpose(0, 1).reshape(requests, -1)
            linear(answer, w["out"])

    return run


def latent(rows, quick):
    check_latent()
    batches = [(1, 1024), (16, 1024), (64, 1024), (128, 1024), (256, 1024), (64, 4096), (16, 8192)] if not quick else [(64, 4096)]
    for heads in (16, 128):
        for requests, context in batches:
            row = dict(name=f"r1_{heads}_heads", requests=requests, context=context)
            q, caches = random(requests, heads, 576), [random(requests, context, 576) for _ in range(CACHES)]
            timed(rows, lambda: [latent_decode(q, cache, 0.07) for cache in caches], kind="latent_attention", precision="bf16", kernel="fused", runs=CACHES, **row)
            up, down = ([weight(heads, *size) for _ in range(CACHES)] for size in ((128, 512), (512, 128)))
            data = [random(heads, requests, size) for size in (128, 512)]
            if context == 1024:
                run = lambda: [(torch.bmm(data[0], a), torch.bmm(data[1], b)) for a, b in zip(up, down)]
                timed(rows, run, kind="absorb", precision="bf16", kernel="library", runs=CACHES, **row)
            for precision in ("bf16", "fp8_block"):
                try:
                    timed(rows, latent_module(precision, requests, context, heads), kind="latent_module", precision=precision, runs=CACHES, **row)
                except Exception:
                    traceback.print_exc()
            torch.cuda.empty_cache()
        for tokens in (1024, 4096, 8192) if not quick else (4096,):
            q, k, v = random(1, heads, tokens, 192), random(1, heads, tokens, 192), random(1, heads, tokens, 128)
            for name, kernel in measure.KERNELS.items():
                def run():
                    with measure.sdpa_kernel(kernel):
                        F.scaled_dot_product_attention(q, k, v if name == "cudnn" else F.pad(v, (0, 64)), is_causal=True)

                timed(rows, run, kind="latent_prompt_attention", name=f"r1_{heads}_heads", precision="bf16", chunk=tokens, earlier=0, kernel=name)
    for name, (n, k) in R1_PRODUCTS.items():
        weights = [weight(n, k, precision="fp8_block") for _ in range(max(1, min(8, 400_000_000 // (n * k))))]
        for tokens in (1, 16, 64, 128, 256, 1024, 4096) if not quick else (64,):
            x = quantized(random(tokens, k))
            row = dict(kind="product", name=f"r1_{name}", precision="fp8_block", requests=tokens, n=n, k=k)
            timed(rows, lambda: [BlockProducts.fused(x, w) for w in weights], kernel="fused", runs=len(weights), **row)
            timed(rows, lambda: [block_library(x, w) for w in weights], kernel="library", runs=len(weights), **row)
    for name, (hidden, width, count, chosen) in R1_EXPERTS.items():
        layers = [[weight(count, n, k, precision="fp8_block") for n, k in ((2 * width, hidden), (hidden, width))] for _ in range(2)]
        for tokens in (1, 8, 16, 32, 64, 128, 256, 1024, 4096) if not quick else (64,):
            time_experts(rows, name, "fp8_block", tokens, layers, chosen)
        del layers
        torch.cuda.empty_cache()


PARTS = dict(mixed=mixed, experts=experts, latent=latent)


def main():
    parser = argparse.ArgumentParser(description="Measures mixed iterations, experts and latent attention on a real accelerator.")
    parser.add_argument("output", help="the CSV to write")
    parser.add_argument("--quick", action="store_true", help="few points, to see that it runs")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    arguments = parser.parse_args()
    torch._dynamo.config.recompile_limit = 64
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
