using LlmSim.Performance;
using LlmSim.Performance.Calibrating;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <summary>
/// A folder of tuned kernels of AMD's aiter: NAME_tuned_gemm.csv and NAME_tuned_fmoe.csv, microseconds of the best kernel by shape. They are
/// too few and too scattered to interpolate; what products reach of their roofs is fitted, a share of the arithmetic, one of the bandwidth
/// and a fixed time for each format, and experts are taken by shape. It has no attention and no collectives.
/// </summary>
internal sealed class AiterFolder
{
    /// <summary>What the sets of such a folder have for an engine.</summary>
    public const string Engine = "aiter";

    /// <summary>The accelerator that the folder is read for: compute units and architecture of a row.</summary>
    public const string Hardware = "AMD_MI355X";

    private const string Architecture = "gfx950";
    private const int ComputeUnits = 256;

    /// <summary>Larger ones are no weights of a layer.</summary>
    private const int LargestSide = 70_000;

    /// <summary>Every third shape of weights checks the fit.</summary>
    private const int HoldOut = 3;

    private const double MicrosecondsPerSecond = 1e6;
    private const double ActivationBytes = 2;

    private static readonly (string File, KernelFormat Format, string? WeightType)[] s_products =
    [
        ("bf16_tuned_gemm.csv", KernelFormat.Bf16, null),
        ("a8w8_tuned_gemm.csv", KernelFormat.Fp8, "torch.float8_e4m3fn"),
        ("a8w8_blockscale_tuned_gemm.csv", KernelFormat.Fp8Block, null),
        // Blocks of 32 rather than 16 and no second scale: the nearest of the formats.
        ("a4w4_blockscale_tuned_gemm.csv", KernelFormat.Nvfp4, null),
    ];

    private readonly string _folder;
    private readonly KernelRoofs _roofs;

    private AiterFolder(string folder, HardwareDescription hardware)
    {
        _folder = folder;
        _roofs = KernelRoofs.Of(hardware);
    }

    /// <summary>Whether a folder is one.</summary>
    public static bool Is(string folder) =>
        Directory.Exists(folder) && InputFolder.Files(folder, "*_tuned_gemm.csv").Length > 0;

    /// <summary>Reads a folder.</summary>
    /// <exception cref="UserErrorException">A table is missing or wrong; the message has file and row.</exception>
    public static KernelSet Read(string folder, HardwareDescription hardware, string origin, string version)
    {
        var reader = new AiterFolder(folder, hardware);
        var grids = new SortedDictionary<string, KernelGrid>(StringComparer.Ordinal);
        foreach (var fit in reader.Fits())
        {
            grids.Add(KernelSet.GemmName(fit.Format), reader.Grid(fit));
        }

        var experts = new Dictionary<string, ExpertShape[]>();
        reader.ReadExperts(grids, experts);
        return new(new(hardware.Name, Engine, version, origin), reader._roofs, grids, experts);
    }

    /// <summary>What was fitted, with the relative errors on the shapes that were held out.</summary>
    public static IReadOnlyList<ProductFit> Fits(string folder, HardwareDescription hardware) =>
        [.. new AiterFolder(folder, hardware).Fits()];

    private IEnumerable<ProductFit> Fits()
    {
        foreach (var (file, format, weightType) in s_products)
        {
            var path = Path.Combine(_folder, file);
            if (!File.Exists(path))
            {
                throw new UserErrorException(
                    $"{_folder}: has no {file}; a folder of aiter's has {string.Join(", ", s_products.Select(product => product.File))}"
                );
            }

            var samples = Samples(path, format, weightType);
            var roofs = new Roofs(_roofs.OpsPerSecond(format), _roofs.MemoryBytesPerSecond);
            var efficiency = EfficiencyFit.Fit(samples, roofs, hasKeySeconds: false);
            yield return new(
                format,
                efficiency,
                [
                    .. samples
                        .Where(sample => sample.IsHeldOut)
                        .Select(sample => Math.Abs(sample.RelativeError(roofs.Lowered(efficiency)))),
                ]
            );
        }
    }

    /// <summary>One measurement for each shape of weights and octave of tokens, so that the sizes count that were tuned less densely.</summary>
    private static List<Sample> Samples(string path, KernelFormat format, string? weightType)
    {
        var table = KernelTable.Open(path);
        var (architectures, (m, n, k)) = (
            table.Texts("gfx"),
            (table.Counts("M"), table.Counts("N"), table.Counts("K"))
        );
        var seconds = table.Seconds("us", MicrosecondsPerSecond);
        var types = weightType is null ? null : table.Texts("q_dtype_w");
        var weights = new List<(int N, int K)>();
        var samples = new List<Sample>();
        var rows = Enumerable
            .Range(0, seconds.Length)
            .Where(i => architectures[i] == Architecture && (types is null || types[i] == weightType))
            .Where(i => n[i] <= LargestSide && k[i] <= LargestSide)
            .OrderBy(i => m[i]);
        foreach (var i in rows.DistinctBy(i => (n[i], k[i], int.Log2(m[i]))))
        {
            if (!weights.Contains((n[i], k[i])))
            {
                weights.Add((n[i], k[i]));
            }

            var work = new OperationWork(
                2.0 * m[i] * n[i] * k[i],
                (double)n[i] * k[i] * format.WeightBytes,
                (double)m[i] * k[i] * format.InputBytes,
                (double)m[i] * n[i] * ActivationBytes
            );
            samples.Add(new([work], seconds[i], weights.IndexOf((n[i], k[i])) % HoldOut == HoldOut - 1));
        }

        return samples.Count > 0
            ? samples
            : throw new UserErrorException($"{path}: has no row of {Architecture}");
    }

