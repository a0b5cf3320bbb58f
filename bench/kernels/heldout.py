#!/usr/bin/env python3
"""Which law between measured shapes has the smallest error on shapes that it has not seen.

    heldout.py FOLDER [SYSTEM...]

FOLDER is in the layout of aiconfigurator's systems/data, as CSV (or Parquet where pyarrow is installed). For each operation one axis is
thinned: every third position of a weight's width, or every other number of tokens, is held out and predicted from its neighbours on the
axis, all other quantities being equal. Prints the median and the 90th percentile of the relative error in percent by law.
"""
import glob
import os
import sys

import numpy as np
import pandas as pd

ROOFS = {  # operations/s at 16, 8 and 4 bits, bytes/s: catalog/hardware
    "a100_sxm": (312e12, 312e12, 312e12, 2039e9),
    "h100_sxm": (989.5e12, 1979e12, 1979e12, 3350e9),
    "h200_sxm": (989.5e12, 1979e12, 1979e12, 4800e9),
    "b200_sxm": (2250e12, 4500e12, 9000e12, 7700e9),
    "b300_sxm": (2250e12, 4500e12, 14000e12, 7750e9),
    "gb200": (2500e12, 5000e12, 10000e12, 8000e9),
    "l40s": (362e12, 733e12, 733e12, 864e9),
    "rtx_pro_6000_server": (500e12, 1000e12, 2000e12, 1792e9),
}
FORMATS = {"bfloat16": (2, 2, 0), "fp8": (1, 1, 1), "fp8_block": (1, 1.03, 1), "nvfp4": (0.5625, 0.5625, 2), "int4_wo": (0.516, 2, 0)}
LAWS = ["log ratio", "log time", "straight", "utilisation", "nearest"]
LAUNCH_BOUND_MS = 0.01


def newest(folder, operation, name, engine="vllm"):
    paths = sorted(
        glob.glob(f"{folder}/{operation}/{engine}/*/{name}.*"),
        key=lambda p: [int(x) for x in p.split("/")[-2].split(".") if x.isdigit()],
    )
    if not paths:
        return None
    return pd.read_csv(paths[-1]) if paths[-1].endswith(".csv") else pd.read_parquet(paths[-1])


def gemm_roof(d, fmt, hw):
    w, a, r = FORMATS[fmt]
    return np.maximum(2 * d.m * d.n * d.k / hw[r], (d.n * d.k * w + d.m * d.k * a + 2 * d.m * d.n) / hw[3])


