"""Single operations in the kernels that there are, and how they are timed."""

import measure
import torch
import torch.nn.functional as F
from fused import GROUP, align, block_product, product, tiles
from measure import BF16, DEVICE, FP8, FP8_LIMIT, WEIGHT_SCALE, compiled, gated, seconds


def quantized(x):
    groups = x.float().view(x.shape[0], -1, GROUP)
    scale = groups.abs().amax(-1).clamp(1e-6) / FP8_LIMIT
    return (groups / scale[..., None]).clamp(-FP8_LIMIT, FP8_LIMIT).to(FP8).view(x.shape), scale.t().contiguous()


def gated_quantized(x):
    gate, up = x.chunk(2, -1)
    return quantized(F.silu(gate) * up)


def head_norm(x, weight):
    y = x.float()
    return (y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * weight


def head_norm_rotate(x, weight, cos, sin):
    a, b = head_norm(x, weight).chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


def summed(x):
    return x.float().sum(1).to(x.dtype)


def merged(x, x_sums, y, y_sums):
    share = torch.sigmoid(x_sums - y_sums)
    return (x * share + y * (1 - share)).to(x.dtype)


plain_quantized = quantized
quantized, gated_quantized, head_norm_rotate, summed, merged = map(compiled, (quantized, gated_quantized, head_norm_rotate, summed, merged))


def timed(rows, run, count=7, graph=True, runs=1, **row):
    """Seconds of one of the runs, written as a row; infinity where this kernel does not take the shape."""
    try:
        value = seconds(run, count, graph) / runs
    except Exception as error:
        print("left out", row, type(error).__name__, str(error).splitlines()[:1], flush=True)
        torch.cuda.synchronize()
        return float("inf")
    rows.add(**row, launch="graph" if graph else "eager", seconds=value)
    return value


def require_close(name, answer, wanted, limit):
    error = float((answer.double() - wanted.double()).norm() / wanted.double().norm())
    print(f"check {name}: {error:.1e}", flush=True)
    if not error < limit:
        raise RuntimeError(f"{name} is off by {error}")


def random(*shape):
    return torch.randn(shape, device=DEVICE, dtype=BF16)


def weight(*shape, precision="bf16"):
    """A matrix or one for each expert; with fp8_block the matrix and its scales."""
    values = random(*shape).mul_(WEIGHT_SCALE)
    if precision == "bf16":
        return values
    if precision == "fp8":
        return values.to(FP8)
    blocks = (*shape[:-2], shape[-2] // GROUP, shape[-1] // GROUP)
    return values.to(FP8), torch.rand(blocks, device=DEVICE) * 0.5 + 0.75


def widened(pair):
    """The values that a matrix in fp8_block stands for."""
    matrix, scales = pair
    return matrix.float() * scales.repeat_interleave(GROUP, -1).repeat_interleave(GROUP, -2)


def block_library(x, w):
    """The library's product with a scale for each block: it wants the scales of the weights padded to four in a column."""
    (x, x_scales), (w, w_scales) = x, w
    groups, count = x_scales.shape
    kinds = F.ScalingType
    padded = F.pad(w_scales, (0, -w_scales.shape[1] % 4))
    return F.scaled_mm(x, w.t(), x_scales.as_strided((count, groups), (1, count)), kinds.BlockWise1x128, padded.t(), kinds.BlockWise128x128, output_dtype=BF16)


class BlockProducts:
    """Products in fp8_block, each by the kernel that is faster for its shape."""

    def __init__(self):
        self.chosen = {}

    def __call__(self, x, w):
        count, (n, k) = x[0].shape[0], w[0].shape
        if (count, n, k) not in self.chosen:
            times = {"fused": seconds(lambda: self.fused(x, w), 3)}
            try:
                times["library"] = seconds(lambda: block_library(x, w), 3)
            except Exception:
                pass
            self.chosen[count, n, k] = min(times, key=times.get)
        if self.chosen[count, n, k] == "library":
            return block_library(x, w)
        return self.fused(x, w)

    @staticmethod
    def fused(x, w):
        return block_product(x, w, tiles(x[0].shape[0], True)[0])


def expert_runs(x, ids, factors, first, second):
    """The routed experts of a layer in each kernel, by name: x is a matrix, or one with its scales."""
    scaled = isinstance(x, tuple)
    experts, hidden = (first[0] if scaled else first).shape[0], (second[0] if scaled else second).shape[1]
    (tokens, chosen), assignments = ids.shape, ids.numel()

    def fused(tile):
        rows, owners, _ = align(ids, experts, tile.rows)
        y = product(x, first, rows, owners, assignments, chosen, tile)
        y = gated_quantized(y) if scaled else gated(y)
        y = product(y, second, rows, owners, assignments, 1, tile, factors)
        return summed(y.view(tokens, chosen, hidden))

    def library():
        rows, _, ends = align(ids, experts, 1)
        y = torch._grouped_mm(x[rows // chosen], first.transpose(1, 2), offs=ends)
        y = torch._grouped_mm(gated(y), second.transpose(1, 2), offs=ends) * factors.view(-1)[rows][:, None].to(BF16)
        return summed(torch.empty_like(y).index_copy_(0, rows.long(), y).view(tokens, chosen, hidden))

    runs = {f"fused_{tile.rows}x{tile.columns}": lambda tile=tile: fused(tile) for tile in tiles(assignments / experts, scaled)}
    return runs if scaled else runs | {"library": library}


def expert_ids(tokens, experts, chosen):
    return torch.rand(tokens, experts, device=DEVICE).topk(chosen).indices.to(torch.int32)


def time_experts(rows, name, precision, tokens, layers, chosen):
    """The name of the fastest kernel; `layers` are pairs of weights, which take turns."""
    scaled = precision == "fp8_block"
    x = random(tokens, (layers[0][1][0] if scaled else layers[0][1]).shape[1])
    experts = (layers[0][0][0] if scaled else layers[0][0]).shape[0]
    ids, factors = expert_ids(tokens, experts, chosen), torch.rand(tokens, chosen, device=DEVICE)
    x = quantized(x) if scaled else x
    each = [expert_runs(x, ids, factors, *layer) for layer in layers]
    row = dict(kind="experts", name=name, precision=precision, requests=tokens)
    times = {
        kernel: timed(rows, lambda: [runs[kernel]() for runs in each], kernel=kernel, runs=len(each), **row)
        for kernel in each[0]
    }
    return min(times, key=times.get)


def chunk_attention(kernel, q, keys, values, earlier):
    """Tokens x heads x head size; the chunk's own keys are the last. cuDNN takes the earlier ones apart and merges."""
    q, keys, values = (x.transpose(0, 1)[None] for x in (q, keys, values))
    if kernel == "flash":
        answer = torch.ops.aten._scaled_dot_product_flash_attention(q, keys, values, 0.0, True)[0]
    else:
        run = torch.ops.aten._scaled_dot_product_cudnn_attention
        own = run(q, keys[:, :, earlier:], values[:, :, earlier:], None, earlier > 0, 0.0, True)
        answer = own[0]
        if earlier:
            before = run(q, keys[:, :, :earlier], values[:, :, :earlier], None, True, 0.0, False)
            sums = [x[1].reshape(*q.shape[:3], 1) for x in (own, before)]
            answer = merged(own[0], sums[0], before[0], sums[1])
    return answer[0].transpose(0, 1).reshape(q.shape[2], -1)


def decode_attention(kernel, q, keys, values):
    requests, kv_heads, _, head_size = keys.shape
    with measure.sdpa_kernel(measure.KERNELS[kernel]):
        answer = F.scaled_dot_product_attention(q.reshape(requests, kv_heads, -1, head_size), keys, values)
    return answer.reshape(requests, -1)