    /// <summary>The fit as a grid, at powers of two.</summary>
    private KernelGrid Grid(ProductFit fit)
    {
        var bare = new Roofs(_roofs.OpsPerSecond(fit.Format), _roofs.MemoryBytesPerSecond);
        var lowered = bare.Lowered(fit.Efficiency);
        var builder = new KernelGridBuilder();
        foreach (var m in PowersOfTwo(1, 1 << 14))
        {
            foreach (var n in PowersOfTwo(1 << 8, 1 << 16))
            {
                foreach (var k in PowersOfTwo(1 << 8, 1 << 15))
                {
                    var roof = _roofs.GemmSeconds(fit.Format, m, n, k);
                    var work = new OperationWork(2.0 * m * n * k, 0, MemoryBytes(fit.Format, m, n, k), 0);
                    builder.AddAboveRoof(new(m, n, k), lowered.Seconds(work) / roof);
                }
            }
        }

        return builder.Build(rank: 3, share: 0);
    }

    private static double MemoryBytes(KernelFormat format, double m, double n, double k) =>
        n * k * format.WeightBytes + m * k * format.InputBytes + m * n * ActivationBytes;

    private static IEnumerable<int> PowersOfTwo(int first, int last)
    {
        for (var value = first; value <= last; value *= 2)
        {
            yield return value;
        }
    }

    /// <summary>Experts with scales of blocks. A time that more tokens repeat to the digit is a copy of the first, and 0 was not tuned.</summary>
    private void ReadExperts(
        SortedDictionary<string, KernelGrid> grids,
        Dictionary<string, ExpertShape[]> shapes
    )
    {
        var format = KernelFormat.Fp8Block;
        var known = new List<ExpertShape>();
        var builder = new KernelGridBuilder();
        foreach (var path in InputFolder.Files(_folder, "*tuned_fmoe*.csv"))
        {
            var table = KernelTable.Open(path);
            var (units, types) = (table.Counts("cu_num"), table.Texts("q_type"));
            var (tokens, hidden, width) = (
                table.Counts("token"),
                table.Counts("model_dim"),
                table.Counts("inter_dim")
            );
            var (experts, chosen) = (table.Counts("expert"), table.Counts("topk"));
            var seconds = table.Seconds("us", MicrosecondsPerSecond, isZeroMissing: true);
            var rows = Enumerable
                .Range(0, seconds.Length)
                .Where(i => units[i] == ComputeUnits && types[i] == "QuantType.per_1x128" && seconds[i] > 0);
            foreach (
                var shape in rows.GroupBy(i => new ExpertShape(
                    hidden[i],
                    width[i],
                    chosen[i],
                    experts[i],
                    1,
                    1
                ))
            )
            {
                known.Add(shape.Key);
                var points = new List<(int Tokens, double Ratio)>();
                var last = 0.0;
                foreach (
                    var point in shape.GroupBy(i => tokens[i], i => seconds[i]).OrderBy(point => point.Key)
                )
                {
                    var least = point.Min();
                    if (least != last)
                    {
                        points.Add((point.Key, least / _roofs.ExpertSeconds(format, shape.Key, point.Key)));
                    }

                    last = least;
                }

                foreach (var (at, ratio) in WithPowersBetween(points))
                {
                    builder.AddAboveRoof(new(known.Count, at), ratio);
                }
            }
        }

        if (known.Count > 0)
        {
            var name = KernelSet.ExpertsName(format);
            grids.Add(name, builder.Build(rank: 2, share: 0));
            shapes.Add(name, [.. known]);
        }
    }

    /// <summary>The points and, at powers of two between two of them, what lies between: other shapes have points there.</summary>
    private static IEnumerable<(int Tokens, double Ratio)> WithPowersBetween(
        List<(int Tokens, double Ratio)> points
    )
    {
        for (var i = 0; i < points.Count; i++)
        {
            var (tokens, ratio) = points[i];
            yield return points[i];
            if (i + 1 == points.Count)
            {
                break;
            }

            var (next, nextRatio) = points[i + 1];
            for (var between = 2L * tokens; between < next; between *= 2)
            {
                var share = Math.Log((double)between / tokens) / Math.Log((double)next / tokens);
                yield return ((int)between, ratio * Math.Pow(nextRatio / ratio, share));
            }
        }
    }

    /// <summary>What products in a format were found to reach, and the errors on what was held out.</summary>
    internal sealed record ProductFit(
        KernelFormat Format,
        OperationEfficiency Efficiency,
        IReadOnlyList<double> HeldOutErrors
    );
}