def tables(folder, hw):
    d = newest(folder, "gemm", "gemm_perf")
    for fmt, g in d.groupby("gemm_dtype"):
        if fmt in FORMATS and g.latency.min() < LAUNCH_BOUND_MS:
            g = g.groupby(["m", "n", "k"], as_index=False).latency.min()
            g["roof"] = gemm_roof(g, fmt, hw)
            yield f"products {fmt}, width", g, "n", ["m", "k"], 3
            yield f"products {fmt}, tokens", g, "m", ["n", "k"], 2
    for name, operation, axis in (
        ("context_attention_perf", "attention of prompts, tokens", "isl"),
        ("generation_attention_perf", "attention of decoding requests, context", "ctx"),
    ):
        g = newest(folder, "attention", name)
        window = g.window_size if "window_size" in g else 0 * g.isl
        g = g[(window == 0) & (g.head_dim == 128) & (g.kv_cache_dtype == "bfloat16")].copy()
        g["kv"] = np.where(g.num_key_value_heads == 0, g.num_heads, g.num_key_value_heads)
        g["ctx"] = g.isl + g.step
        if axis == "isl":
            ops = 4 * 128 * g.batch_size * g.num_heads * g.isl * (g.isl + 1) / 2 / hw[0]
            size = (2 * g.batch_size * g.isl * g.num_heads * 2 + 2 * g.batch_size * g.isl * g.kv * 2) * 128 / hw[3]
            g["roof"] = np.maximum(ops, size)
        else:
            g["roof"] = (2 * g.batch_size * g.ctx * g.kv * 2 + 4 * g.batch_size * g.num_heads) * 128 / hw[3]
        keys = ["batch_size", "num_heads", "kv"]
        g = g.groupby([*keys, axis], as_index=False).agg(latency=("latency", "min"), roof=("roof", "first"))
        yield operation, g, axis, keys, 2
    g = newest(folder, "moe", "moe_perf")
    if g is not None:
        g = g[(g.distribution == "power_law_1.01") & g.moe_dtype.isin(FORMATS)].copy()
        width = g.inter_size / g.moe_tp_size
        met = g.num_experts * (1 - (1 - g.topk / g.num_experts) ** g.num_tokens) / g.moe_ep_size
        rate = g.moe_dtype.map(lambda f: hw[FORMATS[f][2]])
        size = g.moe_dtype.map(lambda f: FORMATS[f][0])
        matrices = 3 * g.hidden_size * width
        g["roof"] = np.maximum(
            2 * g.num_tokens * g.topk / g.moe_ep_size * matrices / rate,
            (met * matrices * size + 4 * g.num_tokens * g.hidden_size) / hw[3],
        )
        keys = ["moe_dtype", "hidden_size", "inter_size", "topk", "num_experts", "moe_tp_size", "moe_ep_size"]
        g = g.groupby([*keys, "num_tokens"], as_index=False).agg(latency=("latency", "min"), roof=("roof", "first"))
        yield "experts, tokens", g, "num_tokens", keys, 2
    g = newest(folder, "comm", "custom_allreduce_perf")
    if g is not None:
        g = g[~g.kernel_source.str.endswith("_eager")].groupby(["num_gpus", "message_size"], as_index=False).latency.median()
        g["roof"] = g.message_size.astype(float)
        yield "all-reduces, bytes", g, "message_size", ["num_gpus"], 2


def errors(g, axis, keys, every):
    """By law, the errors at the positions of the axis that are held out."""
    positions = np.sort(g[axis].unique())
    held = set(positions[1:-1][every - 2 :: every])
    out = {law: [] for law in LAWS}
    bounds = g.latency.values / 1e3
    for _, part in g.assign(t=bounds).sort_values(axis).groupby(keys if len(keys) > 1 else keys[0], sort=False):
        x, t, roof = part[axis].values, part.t.values, part.roof.values
        is_held = np.isin(x, list(held))
        if is_held.sum() == 0 or (~is_held).sum() < 2:
            continue
        kx, kt, kr = x[~is_held], t[~is_held], roof[~is_held]
        inside = is_held & (x > kx[0]) & (x < kx[-1])
        if not inside.any():
            continue
        lx, lk, r = np.log(x[inside]), np.log(kx), roof[inside]
        ratio = kt / kr
        near = np.abs(lx[:, None] - lk[None, :]).argmin(axis=1)
        predictions = {
            "log ratio": np.exp(np.interp(lx, lk, np.log(ratio))) * r,
            "log time": np.exp(np.interp(lx, lk, np.log(kt))),
            "straight": np.interp(x[inside], kx, kt),
            "utilisation": r / np.interp(lx, lk, 1 / ratio),
            "nearest": ratio[near] * r,
        }
        for law, p in predictions.items():
            out[law].append(np.abs(p / t[inside] - 1))
    return {law: np.concatenate(v) for law, v in out.items() if v}


def main():
    systems = sys.argv[2:] or [s for s in ROOFS if os.path.isdir(f"{sys.argv[1]}/{s}")]
    pooled = {}
    for system in systems:
        for operation, g, axis, keys, every in tables(f"{sys.argv[1]}/{system}", ROOFS[system]):
            for law, e in errors(g, axis, keys, every).items():
                pooled.setdefault(operation, {}).setdefault(law, []).append(e)
    print("| operation, axis | " + " | ".join(LAWS) + " | points |")
    print("|---" * (len(LAWS) + 2) + "|")
    for operation, laws in pooled.items():
        e = {law: np.concatenate(v) * 100 for law, v in laws.items()}
        cells = [f"{np.median(e[law]):.1f} / {np.percentile(e[law], 90):.1f}" for law in LAWS]
        print(f"| {operation} | " + " | ".join(cells) + f" | {len(e[LAWS[0]]):,} |")


main()
