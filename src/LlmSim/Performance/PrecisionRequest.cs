namespace LlmSim.Performance;

/// <summary>The precision as it was asked for; what is left out is the model's own, or 16 bits.</summary>
internal sealed record PrecisionRequest
{
    /// <summary>The format that the model's own files state.</summary>
    public const string Auto = "auto";

    /// <summary>Format of weights and activations by name; see <see cref="PrecisionFormats.Names" />.</summary>
    public string Format { get; init; } = Auto;

    /// <summary>Format of the KV cache by name; see <see cref="PrecisionFormats.KvNames" />.</summary>
    public string KvFormat { get; init; } = Auto;

    /// <summary>Bits of a weight of the layers.</summary>
    public int? WeightBits { get; init; }

    /// <summary>Bits of an activation.</summary>
    public int? ActivationBits { get; init; }

    /// <summary>Bits of a value in the KV cache.</summary>
    public int? KvBits { get; init; }

    /// <summary>Bits of a value that accelerators exchange and norms work on.</summary>
    public int? CommunicationBits { get; init; }

    /// <summary>Bits of a weight of the embedding and of lm_head.</summary>
    public int? EmbeddingBits { get; init; }

    /// <summary>Throws where a name is unknown or two settings contradict each other.</summary>
    /// <exception cref="UserErrorException">The message names both.</exception>
    public void Validate()
    {
        if (Format != Auto)
        {
            var product = PrecisionFormats.Product(Format);
            RequireSame($"precision {Format}: its weights have", product.Weight, "w_bit", WeightBits);
            RequireSame(
                $"precision {Format}: its activations have",
                product.Activation,
                "a_bit",
                ActivationBits
            );
        }

        if (KvFormat != Auto)
        {
            var format = PrecisionFormats.KvCache(KvFormat);
            RequireSame($"kv_precision {KvFormat}: its values have", format, "kv_bit", KvBits);
        }
    }

    /// <summary>The precision of a model.</summary>
    /// <exception cref="UserErrorException">A name or a width is unknown, or two settings contradict each other.</exception>
    public Precision Resolve(ModelDescription model)
    {
        Validate();
        var precision = Layers(model);
        if (EmbeddingBits is { } embeddingBits)
        {
            var embedding = NumberFormat.OfBits(embeddingBits, "embedding");
            precision = precision with
            {
                Embedding = embedding,
                LmHead = new(embedding, precision.Mlp.Activation),
            };
        }

        if (CommunicationBits is { } bits)
        {
            precision = precision with { HiddenState = NumberFormat.OfBits(bits, "communication") };
        }

        return WithKvCache(precision) with
        {
            Source = Source(model),
        };
    }

    private Precision Layers(ModelDescription model)
    {
        if (Format != Auto)
        {
            var named = PrecisionFormats.Precision(Format);
            // Checkpoints of 4-bit floating point leave latent attention as it was: nvidia/DeepSeek-R1-0528-FP4, and with Quark
            // exclude_layers "*self_attn*". The second version of the former narrows the output projection alone.
            return
                named.Mlp.Weight.Bits == 4
                && named.Mlp.Weight.Kind == NumberKind.Float
                && model.LatentAttention is not null
                ? named with
                {
                    Projections = ProductFormat.SixteenBit,
                }
                : named;
        }

        var precision = model.Quantization ?? new Precision();
        if (WeightBits is { } weightBits)
        {
            var weight = NumberFormat.OfBits(weightBits, "weight");
            precision = precision.WithLayers(format => format with { Weight = weight });
            precision = weightBits > 16 ? WithEmbedding(precision, weight) : precision;
        }

        if (ActivationBits is { } activationBits)
        {
            var activation = NumberFormat.OfBits(activationBits, "activation");
            var hidden = activationBits > 16 ? activation : precision.HiddenState;
            precision = precision.WithLayers(format => format with { Activation = activation }) with
            {
                HiddenState = hidden,
                LmHead = precision.LmHead with { Activation = hidden },
            };
        }

        return precision;
    }

    private static Precision WithEmbedding(Precision precision, NumberFormat weight) =>
        precision with
        {
            Embedding = weight,
            LmHead = precision.LmHead with { Weight = weight },
        };

    private Precision WithKvCache(Precision precision)
    {
        var kvCache =
            KvFormat != Auto ? PrecisionFormats.KvCache(KvFormat)
            : KvBits is { } kvBits ? NumberFormat.OfBits(kvBits, "KV")
            : precision.KvCache;
        var attention =
            ActivationBits is not null && Format == Auto ? precision.Projections.Activation
            : kvCache.Kind == NumberKind.Any && precision.Projections.Activation.Bits > 8
                ? NumberFormat.SixteenBit
            : PrecisionFormats.Attention(kvCache);
        return precision with { KvCache = kvCache, Attention = attention };
    }

    /// <summary>What decided, in the words of the command line.</summary>
    private string Source(ModelDescription model)
    {
        List<string> given = [];
        Add("precision", Format == Auto ? null : Format);
        Add("kv_precision", KvFormat == Auto ? null : KvFormat);
        Add("w_bit", WeightBits);
        Add("a_bit", ActivationBits);
        Add("kv_bit", KvBits);
        Add("comm_bit", CommunicationBits);
        Add("embedding_bit", EmbeddingBits);
        if (Format == Auto && model.Quantization is { } quantization)
        {
            given.Insert(0, quantization.Source);
        }

        return given.Count == 0 ? "default" : string.Join(", ", given);

        void Add(string option, object? value)
        {
            if (value is not null)
            {
                given.Add($"{option} {value}");
            }
        }
    }

    private static void RequireSame(string stated, NumberFormat format, string option, int? bits)
    {
        if (bits is { } given && given != format.Bits)
        {
            throw new UserErrorException(
                $"{stated} {format.Bits} bits, and {option} {given} contradicts that; leave one of them out."
            );
        }
    }
}
