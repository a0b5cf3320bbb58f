namespace LlmSim.Performance;

/// <summary>
/// The format of every operand of a model: weights and activations by what they are multiplied in, and what is stored or
/// exchanged. <see cref="PrecisionRequest.Resolve" /> makes it from what was asked for and what the model's files say.
/// </summary>
public sealed record Precision
{
    /// <summary>
    /// Formats of which only the width is known. Embeddings, lm_head and what accelerators exchange stay at 16 bits unless
    /// the layers are wider.
    /// </summary>
    /// <param name="weightBits">Bits of a weight of the layers: 4, 8, 16 or 32.</param>
    /// <param name="activationBits">Bits of an activation, in attention too: 4, 8, 16 or 32.</param>
    /// <param name="kvBits">Bits of a value in the KV cache: 4, 8, 16 or 32.</param>
    /// <exception cref="UserErrorException">A width is another.</exception>
    public Precision(int weightBits = 16, int activationBits = 16, int kvBits = 16)
    {
        var weight = NumberFormat.OfBits(weightBits, "weight");
        var activation = NumberFormat.OfBits(activationBits, "activation");
        var product = new ProductFormat(weight, activation);
        Projections = Mlp = SharedExperts = Experts = Router = product;
        Embedding = AtLeast16Bits(weight);
        HiddenState = AtLeast16Bits(activation);
        LmHead = new(Embedding, HiddenState);
        Attention = activation;
        KvCache = NumberFormat.OfBits(kvBits, "KV");
    }

    /// <summary>The projections around attention.</summary>
    public ProductFormat Projections { get; init; }

    /// <summary>The MLP of layers without experts.</summary>
    public ProductFormat Mlp { get; init; }

    /// <summary>Shared experts.</summary>
    public ProductFormat SharedExperts { get; init; }

    /// <summary>Routed experts.</summary>
    public ProductFormat Experts { get; init; }

    /// <summary>The router.</summary>
    public ProductFormat Router { get; init; }

    /// <summary>The projection to the vocabulary.</summary>
    public ProductFormat LmHead { get; init; }

    /// <summary>The input embedding, and what is no matrix: norms and biases.</summary>
    public NumberFormat Embedding { get; init; }

    /// <summary>Queries, scores and the output of attention.</summary>
    public NumberFormat Attention { get; init; }

    /// <summary>Keys and values.</summary>
    public NumberFormat KvCache { get; init; }

    /// <summary>What products write, norms work on and accelerators exchange.</summary>
    public NumberFormat HiddenState { get; init; }

    /// <summary>Where it comes from.</summary>
    public string Source { get; init; } = "default";

    /// <summary>Whether every operand has 16 bits.</summary>
    internal bool IsSixteenBit => this with { Source = "default" } == new Precision();

    /// <summary>The formats of the layers: all but lm_head's.</summary>
    internal IEnumerable<ProductFormat> Layers => [Projections, Mlp, SharedExperts, Experts, Router];

    /// <summary>With the same change in all products of the layers.</summary>
    internal Precision WithLayers(Func<ProductFormat, ProductFormat> change) =>
        this with
        {
            Projections = change(Projections),
            Mlp = change(Mlp),
            SharedExperts = change(SharedExperts),
            Experts = change(Experts),
            Router = change(Router),
        };

    /// <summary>As it is under the options of the semantics that concern it.</summary>
    internal Precision Under(Semantics semantics)
    {
        var precision = this;
        if (semantics.EmbeddingFormat == EmbeddingFormat.Layers)
        {
            precision = precision with { Embedding = Mlp.Weight, LmHead = Mlp };
        }

        return semantics.HiddenStateFormat == HiddenStateFormat.Activations
            ? precision with
            {
                HiddenState = Mlp.Activation,
            }
            : precision;
    }

    /// <summary>
    /// As an accelerator computes it: where it cannot multiply a format, the narrow values are widened to 16 bits in the
    /// kernel, and activations are not narrowed at all. Where it multiplies values of 4 bits, engines multiply experts in mxfp4 by
    /// activations in mxfp8, although the checkpoint leaves those at 16 bits (docs/performance-models.md).
    /// </summary>
    internal Precision On(HardwareDescription hardware)
    {
        var precision = Widened(hardware);
        var isMicroscaled =
            hardware.Fp4OpsPerSecond is not null
            && precision.Experts == new ProductFormat(NumberFormat.Mxfp4, NumberFormat.SixteenBit);
        return isMicroscaled
            ? precision with
            {
                Experts = new(NumberFormat.Mxfp4, NumberFormat.Mxfp8),
            }
            : precision;
    }

    private Precision Widened(HardwareDescription hardware)
    {
        var attention = Multiplied(new(KvCache, Attention));
        return WithLayers(Multiplied) with { LmHead = Multiplied(LmHead), Attention = attention.Activation };

        ProductFormat Multiplied(ProductFormat format) =>
            ArithmeticRates.Native(hardware, format) is null
                ? format with
                {
                    Activation = NumberFormat.SixteenBit,
                }
                : format;
    }

    /// <summary>What is simulated, and where that was said, for people.</summary>
    /// <param name="model">Says which operands there are.</param>
    /// <param name="semantics">May put some operands into the format of others.</param>
    /// <param name="hardware">The accelerators, some of which may have no arithmetic for a format.</param>
    internal string Describe(
        ModelDescription model,
        Semantics semantics,
        IEnumerable<HardwareDescription> hardware
    )
    {
        var precision = Under(semantics);
        if (precision.IsSixteenBit)
        {
            return $"16-bit weights, activations and KV cache ({Source})";
        }

        var rate = semantics.ArithmeticRate == ArithmeticRate.Widest ? ", all at the rate of the widest" : "";
        var widened = hardware
            .Where(one => rate.Length == 0 && precision.Widened(one) != precision)
            .Select(one => one.Name)
            .Distinct()
            .ToArray();
        var note =
            widened.Length == 0
                ? ""
                : $"; {string.Join(" and ", widened)} has no such arithmetic and multiplies at 16 bits";
        return $"{precision.Operands(model)}{rate} ({Source}){note}";
    }

    private string Operands(ModelDescription model)
    {
        List<(string Name, ProductFormat Format)> parts = [("attention projections", Projections)];
        if (model.ExpertLayers < model.Layers)
        {
            parts.Add(("MLP", Mlp));
        }

        if (model.MixtureOfExperts is { } experts)
        {
            parts.Add(("experts", Experts));
            parts.AddRange(experts.SharedIntermediateSize > 0 ? [("shared experts", SharedExperts)] : []);
        }

        var groups = parts.GroupBy(part => part.Format.Describe(), part => part.Name).ToArray();
        var layers = groups is [var all]
            ? all.Key
            : string.Join("; ", groups.Select(group => $"{string.Join(" and ", group)}: {group.Key}"));
        var exchanged = HiddenState == NumberFormat.SixteenBit ? "" : $", exchanged {HiddenState.Name}";
        return $"{layers}; KV cache {KvCache.Name}, attention {AttentionName}, lm_head {LmHead.Weight.Name}{exchanged}";
    }

    private string AttentionName => Attention.Bits >= KvCache.Bits ? Attention.Name : KvCache.Name;

    internal static NumberFormat AtLeast16Bits(NumberFormat format) =>
        format.Bits > 16 ? format : NumberFormat.SixteenBit;
}
