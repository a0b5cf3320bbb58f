using LlmSim.Performance.Measured;

namespace LlmSim.Performance.Calibrating;

/// <summary>
/// The measurements of a profile as samples of the roofline's operations. Held out are whole slices, every third: a layer
/// at one degree of tensor parallelism, a number of prefill tokens, of decoding requests or of both, of experts.
/// </summary>
internal sealed class ProfileSamples(
    MeasuredProfile profile,
    ModelDescription model,
    HardwareDescription hardware
)
{
    private const int HeldOutOf = 3;

    /// <summary>Neighbours along an axis that is a slice itself are held out together.</summary>
    private const int BlockSize = 8;

    private static readonly Precision s_precision = new();

    /// <summary>Products with weights: the layers of the profile, and ours that each of them computes.</summary>
    public IEnumerable<Sample> Dense()
    {
        var slice = 0;
        foreach (var (tp, shard) in profile.Shards.OrderBy(shard => shard.Key))
        {
            var operations = new LayerOperations(model, s_precision, Instance(tp));
            var projections = All(operations.Projections).ToDictionary(operation => operation.Name);
            var mlp = All(operations.Mlps);
            (string Layer, TokenOperation[] Operations)[] layers =
            [
                ("qkv_proj", Of(projections, "q_proj", "k_proj", "v_proj")),
                ("o_proj", Of(projections, "out_proj")),
                ("gate_up_proj", [.. mlp.SkipLast(1)]),
                ("down_proj", [.. mlp.TakeLast(1)]),
            ];
            foreach (var (layer, ours) in layers.Where(layer => shard.Dense.ContainsKey(layer.Layer)))
            {
                var isHeldOut = IsHeldOut(slice++);
                foreach (var point in shard.Dense[layer].Points)
                {
                    yield return new(Works(ours, point.Position), point.Seconds, isHeldOut);
                }
            }

            var lmHeadIsHeldOut = IsHeldOut(slice++);
            foreach (var point in shard.PerSequence["lm_head"].Points)
            {
                yield return new(
                    [LmHeadWork.Full(model, s_precision, tp, point.Position)],
                    point.Seconds,
                    lmHeadIsHeldOut
                );
            }
        }
    }

    /// <summary>Norms, rotation and activation of one layer together: the profile divides them otherwise than we do.</summary>
    public IEnumerable<Sample> Elementwise()
    {
        var shard = profile.Shards[1];
        var ours = All(new LayerOperations(model, s_precision, Instance(1)).Elementwise);
        var block = 0;
        foreach (var point in shard.Dense["layernorm"].Points)
        {
            var seconds = 2 * point.Seconds;
            foreach (var layer in new[] { "qk_norm", "rotary_emb", "act_fn" })
            {
                seconds += shard.Dense.GetValueOrDefault(layer)?.Seconds(point.Position) ?? 0;
            }

            yield return new(Works(ours, point.Position), seconds, IsHeldOut(block++ / BlockSize));
        }
    }

    /// <summary>The operations of one layer, where all are equal.</summary>
    private static TokenOperation[] All(LayerPart[] parts) => [.. parts.SelectMany(part => part.Operations)];

    /// <summary>Attention of chunks of prompts alone.</summary>
    public IEnumerable<Sample> PrefillAttention() =>
        Attention(
            point => point.DecodeRequests == 0 && point.PrefillTokens > 0,
            point => point.PrefillTokens,
            (attention, point) => new Sample([attention.Prefill(point)], point.Seconds, IsHeldOut: false)
        );

    /// <summary>Attention of decoding requests alone.</summary>
    public IEnumerable<Sample> DecodeAttention() =>
        Attention(
            point => point.PrefillTokens == 0,
            point => point.DecodeRequests,
            (attention, point) => new Sample([attention.Decode(point)], point.Seconds, IsHeldOut: false)
        );

    /// <summary>Attention of decoding requests beside chunks of prompts, whose part is known.</summary>
    public IEnumerable<Sample> MixedDecodeAttention(Roofs prefillRoofs) =>
        Attention(
            point => point.PrefillTokens > 0 && point.DecodeRequests > 0,
            point => (point.PrefillTokens, point.DecodeRequests),
            (attention, point) =>
            {
                var prefill = attention.Prefill(point);
                var longestKeys = Math.Max(prefill.LongestKeys, point.DecodeComputedTokens);
                return new Sample(
                    [attention.Decode(point)],
                    point.Seconds,
                    IsHeldOut: false,
                    OtherSeconds: prefillRoofs.UnderRoofs(prefill) + prefillRoofs.LaunchSeconds,
                    LeastSeconds: longestKeys * prefillRoofs.KeySeconds + prefillRoofs.LaunchSeconds
                );
            }
        );

    /// <summary>Experts, beside the router.</summary>
    public IEnumerable<Sample> Experts(Roofs denseRoofs)
    {
        if (profile.Experts is not { } table || model.MixtureOfExperts is not { } experts)
        {
            yield break;
        }

        var operations = new LayerOperations(model, s_precision, Instance(1));
        var slices = table.Points.Select(point => point.ActivatedExperts).Distinct().Order().ToList();
        foreach (var point in table.Points)
        {
            OperationWork[] works =
            [
                .. operations.Experts.Select(operation =>
                    operation.Product.For(point.Tokens * experts.ExpertsPerToken) with
                    {
                        WeightBytes = operation.Product.WeightBytes * point.ActivatedExperts,
                    }
                ),
            ];
            var router = denseRoofs.Seconds(operations.Router[0].For(point.Tokens));
            yield return new(works, point.Seconds, IsHeldOut(slices.IndexOf(point.ActivatedExperts)), router);
        }
    }

    private IEnumerable<Sample> Attention<TSlice>(
        Func<AttentionPoint, bool> isMeant,
        Func<AttentionPoint, TSlice> slice,
        Func<AttentionWork, AttentionPoint, Sample> sample
    )
        where TSlice : notnull
    {
        foreach (var (tp, shard) in profile.Shards.OrderBy(shard => shard.Key))
        {
            var attention = new AttentionWork(model, s_precision, Instance(tp));
            AttentionPoint[] points = [.. shard.Attention.Points.Where(isMeant)];
            var slices = points
                .Select(slice)
                .Distinct()
                .Order()
                .Select((key, index) => KeyValuePair.Create(key, index))
                .ToDictionary();
            foreach (var point in points)
            {
                yield return sample(attention, point) with
                {
                    IsHeldOut = IsHeldOut(slices[slice(point)]),
                };
            }
        }
    }

    private InstanceSpec Instance(int tp) => new() { Hardware = hardware, TpSize = tp };

    private static bool IsHeldOut(int slice) => slice % HeldOutOf == 1;

    private static TokenOperation[] Of(
        Dictionary<string, TokenOperation> operations,
        params string[] names
    ) => [.. names.Select(name => operations[name])];

    private static OperationWork[] Works(TokenOperation[] operations, int tokens) =>
        [.. operations.Select(operation => operation.For(tokens))];
}
