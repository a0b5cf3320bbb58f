using System.Globalization;

namespace LlmSim.Performance.Kernels;

/// <summary>The measured operations of one accelerator under one engine.</summary>
internal sealed partial class KernelSet
{
    private const string Gemm = "gemm";
    private const string PromptAttention = "prompt_attention";
    private const string DecodeAttention = "decode_attention";
    private const string LatentPrompts = "latent_prompts";
    private const string LatentDecode = "latent_decode";
    private const string AllReduce = "all_reduce";
    private const string Experts = "experts";
    private const string ExpertsFromGroup = "experts_from_group";
    private const string ExpertsSentMany = "experts_sent_many";
    private const string ExpertsSentFew = "experts_sent_few";

    private readonly SortedDictionary<string, KernelGrid> _grids;

    public KernelSet(
        KernelSource source,
        KernelRoofs roofs,
        SortedDictionary<string, KernelGrid> grids,
        IReadOnlyDictionary<string, ExpertShape[]> expertShapes
    )
    {
        Source = source;
        Roofs = roofs;
        _grids = grids;
        ExpertShapes = expertShapes;
    }

    /// <summary>Where it comes from.</summary>
    public KernelSource Source { get; }

    /// <summary>What its ratios are of.</summary>
    public KernelRoofs Roofs { get; }

    /// <summary>The grids by name.</summary>
    public IReadOnlyDictionary<string, KernelGrid> Grids => _grids;

    /// <summary>By grid of experts: the shapes that its first axis counts, from 1.</summary>
    public IReadOnlyDictionary<string, ExpertShape[]> ExpertShapes { get; }

    /// <summary>The grid of the attention of prompts for a width of heads.</summary>
    public KernelGrid PromptAttentionGrid(int headSize, double kvBytes) =>
        AttentionGrid(PromptAttention, headSize, kvBytes);

    /// <summary>The grid of the attention of decoding requests for a width of heads; its second axis has contexts.</summary>
    public KernelGrid DecodeAttentionGrid(int headSize, double kvBytes) =>
        AttentionGrid(DecodeAttention, headSize, kvBytes);

    /// <summary>The grid of latent attention, of prompts or decoding requests; its third axis has tokens.</summary>
    public KernelGrid LatentAttentionGrid(bool isDecode, KernelFormat format, double kvBytes)
    {
        var table = Substitute(format, other => _grids.ContainsKey(LatentName(isDecode, other, 16)));
        return _grids.TryGetValue(LatentName(isDecode, table, (int)(8 * kvBytes)), out var grid)
            ? grid
            : _grids[LatentName(isDecode, table, 16)];
    }

    public static string GemmName(KernelFormat format) => $"{Gemm}/{format.Name}";

    public static string PromptAttentionName(int headSize, int kvBits) =>
        AttentionName(PromptAttention, headSize, kvBits);

    public static string DecodeAttentionName(int headSize, int kvBits) =>
        AttentionName(DecodeAttention, headSize, kvBits);

    public static string AllReduceName => AllReduce;

    public static string ExpertsName(KernelFormat format, ExpertTokens come = ExpertTokens.Gathered) =>
        $"{come switch { ExpertTokens.GatheredFromGroup => ExpertsFromGroup, ExpertTokens.SentMany => ExpertsSentMany, ExpertTokens.SentFew => ExpertsSentFew, _ => Experts }}/{format.Name}";

