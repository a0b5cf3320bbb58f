using System.CommandLine;
using System.Globalization;
using LlmSim.Experiments;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Cli.Commands;

/// <summary>The model and its precision.</summary>
internal sealed class ModelArguments
{
    private static readonly string[] s_bits = ["4", "8", "16", "32"];

    private readonly Option<string> _model;

    private readonly Option<int?> _maxModelLen = CliOption.Tokens(
        "max_model_len",
        "longest context that is served, prompt and output, at most the model's own [its own]"
    );

    private readonly Option<string> _format = CliOption.Choice(
        "precision",
        "format of weights and activations; auto is the one in the model's own files, else 16 bits",
        PrecisionRequest.Auto,
        PrecisionFormats.Names
    );

    private readonly Option<string> _kvFormat = CliOption.Choice(
        "kv_precision",
        "format of the KV cache",
        PrecisionRequest.Auto,
        PrecisionFormats.KvNames
    );

    private readonly Option<string> _weightBits = Bits("w_bit", "bits of a weight of the layers");
    private readonly Option<string> _activationBits = Bits("a_bit", "bits of an activation");
    private readonly Option<string> _kvBits = Bits("kv_bit", "bits of a value in the KV cache");

    private readonly Option<string> _communicationBits = Bits(
        "comm_bit",
        "bits of a value that accelerators exchange and norms work on [16]"
    );

    private readonly Option<string> _embeddingBits = Bits(
        "embedding_bit",
        "bits of a weight of the embedding and of lm_head [16]"
    );

    public ModelArguments()
        : this(
            new RunConfiguration().Model,
            "name of a model (see llmsim models), or the path of its config.json"
        ) { }

    /// <summary>The same with a model by default of its own; null for none.</summary>
    public ModelArguments(string? defaultModel, string description)
    {
        _model = CliOption.Text(
            "model",
            description,
            defaultModel,
            "MODEL",
            new OptionValue.Text(() => ModelCatalog.BuiltIn.Ids)
        );
        // The reference's name.
        _model.Aliases.Add("--model_id");
    }

    public OptionGroup Group =>
        new(
            "Model",
            [
                _model,
                _maxModelLen,
                _format,
                _kvFormat,
                _weightBits,
                _activationBits,
                _kvBits,
                _communicationBits,
                _embeddingBits,
            ]
        );

    /// <summary>The format of weights and activations.</summary>
    public Option Format => _format;

    public string Model(ParseResult parse) => parse.GetRequiredValue(_model);

    /// <summary>The model; null where none is given and there is none by default.</summary>
    public string? GivenModel(ParseResult parse) => parse.GetValue(_model);

    public int? MaxModelLen(ParseResult parse) => parse.GetValue(_maxModelLen);

    /// <summary>The precision as it is asked for.</summary>
    /// <exception cref="UserErrorException">Two options contradict each other.</exception>
    public PrecisionRequest Precision(ParseResult parse)
    {
        var request = new PrecisionRequest
        {
            Format = parse.GetRequiredValue(_format),
            KvFormat = parse.GetRequiredValue(_kvFormat),
            WeightBits = Number(parse, _weightBits),
            ActivationBits = Number(parse, _activationBits),
            KvBits = Number(parse, _kvBits),
            CommunicationBits = Number(parse, _communicationBits),
            EmbeddingBits = Number(parse, _embeddingBits),
        };
        request.Validate();
        return request;
    }

    private static Option<string> Bits(string name, string description) =>
        CliOption.Choice(name, description, defaultValue: null, s_bits);

    private static int? Number(ParseResult parse, Option<string> option) =>
        parse.GetValue(option) is { } bits ? int.Parse(bits, CultureInfo.InvariantCulture) : null;
}
