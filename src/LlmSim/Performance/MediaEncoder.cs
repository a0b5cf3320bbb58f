namespace LlmSim.Performance;

/// <summary>An encoder beside a model of text: a transformer over patches of pictures or pieces of sound, and what makes embeddings of its output.</summary>
internal abstract record MediaEncoder
{
    /// <summary>How many.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of a patch between layers.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Heads, each with a key and a value of its own.</summary>
    public required int Heads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Width of the MLP.</summary>
    public required int MlpWidth { get; init; }

    /// <summary>Whether that has a gate.</summary>
    public required bool GatedMlp { get; init; }

    /// <summary>Layers that attend within windows of <see cref="WindowPatches" /> patches; the others see all of a sequence.</summary>
    public int WindowLayers { get; init; }

    /// <summary>Patches of a window.</summary>
    public int WindowPatches { get; init; }

    /// <summary>Weights that each patch passes before the layers.</summary>
    public required long PatchParameters { get; init; }

    /// <summary>Weights that each embedding passes behind the layers.</summary>
    public required long ProjectorParameters { get; init; }

    /// <summary>Patches of an embedding.</summary>
    public required int PatchesOfEmbedding { get; init; }

    /// <summary>Values of an embedding, with those that go to deeper layers of the model.</summary>
    public required int EmbeddingValues { get; init; }

    /// <summary>Embeddings stay in 16 bits.</summary>
    public long EmbeddingBytes => 2L * EmbeddingValues;

    /// <summary>Its weights, without norms and biases.</summary>
    public long Parameters => LayerParameters + PatchParameters + ProjectorParameters;

    /// <summary>What it is called.</summary>
    protected abstract string Name { get; }

    private int Matrices => GatedMlp ? 3 : 2;

    private long LayerParameters =>
        Layers * ((4L * HiddenSize * Heads * HeadSize) + ((long)Matrices * HiddenSize * MlpWidth));

    /// <summary>
    /// The encoder as a model without a vocabulary, in 16 bits. What lies before and behind its layers is one more MLP, as wide as has the same work.
    /// </summary>
    /// <param name="id">Id of the model that it belongs to.</param>
    public ServedModel Tower(string id)
    {
        // So that any degree of tensor parallelism divides it that divides the layers.
        const int Granularity = 64;
        var besideWork = PatchParameters + (double)ProjectorParameters / PatchesOfEmbedding;
        var width = (int)Math.Ceiling(besideWork / Matrices / HiddenSize / Granularity) * Granularity;
        var all = new AttentionGroup
        {
            Layers = Layers - WindowLayers,
            Heads = Heads,
            KvHeads = Heads,
            HeadSize = HeadSize,
            ValueHeadSize = HeadSize,
        };
        var windowed = all with
        {
            Layers = WindowLayers,
            Window = new AttentionWindow("window_size", Math.Max(1, WindowPatches)),
        };
        return new(
            new ModelDescription
            {
                Id = $"{id} ({Name})",
                Family = ModelFamily.Llama,
                GatedMlp = GatedMlp,
                HiddenSize = HiddenSize,
                IntermediateSize = MlpWidth,
                Layers = Layers + 1,
                Attention = all,
                OtherAttention = WindowLayers > 0 ? [windowed] : [],
                OtherMlps = [new(1, width)],
                VocabularySize = 1,
                MaxContextTokens = int.MaxValue,
                TiedEmbeddings = true,
                HasLmHead = false,
                Parameters = LayerParameters + ((long)Matrices * HiddenSize * width),
            }
        )
        {
            Precision = new Precision(),
        };
    }
}
