"""Kernels in Triton for what PyTorch has none: routed experts, products with a scale for each block, latent attention of decoding requests."""

from collections import namedtuple
from functools import lru_cache

import torch
import triton
import triton.language as tl

GROUP = 128  # values of an activation, or rows and columns of a weight, that share a scale
Tile = namedtuple("Tile", "rows columns inner group warps stages")


def tiles(rows_each, block_scaled):
    """Tiles worth trying where an expert gets so many rows."""
    if rows_each <= 16:
        return [Tile(16, 64, 128, 1, 4, 4), Tile(16, 128, 128, 1, 4, 3)]
    if rows_each <= 96:
        return [Tile(64, 128, 128, 8, 4, 3)]
    if block_scaled:
        return [Tile(128, 128, 128, 16, 8, 3), Tile(64, 128, 128, 8, 4, 3)]
    return [Tile(128, 128, 64, 16, 8, 3), Tile(128, 256, 64, 16, 8, 3), Tile(64, 256, 64, 16, 8, 3)]


@triton.jit
def clear_kernel(counts, rows, experts, length, nothing, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(counts + at, tl.zeros([BLOCK], tl.int32), mask=at < experts)
    tl.store(rows + at, tl.zeros([BLOCK], tl.int32) + nothing, mask=at < length)


@triton.jit
def count_kernel(ids, counts, assignments, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = at < assignments
    expert = tl.load(ids + at, mask=valid, other=0)
    tl.atomic_add(counts + expert, tl.full([BLOCK], 1, tl.int32), mask=valid)


@triton.jit
def offsets_kernel(counts, cursors, ends, owners, blocks, EXPERTS: tl.constexpr, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    """The rows of an expert begin at a whole tile; the owner of a tile beyond the last is EXPERTS."""
    expert = tl.arange(0, EXPERTS)
    padded = (tl.load(counts + expert) + ROWS - 1) // ROWS * ROWS
    end = tl.cumsum(padded, 0)
    if tl.program_id(0) == 0:
        tl.store(cursors + expert, end - padded)
        tl.store(ends + expert, end)
    tile = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    owner = tl.sum((end[None, :] <= (tile * ROWS)[:, None]).to(tl.int32), 1)
    tl.store(owners + tile, owner, mask=tile < blocks)


@triton.jit
def place_kernel(ids, cursors, rows, assignments, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = at < assignments
    expert = tl.load(ids + at, mask=valid, other=0)
    place = tl.atomic_add(cursors + expert, tl.full([BLOCK], 1, tl.int32), mask=valid)
    tl.store(rows + place, at, mask=valid)


def align(ids, experts, tile_rows):
    """Assignments of tokens to experts in the order of experts: rows, owners of tiles of rows, and where each expert's rows end."""
    assignments = ids.numel()
    length = min(assignments * tile_rows, triton.cdiv(assignments + experts * (tile_rows - 1), tile_rows) * tile_rows)
    blocks = length // tile_rows
    new = lambda size: torch.empty(size, device=ids.device, dtype=torch.int32)
    rows, owners, counts, cursors, ends = new(length), new(blocks), new(experts), new(experts), new(experts)
    block = 256
    clear_kernel[(triton.cdiv(max(length, experts), block),)](counts, rows, experts, length, assignments, BLOCK=block)
    count_kernel[(triton.cdiv(assignments, block),)](ids, counts, assignments, BLOCK=block)
    offsets_kernel[(triton.cdiv(blocks, 64),)](counts, cursors, ends, owners, blocks, EXPERTS=experts, ROWS=tile_rows, BLOCK=64)
    place_kernel[(triton.cdiv(assignments, block),)](ids, cursors, rows, assignments, BLOCK=block)
    return rows, owners, ends


@triton.jit
def route_kernel(logits, factors, ids, EXPERTS: tl.constexpr, CHOSEN: tl.constexpr):
    token = tl.program_id(0)
    expert, slot = tl.arange(0, EXPERTS), tl.arange(0, CHOSEN)
    x = tl.load(logits + token * EXPERTS + expert).to(tl.float32)
    x = tl.exp(x - tl.max(x, 0))
    best_factors, best_ids = tl.zeros([CHOSEN], tl.float32), tl.zeros([CHOSEN], tl.int32)
    for i in tl.static_range(CHOSEN):
        best = tl.argmax(x, 0)
        best_factors = tl.where(slot == i, tl.max(x, 0), best_factors)
        best_ids = tl.where(slot == i, best, best_ids)
        x = tl.where(expert == best, -1.0, x)
    tl.store(factors + token * CHOSEN + slot, best_factors / tl.sum(best_factors, 0))
    tl.store(ids + token * CHOSEN + slot, best_ids)


def route(logits, chosen):
    """The experts with the largest logits, and their shares."""
    tokens, experts = logits.shape
    factors = torch.empty(tokens, chosen, device=logits.device, dtype=torch.float32)
    ids = torch.empty(tokens, chosen, device=logits.device, dtype=torch.int32)
    route_kernel[(tokens,)](logits, factors, ids, EXPERTS=experts, CHOSEN=chosen, num_warps=1)
    return factors, ids


@triton.jit
def product_kernel(
    a, a_scales, b, b_scales, out, factors, rows, owners, assignments, a_rows, n, k, blocks, EXPERTS,
    SHARE: tl.constexpr, SCALED: tl.constexpr, WEIGHTED: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, INNER: tl.constexpr, GROUP: tl.constexpr,
):
    """out[row] = a[row // SHARE] · b[owner of the row], n × k; with SCALED, INNER values have a scale."""
    pid = tl.program_id(0)
    across = tl.cdiv(n, COLUMNS)
    first = pid // (GROUP * across) * GROUP
    size = min(blocks - first, GROUP)
    block = first + pid % (GROUP * across) % size
    column = pid % (GROUP * across) // size * COLUMNS + tl.arange(0, COLUMNS)
    expert = tl.load(owners + block)
    if expert >= EXPERTS:
        return
    row = tl.load(rows + block * ROWS + tl.arange(0, ROWS))
    real = row < assignments
    source = row // SHARE
    inner = tl.arange(0, INNER)
    a_at = a + source[:, None].to(tl.int64) * k + inner[None, :]
    b_at = b + expert.to(tl.int64) * n * k + column[None, :].to(tl.int64) * k + inner[:, None]
    total = tl.zeros([ROWS, COLUMNS], tl.float32)
    for step in range(0, k // INNER):
        x = tl.load(a_at, mask=real[:, None], other=0.0)
        y = tl.load(b_at)
        if SCALED:
            x_scale = tl.load(a_scales + step * a_rows + source, mask=real, other=0.0)
            y_scale = tl.load(b_scales + (expert * (n // INNER) + column // INNER) * (k // INNER) + step)
            total += tl.dot(x, y) * x_scale[:, None] * y_scale[None, :]
        else:
            total = tl.dot(x, y, total)
        a_at += INNER
        b_at += INNER
    if WEIGHTED:
        total *= tl.load(factors + row, mask=real, other=0.0)[:, None]
    tl.store(out + row[:, None].to(tl.int64) * n + column[None, :], total.to(tl.bfloat16), mask=real[:, None])


def product(a, weights, rows, owners, assignments, share, tile, factors=None):
    """`a` and `weights` (experts × n × k) are matrices, or pairs of a matrix and its scales."""
    scaled = isinstance(a, tuple)
    a, a_scales = a if scaled else (a, a)
    weights, b_scales = weights if scaled else (weights, weights)
    experts, n, k = weights.shape
    assert n % tile.columns == 0 and k % tile.inner == 0 and (not scaled or tile.inner == GROUP)
    out = torch.empty(assignments, n, device=a.device, dtype=torch.bfloat16)
    blocks = owners.numel()
    product_kernel[(blocks * (n // tile.columns),)](
        a, a_scales, weights, b_scales, out, a_scales if factors is None else factors, rows, owners,
        assignments, a.shape[0], n, k, blocks, experts,
        SHARE=share, SCALED=scaled, WEIGHTED=factors is not None,
        ROWS=tile.rows, COLUMNS=tile.columns, INNER=tile.inner, GROUP=tile.group, num_warps=tile.warps, num_stages=tile.stages,
    )
    return out


@lru_cache
def one_expert(count, tile, device):
    blocks = triton.cdiv(count, tile.rows)
    rows = torch.arange(blocks * tile.rows, device=device, dtype=torch.int32)
    return rows, torch.zeros(blocks, device=device, dtype=torch.int32)


def block_product(a, weight, tile):
    """A product with one matrix, both with their scales, in the same kernel."""
    count = a[0].shape[0]
    return product(a, (weight[0][None], weight[1]), *one_expert(count, tile, a[0].device), count, 1, tile)


@triton.jit
def latent_kernel(
    q, cache, partial, sums, context, scale, heads,
    RANK: tl.constexpr, ROTARY: tl.constexpr, HEADS: tl.constexpr, KEYS: tl.constexpr, SPLITS: tl.constexpr,
):
    """A block of heads of one request over one part of its context: keys are the latent vectors, values their first RANK numbers."""
    request, split = tl.program_id(0), tl.program_id(2)
    head = tl.program_id(1) * HEADS + tl.arange(0, HEADS)
    width: tl.constexpr = RANK + ROTARY
    rank, rotary, key = tl.arange(0, RANK), tl.arange(0, ROTARY), tl.arange(0, KEYS)
    q_at = q + (request * heads + head)[:, None] * width
    q_rank, q_rotary = tl.load(q_at + rank[None, :]), tl.load(q_at + RANK + rotary[None, :])
    part = tl.cdiv(tl.cdiv(context, KEYS), SPLITS) * KEYS
    begin = split * part
    end = min(begin + part, context)
    longest = tl.full([HEADS], -1e30, tl.float32)
    total = tl.zeros([HEADS], tl.float32)
    answer = tl.zeros([HEADS, RANK], tl.float32)
    for first in range(begin, end, KEYS):
        valid = first + key < end
        at = cache + (request.to(tl.int64) * context + first + key)[:, None] * width
        values = tl.load(at + rank[None, :], mask=valid[:, None], other=0.0)
        turned = tl.load(at + RANK + rotary[None, :], mask=valid[:, None], other=0.0)
        score = tl.dot(q_rotary, tl.trans(turned), tl.dot(q_rank, tl.trans(values))) * scale
        score = tl.where(valid[None, :], score, -1e30)
        most = tl.maximum(longest, tl.max(score, 1))
        weight = tl.exp(score - most[:, None])
        shrink = tl.exp(longest - most)
        total = total * shrink + tl.sum(weight, 1)
        answer = tl.dot(weight.to(values.dtype), values, answer * shrink[:, None])
        longest = most
    row = (request * heads + head) * SPLITS + split
    tl.store(partial + row[:, None].to(tl.int64) * RANK + rank[None, :], answer / tl.maximum(total, 1e-30)[:, None])
    tl.store(sums + row, tl.where(total > 0, longest + tl.log(tl.maximum(total, 1e-30)), -1e30))


@triton.jit
def merge_kernel(partial, sums, out, RANK: tl.constexpr, SPLITS: tl.constexpr):
    row, rank, split = tl.program_id(0), tl.arange(0, RANK), tl.arange(0, SPLITS)
    share = tl.load(sums + row * SPLITS + split)
    share = tl.exp(share - tl.max(share, 0))
    parts = tl.load(partial + (row.to(tl.int64) * SPLITS + split)[:, None] * RANK + rank[None, :])
    tl.store(out + row.to(tl.int64) * RANK + rank, (tl.sum(parts * share[:, None], 0) / tl.sum(share, 0)).to(tl.bfloat16))


def latent_decode(q, cache, scale, rank=512):
    """Attention of decoding requests on latent vectors: q is requests × heads × width, cache requests × context × width."""
    requests, heads, width = q.shape
    context = cache.shape[1]
    block = min(heads, 64)
    keys = 64 if block <= 16 else 32
    wanted = max(1, 2 * 132 // (requests * heads // block))
    splits = 1 << min(5, max(0, (min(wanted, triton.cdiv(context, keys))).bit_length() - 1))
    partial = torch.empty(requests * heads * splits, rank, device=q.device, dtype=torch.float32)
    sums = torch.empty(requests * heads * splits, device=q.device, dtype=torch.float32)
    out = torch.empty(requests, heads, rank, device=q.device, dtype=torch.bfloat16)
    latent_kernel[(requests, heads // block, splits)](
        q, cache, partial, sums, context, scale, heads,
        RANK=rank, ROTARY=width - rank, HEADS=block, KEYS=keys, SPLITS=splits, num_warps=4 if block <= 16 else 8, num_stages=2,
    )
    merge_kernel[(requests * heads,)](partial, sums, out, RANK=rank, SPLITS=splits, num_warps=4)
    return out
