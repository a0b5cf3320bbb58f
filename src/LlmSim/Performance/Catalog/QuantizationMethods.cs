using System.Buffers;

namespace LlmSim.Performance.Catalog;

/// <summary>Reads what each method of quantization says of the modules of a model.</summary>
internal static class QuantizationMethods
{
    /// <summary>Signs of a regular expression that no name of a module has.</summary>
    private static readonly SearchValues<char> s_signs = SearchValues.Create(@"*+?^$()[]{}|\");

    /// <summary>The formats of modules, and the names that the config has.</summary>
    public static (ModuleFormat FormatOf, IReadOnlyList<string> Names) Modules(
        JsonFields fields,
        string method
    ) =>
        method switch
        {
            "fp8" => Fp8(fields),
            "fbgemm_fp8" => AllBut(
                new(NumberFormat.Fp8, NumberFormat.Fp8),
                fields,
                "modules_to_not_convert",
                "ignored_layers"
            ),
            "compressed-tensors" => Groups(fields, ["ignore"]),
            "modelopt" => ModelOpt(fields),
            "awq" => AllBut(Awq(fields), fields, "modules_to_not_convert"),
            "gptq" or "auto-round" => Gptq(fields),
            "mxfp4" => AllBut(
                new(NumberFormat.Mxfp4, NumberFormat.SixteenBit),
                fields,
                "modules_to_not_convert",
                "ignored_layers"
            ),
            "bitsandbytes" => AllBut(BitsAndBytes(fields), fields, "llm_int8_skip_modules"),
            _ => Quark(fields),
        };

    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) AllBut(
        ProductFormat format,
        JsonFields fields,
        params string[] listFields
    )
    {
        string[] names = [.. listFields.SelectMany(fields.NestedTexts)];
        var kept = new ModulePatterns(names);
        return ((module, byName) => byName || kept.Matches(module) ? null : format, names);
    }

