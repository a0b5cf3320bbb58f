namespace LlmSim.Performance.Catalog;

/// <summary>Reads the encoder of pictures of a model from its config.json. What a processor decides has the values that were published with the models.</summary>
internal static class VisionParser
{
    private const string Part = "vision_config";
    private const string TypeField = "model_type";

    /// <summary>The encoder of a config.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="model">The model of its text.</param>
    /// <returns>The encoder, or why there is none that could be simulated: one of them.</returns>
    public static (VisionEncoder? Encoder, string? Lack) Read(JsonFields file, ModelDescription model)
    {
        if (!file.IsObject(Part))
        {
            return (null, null);
        }

        try
        {
            return (Of(file, file.Object(Part), model), null);
        }
        catch (UserErrorException e)
        {
            return (null, e.Message);
        }
    }

    private static VisionEncoder Of(JsonFields file, JsonFields vision, ModelDescription model)
    {
        var type =
            vision.IsText(TypeField) && vision.Text(TypeField).Length > 0 ? vision.Text(TypeField)
            : file.IsText(TypeField) ? file.Text(TypeField)
            : "";
        return type switch
        {
            "qwen2_vl" or "qwen2_vl_vision" => Qwen2(vision),
            "qwen2_5_vl" or "qwen2_5_vl_vision" => Qwen25(vision),
            _ when type.StartsWith("qwen3_vl", StringComparison.Ordinal)
                    || type.StartsWith("qwen3_5", StringComparison.Ordinal) => Qwen3(vision),
            "llama4_vision_model" => Llama4(vision, model),
            "siglip_vision_model" when file.Has("mm_tokens_per_image") => Gemma3(file, vision, model),
            "intern_vit_6b" or "internvl_vision" => InternVl(file, vision, model),
            "pixtral" => Pixtral(file, vision, model),
            _ => throw vision.Error(
                TypeField,
                $"found '{type}', an encoder that is not simulated; allowed: qwen2_vl, qwen2_5_vl, qwen3_vl, qwen3_vl_moe, qwen3_5, llama4_vision_model, siglip_vision_model with mm_tokens_per_image, intern_vit_6b, internvl_vision, pixtral"
            ),
        };
    }

    /// <summary>Wang et al., arXiv:2409.12191, and the model's config.json.</summary>
    private static VisionEncoder Qwen2(JsonFields vision)
    {
        var hidden = Size(vision, "embed_dim");
        var (rule, group) = Budget(vision, minPixels: 4 * 28 * 28, maxPixels: 16_384 * 28 * 28);
        var values = Size(vision, "hidden_size");
        return Tower(
            vision,
            hidden,
            (int)(hidden * vision.Number("mlp_ratio", new(0.1, 100))),
            isGated: false
        ) with
        {
            ProjectorParameters = MergerParameters(hidden, group, values),
            PatchesOfEmbedding = group,
            EmbeddingValues = values,
            Images = rule,
            Videos = new FrameBudgetVideos(rule.PatchSize, rule.Merge),
        };
    }

    /// <summary>Bai et al., arXiv:2502.13923, section 2.1: windows in all layers but a few.</summary>
    private static VisionEncoder Qwen25(JsonFields vision)
    {
        var hidden = Size(vision, "hidden_size");
        var (rule, group) = Budget(vision, minPixels: 4 * 28 * 28, maxPixels: 16_384 * 28 * 28);
        var values = Size(vision, "out_hidden_size");
        var side = Size(vision, "window_size") / rule.PatchSize;
        var tower = Tower(vision, hidden, Size(vision, "intermediate_size"), isGated: true);
        var full = vision.IntList("fullatt_block_indexes").Distinct().Count(layer => layer < tower.Layers);
        return full == 0
            ? throw vision.Error(
                "fullatt_block_indexes",
                "no layer that sees a whole picture; allowed: one at least"
            )
            : tower with
            {
                WindowLayers = tower.Layers - full,
                WindowPatches = side * side,
                ProjectorParameters = MergerParameters(hidden, group, values),
                PatchesOfEmbedding = group,
                EmbeddingValues = values,
                Images = rule,
                Videos = new FrameBudgetVideos(rule.PatchSize, rule.Merge),
            };
    }

