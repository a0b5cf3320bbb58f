using System.Globalization;

namespace LlmSim.Performance.Catalog;

/// <summary>
/// How long a context may be, by the rule of vLLM: max_position_embeddings, or model_max_length where a config has that,
/// times the factor by which rope_scaling extends it.
/// </summary>
internal static class ContextLength
{
    private const string Factor = "factor";

    private static readonly FigureRange s_factor = new(0, int.MaxValue, IsAboveLeast: true);

    /// <summary>Kinds of scaling whose factor is part of max_position_embeddings already.</summary>
    private static readonly string[] s_scaled = ["llama3", "longrope", "su"];

    /// <summary>Kinds that have a factor or none.</summary>
    private static readonly string[] s_extending =
    [
        "yarn",
        "deepseek_yarn",
        "linear",
        "dynamic",
        "ntk",
        "default",
        "mrope",
        "proportional",
    ];

    /// <summary>The context in tokens, and what should be said of it.</summary>
    /// <exception cref="UserErrorException">A field is missing or wrong.</exception>
    public static (int Tokens, string? Notice) Read(ConfigFields fields, ModelRules rules)
    {
        var tokens = fields.PositiveInt("max_position_embeddings");
        if (fields.Has("model_max_length"))
        {
            tokens = fields.PositiveInt("model_max_length");
        }

        var field = fields.IsOn("rope_scaling") ? "rope_scaling" : "rope_parameters";
        if (rules.ContextIsScaled || !fields.IsOn(field))
        {
            return (tokens, null);
        }

        var scaling = Scaling(fields, field);
        var type = Type(scaling);
        if (s_scaled.Contains(type))
        {
            return (tokens, null);
        }

        if (type is "yarn" or "deepseek_yarn")
        {
            tokens = scaling.PositiveInt("original_max_position_embeddings", absent: tokens);
        }

        var extended = tokens * (scaling.NumberOrNull(Factor, s_factor) ?? 1);
        if (extended is < 1 or > int.MaxValue)
        {
            throw scaling.Error(
                Factor,
                string.Create(CultureInfo.InvariantCulture, $"{tokens} tokens become {extended:G6}.")
            );
        }

        var notice = s_extending.Contains(type)
            ? null
            : $"{field}: type '{type}' is not known; its factor is taken to extend the context";
        return ((int)extended, notice);
    }

    /// <summary>Since layers may differ in it, some configs have an object for each of their types.</summary>
    private static JsonFields Scaling(ConfigFields fields, string field)
    {
        const string FullAttention = "full_attention";
        var scaling = fields.Object(field);
        return scaling.IsObject(FullAttention) ? scaling.Object(FullAttention) : scaling;
    }

    private static string Type(JsonFields scaling)
    {
        const string Unscaled = "default";
        return scaling.Has("rope_type") ? scaling.Text("rope_type")
            : scaling.Has("type") ? scaling.Text("type")
            : Unscaled;
    }
}