    /// <summary>Some checkpoints have experts in another format than the rest.</summary>
    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) Fp8(JsonFields fields)
    {
        ProductFormat format;
        if (fields.Has("weight_block_size"))
        {
            var weight = QuantizationFormats.Blocks(fields, "weight_block_size");
            format = PrecisionFormats.Fp8Block(
                fields.PositiveInts("weight_block_size")[0],
                fields.PositiveInts("weight_block_size")[1]
            ) with
            {
                Weight = weight,
            };
        }
        else
        {
            format = new(NumberFormat.Fp8, NumberFormat.Fp8);
        }

        var all = AllBut(format, fields, "modules_to_not_convert", "ignored_layers");
        return fields.OptionalObject("quantized_layers") is { } layers ? Named(layers, all) : all;
    }

    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) ModelOpt(JsonFields fields)
    {
        if (fields.OptionalObject("quantized_layers") is { } layers)
        {
            return Named(layers, ((_, _) => null, []));
        }

        string[] lists = ["ignore", "exclude_modules"];
        return fields.Has("config_groups") ? Groups(fields, lists)
            : fields.Has("quant_algo")
                ? AllBut(QuantizationFormats.Algorithm(fields, "quant_algo"), fields, lists)
            // The KV cache alone.
            : AllBut(ProductFormat.SixteenBit, fields);
    }

    /// <summary>Modules with a format each, before what is said of all.</summary>
    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) Named(
        JsonFields layers,
        (ModuleFormat FormatOf, IReadOnlyList<string> Names) others
    )
    {
        var formats = layers
            .Names.GroupBy(name => QuantizationFormats.Algorithm(layers.Object(name), "quant_algo"))
            .Select(group => (Patterns: new ModulePatterns([.. group]), Format: group.Key))
            .ToArray();
        return (
            (module, byName) =>
                Array.Find(formats, format => format.Patterns.Matches(module)).Format
                ?? others.FormatOf(module, byName),
            [.. others.Names, .. layers.Names]
        );
    }

    /// <summary>Groups of modules by the names of their classes, of which "Linear" is all that we know, or by their own.</summary>
    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) Groups(
        JsonFields fields,
        string[] listFields
    )
    {
        const string AllLinear = "Linear";
        string[] ignored = [.. listFields.SelectMany(fields.NestedTexts)];
        var kept = new ModulePatterns(ignored);
        var groups = fields.Object("config_groups");
        var names = new List<string>(ignored);
        var named = new List<(ModulePatterns Targets, ProductFormat Format)>();
        ProductFormat? linear = null;
        foreach (var name in groups.Names)
        {
            var group = groups.Object(name);
            var format = QuantizationFormats.Group(group);
            var targets = group.NestedTexts("targets");
            if (targets.Count == 0 || targets.Contains(AllLinear))
            {
                linear = format;
            }

            string[] modules = [.. targets.Where(target => target != AllLinear)];
            named.Add((new(modules), format));
            names.AddRange(modules);
        }

        return (
            (module, byName) =>
                kept.Matches(module)
                    ? null
                    : named.Find(group => group.Targets.Matches(module)).Format ?? (byName ? null : linear),
            names
        );
    }

    private static ProductFormat Awq(JsonFields fields) =>
        new(
            QuantizationFormats.Integers(
                fields,
                QuantizationFormats.Bits(fields, fields.Has("bits") ? "bits" : "w_bit"),
                fields.Has("group_size") ? "group_size" : "q_group_size",
                fields.Flag("zero_point", absent: true)
            ),
            NumberFormat.SixteenBit
        );

    /// <summary>Rules of modules come before what is said of all; the first that fits decides.</summary>
    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) Gptq(JsonFields fields)
    {
        var format = GptqProduct(fields, fields);
        var notConverted = fields.NestedTexts("modules_to_not_convert");
        var kept = new ModulePatterns(notConverted);
        var entries = GptqRules(fields).ToArray();
        var rules = Array.ConvertAll(
            entries,
            entry => (Modules: new ModulePatterns([entry.Modules]), entry.Format)
        );
        var inBlock = fields.NestedTexts("modules_in_block_to_quantize");
        var only = new ModulePatterns(inBlock);
        var hasLmHead = fields.Flag("lm_head", absent: false);
        return (
            (module, byName) =>
                kept.Matches(module) ? null
                : Array.Find(rules, rule => rule.Modules.Matches(module)) is (not null, var own) ? own
                : byName ? ((hasLmHead && module == "lm_head") || only.Matches(module) ? format : null)
                : inBlock.Count > 0 ? null
                : format,
            [.. notConverted, .. entries.Select(entry => entry.Modules), .. inBlock]
        );
    }

    /// <summary>
    /// GPTQModel's rules are expressions, of which those after "-:" leave modules out; AutoRound's are names, or expressions
    /// that may fit anywhere.
    /// </summary>
    private static IEnumerable<(string Modules, ProductFormat? Format)> GptqRules(JsonFields fields)
    {
        const string Exception = "-:";
        const string Inclusion = "+:";
        if (fields.OptionalObject("dynamic") is { } expressions)
        {
            foreach (var rule in expressions.Names)
            {
                yield return rule.StartsWith(Exception, StringComparison.Ordinal)
                    ? ($"re:{rule[Exception.Length..]}", null)
                    : (
                        $"re:{(rule.StartsWith(Inclusion, StringComparison.Ordinal) ? rule[Inclusion.Length..] : rule)}",
                        GptqProduct(expressions.Object(rule), fields)
                    );
            }
        }

        if (fields.OptionalObject("extra_config") is { } modules)
        {
            foreach (var rule in modules.Names)
            {
                yield return (
                    IsExpression(rule) ? $"re:.*(?:{rule})" : rule,
                    GptqProduct(modules.Object(rule), fields)
                );
            }
        }
    }

    private static bool IsExpression(string rule) => rule.AsSpan().ContainsAny(s_signs);

    /// <summary>What a rule leaves out is that of all. The format keeps zero points of symmetric weights too.</summary>
    private static ProductFormat GptqProduct(JsonFields rule, JsonFields all)
    {
        var bits = QuantizationFormats.Bits(rule.Has("bits") ? rule : all, "bits");
        return bits == 16
            ? ProductFormat.SixteenBit
            : new(
                QuantizationFormats.Integers(
                    rule.Has("group_size") ? rule : all,
                    bits,
                    "group_size",
                    hasZeroPoint: true
                ),
                NumberFormat.SixteenBit
            );
    }

    /// <summary>4 bits are in blocks of 64 with a scale factor of 32 bits, or one of 8 that is scaled itself in blocks of 256.</summary>
    private static ProductFormat BitsAndBytes(JsonFields fields)
    {
        const double PlainBits = 4 + 32.0 / 64;
        const double DoubleBits = 4 + 8.0 / 64 + 32.0 / (64 * 256);
        if (!fields.Flag("load_in_4bit", absent: fields.Flag("_load_in_4bit", absent: false)))
        {
            return new(NumberFormat.Int8, NumberFormat.SixteenBit);
        }

        var isDouble = fields.Flag("bnb_4bit_use_double_quant", absent: false);
        return new(
            new("nf4", 4, NumberKind.Float, isDouble ? DoubleBits : PlainBits, "blocks of 64"),
            NumberFormat.SixteenBit
        );
    }

    private static (ModuleFormat FormatOf, IReadOnlyList<string> Names) Quark(JsonFields fields)
    {
        var all = AllBut(QuarkProduct(fields.Object("global_quant_config")), fields, "exclude");
        if (fields.OptionalObject("layer_quant_config") is not { } layers)
        {
            return all;
        }

        var named = layers
            .Names.Select(name =>
                (Patterns: new ModulePatterns([name]), Format: QuarkProduct(layers.Object(name)))
            )
            .ToArray();
        return (
            (module, byName) =>
                Array.Find(named, entry => entry.Patterns.Matches(module)).Format
                ?? all.FormatOf(module, byName),
            [.. all.Names, .. layers.Names]
        );
    }

    private static ProductFormat QuarkProduct(JsonFields fields) =>
        new(
            fields.OptionalObject("weight") is { } weight
                ? QuantizationFormats.Quark(weight)
                : NumberFormat.SixteenBit,
            fields.OptionalObject("input_tensors") is { } input
                ? QuantizationFormats.Quark(input)
                : NumberFormat.SixteenBit
        );
}