    /// <summary>Layers in between have projections of their own, whose output goes to the first layers of the model.</summary>
    private static VisionEncoder Qwen3(JsonFields vision)
    {
        var hidden = Size(vision, "hidden_size");
        var (rule, group) = Budget(vision, minPixels: 65_536, maxPixels: 16_777_216);
        var values = Size(vision, "out_hidden_size");
        var projections =
            1
            + (
                vision.Has("deepstack_visual_indexes") ? vision.IntList("deepstack_visual_indexes").Length : 0
            );
        return Tower(vision, hidden, Size(vision, "intermediate_size"), isGated: false) with
        {
            ProjectorParameters = projections * MergerParameters(hidden, group, values),
            PatchesOfEmbedding = group,
            EmbeddingValues = projections * values,
            Images = rule,
            Videos = new TotalBudgetVideos(rule.PatchSize, rule.Merge),
        };
    }

    private static VisionEncoder Llama4(JsonFields vision, ModelDescription model)
    {
        const int MostTiles = 16;
        var (hidden, side, patch) = (
            Size(vision, "hidden_size"),
            Size(vision, "image_size"),
            Size(vision, "patch_size")
        );
        var group = Group(vision.Number("pixel_shuffle_ratio", new(0.01, 1)));
        var (input, output) = (Size(vision, "projector_input_dim"), Size(vision, "vision_output_dim"));
        return Tower(vision, hidden, Size(vision, "intermediate_size"), isGated: false) with
        {
            ProjectorParameters =
                ((long)hidden * group * input) + ((long)input * output) + ((long)output * model.HiddenSize),
            PatchesOfEmbedding = group,
            EmbeddingValues = model.HiddenSize,
            Images = new BestFitTiles(side, patch, side / patch * (side / patch) / group, MostTiles),
        };
    }

    private static VisionEncoder Gemma3(JsonFields file, JsonFields vision, ModelDescription model)
    {
        var (hidden, side, patch) = (
            Size(vision, "hidden_size"),
            Size(vision, "image_size"),
            Size(vision, "patch_size")
        );
        var tokens = file.PositiveInt("mm_tokens_per_image");
        return Tower(vision, hidden, Size(vision, "intermediate_size"), isGated: false) with
        {
            ProjectorParameters = (long)hidden * model.HiddenSize,
            PatchesOfEmbedding = Math.Max(1, side / patch * (side / patch) / tokens),
            EmbeddingValues = model.HiddenSize,
            Images = new SquareImages(side, patch, tokens),
        };
    }

    private static VisionEncoder InternVl(JsonFields file, JsonFields vision, ModelDescription model)
    {
        const int MostTiles = 12;
        var (hidden, patch) = (Size(vision, "hidden_size"), SideOf(vision, "patch_size"));
        var side = file.PositiveInt("force_image_size", absent: SideOf(vision, "image_size"));
        var group = Group(file.NumberOrNull("downsample_ratio", new(0.01, 1)) ?? 0.5);
        var tokens = side / patch * (side / patch) / group;
        return Tower(vision, hidden, Size(vision, "intermediate_size"), isGated: false) with
        {
            ProjectorParameters =
                ((long)hidden * group * model.HiddenSize) + ((long)model.HiddenSize * model.HiddenSize),
            PatchesOfEmbedding = group,
            EmbeddingValues = model.HiddenSize,
            Images = new NearestShapeTiles(
                side,
                patch,
                tokens,
                file.PositiveInt("max_dynamic_patch", absent: MostTiles)
            ),
            Videos = new FrameTiles(side, patch, Math.Max(1, tokens), model.MaxContextTokens),
        };
    }

