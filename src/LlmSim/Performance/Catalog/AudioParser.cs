namespace LlmSim.Performance.Catalog;

/// <summary>Reads the encoder of sound of a model from its config.json.</summary>
internal static class AudioParser
{
    private const string Part = "audio_config";
    private const string TypeField = "model_type";

    /// <summary>A convolution spans three frames.</summary>
    private const int Kernel = 3;

    /// <summary>The encoder of a config.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="model">The model of its text.</param>
    /// <returns>The encoder, or why there is none that could be simulated: one of them.</returns>
    public static (AudioEncoder? Encoder, string? Lack) Read(JsonFields file, ModelDescription model)
    {
        if (!file.IsObject(Part))
        {
            return (null, null);
        }

        try
        {
            return (Of(file.Object(Part), model), null);
        }
        catch (UserErrorException e)
        {
            return (null, e.Message);
        }
    }

    private static AudioEncoder Of(JsonFields audio, ModelDescription model)
    {
        var type = audio.IsText(TypeField) ? audio.Text(TypeField) : "";
        return type switch
        {
            "qwen2_audio_encoder" => Qwen2(audio, model),
            "voxtral_encoder" => Voxtral(audio, model),
            _ => throw audio.Error(
                TypeField,
                $"found '{type}', an encoder that is not simulated; allowed: qwen2_audio_encoder, voxtral_encoder"
            ),
        };
    }

    /// <summary>Chu et al., arXiv:2407.10759, section 2: two positions are pooled, then projected.</summary>
    private static AudioEncoder Qwen2(JsonFields audio, ModelDescription model)
    {
        const int Pooled = 2;
        var width = Size(audio, "d_model");
        var tower = Tower(
            audio,
            width,
            Size(audio, "encoder_layers"),
            Size(audio, "encoder_attention_heads"),
            Size(audio, "encoder_ffn_dim"),
            model
        );
        return tower with
        {
            ProjectorParameters = (long)width * model.HiddenSize,
            PatchesOfEmbedding = Pooled,
            Recordings = new OneWindowAudio(Positions(audio)),
        };
    }

    /// <summary>Liu et al., arXiv:2507.13264, section 2: four positions beside each other go through two layers.</summary>
    private static AudioEncoder Voxtral(JsonFields audio, ModelDescription model)
    {
        var (width, mlp) = (Size(audio, "hidden_size"), Size(audio, "intermediate_size"));
        if (mlp % width != 0)
        {
            throw audio.Error(
                "intermediate_size",
                $"found {mlp}; allowed: a multiple of hidden_size, {width}, as many positions as become one token"
            );
        }

        var tower = Tower(
            audio,
            width,
            Size(audio, "num_hidden_layers"),
            Size(audio, "num_attention_heads"),
            mlp,
            model
        );
        return tower with
        {
            ProjectorParameters =
                ((long)mlp * model.HiddenSize) + ((long)model.HiddenSize * model.HiddenSize),
            PatchesOfEmbedding = mlp / width,
            Recordings = new WholeWindowsAudio(Positions(audio), mlp / width, model.MaxContextTokens),
        };
    }

    /// <summary>The layers; what is behind them is the family's.</summary>
    private static AudioEncoder Tower(
        JsonFields audio,
        int width,
        int layers,
        int heads,
        int mlp,
        ModelDescription model
    ) =>
        new()
        {
            Layers = layers,
            HiddenSize = width,
            Heads = heads,
            HeadSize = Math.Max(1, width / heads),
            MlpWidth = mlp,
            GatedMlp = false,
            // The first convolution has two frames for each position behind the second; its weights, which are few, count twice for that.
            PatchParameters = ((2L * Kernel * Size(audio, "num_mel_bins")) + ((long)Kernel * width)) * width,
            ProjectorParameters = 0,
            PatchesOfEmbedding = 1,
            EmbeddingValues = model.HiddenSize,
            Recordings = new OneWindowAudio(Positions(audio)),
        };

    private static int Positions(JsonFields audio) =>
        audio.Has("max_source_positions") ? Math.Max(2, Size(audio, "max_source_positions")) : 1500;

    private static int Size(JsonFields audio, string field)
    {
        const int Largest = 1_000_000;
        var value = audio.PositiveInt(field);
        return value <= Largest
            ? value
            : throw audio.Error(field, $"found {value}; allowed: up to {Largest}");
    }
}
