using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Kernels;

/// <content>Routed experts.</content>
internal sealed partial class KernelFolder
{
    /// <summary>How unevenly tokens meet many experts.</summary>
    private const string Uneven = "power_law_1.01";

    /// <summary>
    /// Few experts are met about equally: of Mixtral's eight each gets about an eighth of the tokens in every layer and domain (Jiang et al. 2024,
    /// arXiv 2401.04088, section 5), where the power law would send 37 % to one.
    /// </summary>
    private const string Even = "balanced";

    private const int MostEvenExperts = 16;

    private const string Sglang = "sglang";
    private const string TensorRtLlm = "trtllm";

    /// <summary>
    /// What SGLang runs on Blackwell for experts in these formats whose tokens are gathered (moe_runner_backend, chosen by server_args.py since 0.5.4); its
    /// own tables were measured with Triton's and CuteDSL's kernels.
    /// </summary>
    private const string TensorRtKernels = "flashinfer_trtllm";

    private static readonly KernelFormat[] s_notTritons =
    [
        KernelFormat.Fp8Block,
        KernelFormat.Fp8,
        KernelFormat.Nvfp4,
    ];

    /// <summary>
    /// What TensorRT-LLM runs on Blackwell in these formats without data-parallel attention (moe_config backend TRTLLM, as its deployment guides
    /// and InferenceX's scripts have it); its own table was measured with DeepGEMM's kernels, which they take with data-parallel attention.
    /// </summary>
    private static readonly KernelFormat[] s_notDeepGemms = [KernelFormat.Fp8Block];

    /// <summary>
    /// The tokens of a row are those of all ranks. What is measured are the kernels of one rank: neither the way of the tokens to it nor
    /// that of the answers.
    /// </summary>
    private void ReadExperts(string name, ExpertTokens come)
    {
        if (Find("moe", name) is not { } own)
        {
            return;
        }

        var wanted =
            come != ExpertTokens.Gathered ? []
            : _engine == Sglang ? s_notTritons
            : _engine == TensorRtLlm ? s_notDeepGemms
            : [];
        var other = wanted.Length > 0 ? TableOfTensorRtKernels(name) : null;
        if (other is null)
        {
            ReadExperts(own, come, _ => true);
            return;
        }

        ReadExperts(other, come, wanted.Contains);
        ReadExperts(own, come, format => !wanted.Contains(format));
        if (_engine == TensorRtLlm)
        {
            ReadExperts(own, ExpertTokens.GatheredFromGroup, wanted.Contains);
        }
    }

    /// <summary>The newest table with TensorRT-LLM's kernels for a few tokens; null on an accelerator that has none.</summary>
    private string? TableOfTensorRtKernels(string name) =>
        Tables("moe", name)
            .FirstOrDefault(path =>
                KernelTable
                    .Open(path)
                    .OptionalTexts("kernel_source", rows: 0)
                    .Any(kernel => kernel.Contains(TensorRtKernels, StringComparison.Ordinal))
            );

    private void ReadExperts(string path, ExpertTokens come, Predicate<KernelFormat> isWanted)
    {
        var table = KernelTable.Open(path);
        var (formats, distributions) = (table.Texts("moe_dtype"), table.Texts("distribution"));
        var (tokens, hidden, intermediate) = (
            table.Counts("num_tokens"),
            table.Counts("hidden_size"),
            table.Counts("inter_size")
        );
        var (chosen, experts) = (table.Counts("topk"), table.Counts("num_experts"));
        var (tensorRanks, expertRanks) = (table.Counts("moe_tp_size"), table.Counts("moe_ep_size"));
        var seconds = table.Seconds();
        var rows = Enumerable
            .Range(0, seconds.Length)
            .Where(i => distributions[i] is Even or Uneven)
            .SelectMany(i => Served(table.Format(formats[i], i)).Select(format => (Row: i, Format: format)))
            .Where(row => isWanted(row.Format))
            .GroupBy(row => row.Format, row => row.Row);
        foreach (var ofFormat in rows)
        {
            AddExperts(
                ofFormat.Key,
                come,
                ofFormat.GroupBy(Shape).SelectMany(Met).Select(i => (Shape(i), tokens[i], seconds[i]))
            );
        }

        ExpertShape Shape(int i)
        {
            return new(hidden[i], intermediate[i], chosen[i], experts[i], tensorRanks[i], expertRanks[i]);
        }

        // A shape that was measured with one distribution alone keeps it.
        IEnumerable<int> Met(IEnumerable<int> ofShape)
        {
            int[] usual =
            [
                .. ofShape.Where(i => distributions[i] == (experts[i] <= MostEvenExperts ? Even : Uneven)),
            ];
            return usual.Length > 0 ? usual : ofShape;
        }
    }

    private void AddExperts(
        KernelFormat format,
        ExpertTokens come,
        IEnumerable<(ExpertShape Shape, int Tokens, double Seconds)> rows
    )
    {
        var builder = new KernelGridBuilder();
        var shapes = new List<ExpertShape>();
        foreach (var ofShape in rows.GroupBy(row => row.Shape))
        {
            shapes.Add(ofShape.Key);
            // More tokens of the same distribution meet no fewer experts: what took longer than more tokens was disturbed.
            var least = double.PositiveInfinity;
            foreach (var (shape, tokens, own) in ofShape.OrderByDescending(row => row.Tokens))
            {
                least = Math.Min(least, own);
                builder.AddAboveRoof(
                    new(shapes.Count, tokens),
                    least / _roofs.ExpertSeconds(format, shape, tokens, come)
                );
            }
        }

        var name = KernelSet.ExpertsName(format, come);
        _grids.Add(name, builder.Build(rank: 2, share: 0));
        _expertShapes.Add(name, [.. shapes]);
    }

    /// <summary>A kernel for scales of blocks computes with one scale a matrix as well; the faster of the two counts.</summary>
    private static KernelFormat[] Served(KernelFormat format) =>
        format == KernelFormat.Fp8Block ? [KernelFormat.Fp8Block, KernelFormat.Fp8] : [format];
}