    private static VisionEncoder Pixtral(JsonFields file, JsonFields vision, ModelDescription model)
    {
        var hidden = Size(vision, "hidden_size");
        var merge = file.PositiveInt("spatial_merge_size", absent: 1);
        var group = merge * merge;
        var merging = group > 1 ? (long)hidden * group * hidden : 0;
        return Tower(vision, hidden, Size(vision, "intermediate_size"), isGated: true) with
        {
            ProjectorParameters =
                merging + ((long)hidden * model.HiddenSize) + ((long)model.HiddenSize * model.HiddenSize),
            PatchesOfEmbedding = group,
            EmbeddingValues = model.HiddenSize,
            Images = new RowImages(Size(vision, "patch_size"), merge, Size(vision, "image_size")),
        };
    }

    /// <summary>The layers; what is around them is the family's.</summary>
    private static VisionEncoder Tower(JsonFields vision, int hidden, int mlpWidth, bool isGated)
    {
        var heads = Size(vision, vision.Has("num_heads") ? "num_heads" : "num_attention_heads");
        var headSize = vision.PositiveInt("head_dim", absent: Math.Max(1, hidden / heads));
        return new()
        {
            Layers = Size(vision, vision.Has("depth") ? "depth" : "num_hidden_layers"),
            HiddenSize = hidden,
            Heads = heads,
            HeadSize = headSize,
            MlpWidth = mlpWidth,
            GatedMlp = isGated,
            PatchParameters = PatchParameters(vision, hidden),
            ProjectorParameters = 0,
            PatchesOfEmbedding = 1,
            EmbeddingValues = 1,
            Images = new SquareImages(1, 1, 1),
        };
    }

    private static (PixelBudgetImages Rule, int Group) Budget(JsonFields vision, int minPixels, int maxPixels)
    {
        var merge = vision.PositiveInt("spatial_merge_size", absent: 2);
        var patch = Size(vision, "patch_size");
        var rule = new PixelBudgetImages(
            patch,
            merge,
            vision.PositiveInt("min_pixels", minPixels),
            vision.PositiveInt("max_pixels", maxPixels)
        );
        return rule.MinPixels <= rule.MaxPixels && rule.MaxPixels >= patch * merge * patch * merge
            ? (rule, merge * merge)
            : throw vision.Error(
                "max_pixels",
                $"found {rule.MaxPixels}; allowed: at least min_pixels, {rule.MinPixels}, and {patch * merge}x{patch * merge}"
            );
    }

    /// <summary>Patches that become one token, of the share that a side keeps.</summary>
    private static int Group(double ratio) => Math.Max(1, (int)Math.Round(1 / (ratio * ratio)));

    /// <summary>A patch, over as many frames as go together, becomes a vector.</summary>
    private static long PatchParameters(JsonFields vision, int hidden)
    {
        const int Colors = 3;
        var patch = SideOf(vision, "patch_size");
        return (long)Colors * vision.PositiveInt("temporal_patch_size", absent: 1) * patch * patch * hidden;
    }

    /// <summary>Qwen's projector: two layers over the patches that become one token.</summary>
    private static long MergerParameters(int hidden, int group, int values)
    {
        var merged = (long)hidden * group;
        return (merged * merged) + (merged * values);
    }

    /// <summary>A side in pixels, which some give for both directions.</summary>
    private static int SideOf(JsonFields vision, string field) =>
        vision.IsList(field)
            ? vision.PositiveInts(field) is [var side, ..]
                ? side
                : throw vision.Error(field, "found an empty list")
            : Size(vision, field);

    private static int Size(JsonFields vision, string field)
    {
        const int Largest = 1_000_000;
        var value = vision.PositiveInt(field);
        return value <= Largest
            ? value
            : throw vision.Error(field, $"found {value}; allowed: up to {Largest}");
    }
}
