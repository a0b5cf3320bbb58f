namespace LlmSim.Performance.Catalog;

/// <summary>
/// Reads which operands of a checkpoint are narrower than 16 bits: the quantization_config of its config.json, or the
/// hf_quant_config.json that ModelOpt writes beside it. docs/performance-models.md tells what the methods mean.
/// </summary>
internal static class QuantizationParser
{
    private const string Method = "quant_method";
    private const string KvAlgorithm = "kv_cache_quant_algo";

    private static readonly string[] s_methods =
    [
        "fp8",
        "fbgemm_fp8",
        "compressed-tensors",
        "modelopt",
        "awq",
        "gptq",
        "auto-round",
        "mxfp4",
        "bitsandbytes",
        "quark",
    ];

    /// <summary>Reads an hf_quant_config.json.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="sourceName">What messages call it.</param>
    /// <param name="model">The model that it is of.</param>
    /// <exception cref="UserErrorException">A field is missing, wrong or unknown.</exception>
    public static Precision ReadFile(Stream stream, string sourceName, ModelDescription model) =>
        Parse(JsonFields.Read(stream, sourceName), model, "hf_quant_config.json");

    /// <summary>The precision that a config.json states; null where it states none.</summary>
    internal static Precision? Read(JsonFields config, ModelDescription model)
    {
        const string Field = "quantization_config";
        const string FormerField = "compression_config";
        var text = config.OptionalObject("text_config");
        var found =
            config.Has(Field) ? config.Object(Field)
            : text is not null && text.Has(Field) ? text.Object(Field)
            : config.Has(FormerField) ? config.Object(FormerField)
            : null;
        return found is null || !found.Names.Any() ? null : Parse(found, model, Field);
    }

    private static Precision Parse(JsonFields fields, ModelDescription model, string file)
    {
        // ModelOpt's own file has it one level deeper.
        fields = fields.OptionalObject("quantization") ?? fields;
        var method = MethodOf(fields);
        var (formatOf, names) = QuantizationMethods.Modules(fields, method);
        var patterns = new ModulePatterns(names);
        var precision = new QuantizedModules(model, formatOf, patterns.Mentions).Resolve();
        var kvCache = KvCache(fields);
        return precision with
        {
            KvCache = kvCache,
            Attention = PrecisionFormats.Attention(kvCache),
            Source = $"the model's {file}, {method}{Unread(fields)}",
        };
    }

    private static string MethodOf(JsonFields fields)
    {
        var method =
            fields.Has(Method) ? fields.Text(Method).ToLowerInvariant().Replace('_', '-')
            : fields.Has("quant_algo") || fields.Has(KvAlgorithm) ? "modelopt"
            : fields.Has("config_groups") ? "compressed-tensors"
            // transformers has it so where the method is not said.
            : fields.Has("load_in_4bit") || fields.Has("load_in_8bit") ? "bitsandbytes"
            : throw fields.Error(Method, $"missing; known are {string.Join(", ", s_methods)}.");
        method = method switch
        {
            "fbgemm-fp8" or "ptpc-fp8" => "fbgemm_fp8",
            "intel/auto-round" => "auto-round",
            "modelopt-fp4" or "modelopt-fp8" or "modelopt-mixed" => "modelopt",
            "awq-marlin" => "awq",
            "gptq-marlin" => "gptq",
            _ => method,
        };
        return s_methods.Contains(method)
            ? method
            : throw fields.Error(
                Method,
                $"'{method}' is unknown; known are {string.Join(", ", s_methods)}.{Suggestion.For(method, s_methods)} "
                    + "Leave the quantization_config out of the file, and say with --precision what to simulate."
            );
    }

    private static NumberFormat KvCache(JsonFields fields)
    {
        foreach (var field in new[] { "kv_cache_scheme", KvAlgorithm })
        {
            if (fields.OptionalObject(field) is { } scheme)
            {
                return QuantizationFormats.Tensor(scheme);
            }

            if (fields.IsText(field))
            {
                var name = fields.Text(field).ToLowerInvariant();
                return name is "none" or "auto" ? NumberFormat.SixteenBit
                    : PrecisionFormats.KvNames.Contains(name) ? PrecisionFormats.KvCache(name)
                    : throw fields.Error(
                        field,
                        $"'{name}' is unknown; known are none, {string.Join(", ", PrecisionFormats.KvNames)}.{Suggestion.For(name, PrecisionFormats.KvNames)}"
                    );
            }
        }

        return
            fields.OptionalObject("kv_cache_quant_config") is { } quark
            && quark.Names.FirstOrDefault() is { } module
            && quark.Object(module).OptionalObject("output_tensors") is { } tensor
            ? QuantizationFormats.Quark(tensor)
            : NumberFormat.SixteenBit;
    }

    /// <summary>What changes the weights and is not counted.</summary>
    private static string Unread(JsonFields fields) =>
        fields.OptionalObject("sparsity_config") is { } sparsity
        && sparsity.Has("format")
        && sparsity.Text("format") != "dense"
            ? "; its sparsity is not counted"
            : "";
}
