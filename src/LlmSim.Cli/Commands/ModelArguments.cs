using System.CommandLine;
using System.Globalization;
using LlmSim.Experiments;
using LlmSim.Performance;

namespace LlmSim.Cli.Commands;

/// <summary>The model and its precision.</summary>
internal sealed class ModelArguments
{
    private static readonly string[] s_bits = ["4", "8", "16", "32"];

    private readonly Option<string> _model = CliOption.Text(
        "model",
        "name of a model (see llmsim models), or the path of its config.json",
        new RunConfiguration().Model,
        "MODEL"
    );

    private readonly Option<int?> _maxModelLen = CliOption.Tokens(
        "max_model_len",
        "longest context that is served, prompt and output, at most the model's own [its own]"
    );

    private readonly Option<string> _weightBits = Bits("w_bit", "bits of a weight");
    private readonly Option<string> _activationBits = Bits("a_bit", "bits of an activation");
    private readonly Option<string> _kvBits = Bits("kv_bit", "bits of a value in the KV cache");

    // The reference's name.
    public ModelArguments() => _model.Aliases.Add("--model_id");

    public OptionGroup Group => new("Model", [_model, _maxModelLen, _weightBits, _activationBits, _kvBits]);

    public string Model(ParseResult parse) => parse.GetRequiredValue(_model);

    public int? MaxModelLen(ParseResult parse) => parse.GetValue(_maxModelLen);

    public Precision Precision(ParseResult parse) =>
        new(Number(parse, _weightBits), Number(parse, _activationBits), Number(parse, _kvBits));

    private static Option<string> Bits(string name, string description) =>
        CliOption.Choice(name, description, "16", s_bits);

    private static int Number(ParseResult parse, Option<string> option) =>
        int.Parse(parse.GetRequiredValue(option), CultureInfo.InvariantCulture);
}