    public static string LatentName(bool isDecode, KernelFormat format, int kvBits) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{(isDecode ? LatentDecode : LatentPrompts)}/{format.Name}/{kvBits}"
        );

    /// <summary>Whether products in a format were measured.</summary>
    public bool HasGemm(KernelFormat format) => _grids.ContainsKey(GemmName(format));

    /// <summary>Seconds of a product; in a format without a table as far above its roof as in the nearest that has one.</summary>
    public double GemmSeconds(KernelFormat format, double m, double n, double k) =>
        _grids[GemmName(Substitute(format, HasGemm))].Ratio([m, n, k], out _)
        * Roofs.GemmSeconds(format, m, n, k);

    /// <summary>Whether latent attention was measured.</summary>
    public bool HasLatentAttention =>
        _grids.Keys.Any(name => name.StartsWith(LatentDecode, StringComparison.Ordinal));

    /// <summary>Seconds of the latent attention of a layer with the projections around it.</summary>
    /// <param name="grid">That of prompts, or of decoding requests.</param>
    /// <param name="format">The format of the projections.</param>
    /// <param name="shape">What is computed.</param>
    /// <param name="tokens">Tokens of a prompt, or of a context.</param>
    /// <param name="queriesEach">Queries of each request that decodes.</param>
    public double LatentAttentionSeconds(
        KernelGrid grid,
        KernelFormat format,
        in LatentAttentionShape shape,
        double tokens,
        int queriesEach = 1
    )
    {
        var roof = Roofs.LatentAttentionSeconds(format, shape);
        if (queriesEach > 1)
        {
            var one = Roofs.LatentScoresSeconds(shape, Roofs.Ops16PerSecond);
            roof += one * (Roofs.LatentGrowth(shape, queriesEach) - 1);
        }

        return grid.Ratio([shape.Heads, shape.Requests, tokens], out _) * roof;
    }

    /// <summary>Seconds of the attention of prompts in one layer.</summary>
    public double PromptAttentionSeconds(KernelGrid grid, in PromptAttentionShape shape)
    {
        // Chunks of prompts are as well filled as the prompt that has as many pairs.
        var tokens = Math.Max(1, Math.Sqrt(2 * shape.Pairs / shape.Requests));
        return grid.Ratio([shape.Requests * shape.Heads, tokens, shape.Heads / shape.KvHeads], out _)
            * Roofs.PromptAttentionSeconds(shape);
    }

    /// <summary>Seconds of the attention of decoding requests in one layer.</summary>
    public double DecodeAttentionSeconds(KernelGrid grid, in DecodeAttentionShape shape) =>
        grid.Ratio([shape.Requests * shape.KvHeads, shape.Context, shape.Heads / shape.KvHeads], out _)
        * Roofs.DecodeAttentionSeconds(shape);

    /// <summary>
    /// Seconds of an all-reduce of so many bytes: as measured, and with more ranks than were measured, or over nodes, what others of its
    /// kind take, which is no less than what the most ranks were measured to take.
    /// </summary>
    public double AllReduceSeconds(InstanceSpec instance, double bytes, double otherwiseSeconds)
    {
        if (!_grids.TryGetValue(AllReduce, out var grid))
        {
            return otherwiseSeconds;
        }

        var measuredRanks = Math.Min(Math.Min(instance.TpSize, instance.NodeSize), grid.Axes[0][^1]);
        var measured =
            measuredRanks < 2
                ? 0
                : grid.Ratio([measuredRanks, bytes], out _) * AllReduceRoofSeconds(measuredRanks, bytes);
        return measuredRanks == instance.TpSize ? measured : Math.Max(measured, otherwiseSeconds);
    }

    /// <summary>What ratios of all-reduces are of: the bytes that a ring sends, at 1 GB/s.</summary>
    public static double AllReduceRoofSeconds(double ranks, double bytes) =>
        2 * (ranks - 1) / ranks * bytes / 1e9;

    /// <summary>Whether there are measurements of experts.</summary>
    public bool HasExperts => ExpertShapes.Count > 0;

    /// <summary>The grid of experts of a format, or of the nearest that has one, and its shapes.</summary>
    public (KernelFormat Format, KernelGrid Grid, ExpertShape[] Shapes, double LaunchSeconds) ExpertGrid(
        KernelFormat format,
        ExpertTokens come = ExpertTokens.Gathered
    )
    {
        var table = Substitute(format, other => _grids.ContainsKey(ExpertsName(other, come)));
        var name = ExpertsName(table, come);
        return (table, _grids[name], ExpertShapes[name], LaunchSeconds(name));
    }

    /// <summary>The largest number of tokens of which products in a format were measured, and whether the sides of the weights were.</summary>
    public (int Tokens, bool HasWeights) GemmRange(KernelFormat format, double n, double k)
    {
        var axes = _grids[GemmName(Substitute(format, HasGemm))].Axes;
        return (axes[0][^1], IsWithin(axes[1], n) && IsWithin(axes[2], k));

        static bool IsWithin(int[] axis, double side)
        {
            return side >= axis[0] && side <= axis[^1];
        }
    }

    /// <summary>The seconds that the ratios of a grid are of, by shape, on an accelerator with these roofs.</summary>
    public Func<int[], double> Roof(string name, KernelRoofs roofs)
    {
        var parts = name.Split('/');
        switch (parts[0])
        {
            case Gemm:
                var product = KernelFormat.Get(parts[1]);
                return at => roofs.GemmSeconds(product, at[0], at[1], at[2]);
            case PromptAttention:
                var (promptHead, promptBytes) = (Number(parts[1]), Number(parts[2]) / 8);
                return at =>
                    roofs.PromptAttentionSeconds(
                        new(
                            1,
                            at[1],
                            at[1],
                            at[1] * (at[1] + 1.0) / 2,
                            at[0],
                            (double)at[0] / at[2],
                            promptHead,
                            promptBytes
                        )
                    );
            case DecodeAttention:
                var (decodeHead, decodeBytes) = (Number(parts[1]), Number(parts[2]) / 8);
                return at =>
                    roofs.DecodeAttentionSeconds(
                        new(1, at[1], (double)at[0] * at[2], at[0], decodeHead, decodeBytes)
                    );
            case LatentPrompts or LatentDecode:
                var (isDecode, format, kvBytes) = (
                    parts[0] == LatentDecode,
                    KernelFormat.Get(parts[1]),
                    Number(parts[2]) / 8
                );
                return at =>
                    roofs.LatentAttentionSeconds(
                        format,
                        LatentAttentionShape.OfTable(isDecode, at[0], at[1], at[2], kvBytes)
                    );
            case Experts or ExpertsFromGroup or ExpertsSentMany or ExpertsSentFew:
                var (weights, shapes) = (KernelFormat.Get(parts[1]), ExpertShapes[name]);
                var come =
                    parts[0] == Experts ? ExpertTokens.Gathered
                    : parts[0] == ExpertsFromGroup ? ExpertTokens.GatheredFromGroup
                    : parts[0] == ExpertsSentMany ? ExpertTokens.SentMany
                    : ExpertTokens.SentFew;
                return at => roofs.ExpertSeconds(weights, shapes[at[0] - 1], at[1], come);
            default:
                throw new InvalidOperationException($"{name} is no grid of kernels");
        }

        static double Number(string text)
        {
            return double.Parse(text, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The least seconds of a grid: what a launch takes, however little there is to do.</summary>
    public double LaunchSeconds(string name)
    {
        var (roof, least) = (Roof(name, Roofs), double.PositiveInfinity);
        _grids[name].ForEach((shape, ratio) => least = Math.Min(least, ratio * roof(shape)));
        return least;
    }

    /// <summary>The format itself where it has a table, or else the one with a table whose arithmetic and weights are nearest.</summary>
    private static KernelFormat Substitute(KernelFormat format, Func<KernelFormat, bool> hasTable) =>
        hasTable(format)
            ? format
            : KernelFormat
                .All.Where(hasTable)
                .MinBy(other =>
                    100 * Math.Abs(other.RateBits - format.RateBits)
                    + Math.Abs(other.WeightBytes - format.WeightBytes)
                )!;

    private static string AttentionName(string kind, int headSize, int kvBits) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind}/{headSize}/{kvBits}");

    /// <summary>The grid of the same width of heads and KV format, or else of the nearest width, and of 16 bits.</summary>
    private KernelGrid AttentionGrid(string kind, int headSize, double kvBytes)
    {
        var kvBits = (int)(8 * kvBytes);
        if (_grids.TryGetValue(AttentionName(kind, headSize, kvBits), out var grid))
        {
            return grid;
        }

        return _grids
            .Where(other => other.Key.StartsWith($"{kind}/", StringComparison.Ordinal))
            .MinBy(other =>
            {
                var parts = other.Key.Split('/');
                var size = int.Parse(parts[1], CultureInfo.InvariantCulture);
                var bits = int.Parse(parts[2], CultureInfo.InvariantCulture);
                return Math.Abs(Math.Log((double)size / headSize)) + (bits == kvBits ? 0 : 0.01);
            })
            .Value;
    }
}

/// <summary>Where measured operations come from.</summary>
/// <param name="Hardware">The accelerator, by its name in the catalog.</param>
/// <param name="Engine">The engine whose kernels they are.</param>
/// <param name="Version">Its version.</param>
/// <param name="Origin">Who measured them, in words.</param>
/// <param name="TransferredFrom">
/// Accelerators whose products or attention stand for those of this one, and which operations are whose; null where its own were measured.
/// </param>
internal sealed record KernelSource(
    string Hardware,
    string Engine,
    string Version,
    string Origin,
    string? TransferredFrom = null
);
