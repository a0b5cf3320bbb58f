using System.Text.Json;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>speculative_config</c> of an engine.</content>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_speculationFields =
    [
        .. SpeculationFields.All.Select(field => field.Name),
    ];

    private SpeculationSpec ReadSpeculation()
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        var speculation = new SpeculationSpec
        {
            Method = default,
            DraftTokens = 0,
            Acceptance = [],
        };
        while (ReadFieldName(given, s_speculationFields) is { } name)
        {
            speculation = With(speculation, SpeculationFields.All, name);
        }

        if (Missing(SpeculationFields.All, given) is { } missing)
        {
            throw Error($"{missing.Name}: is not given in speculative_config; allowed: {missing.Value}");
        }

        var needsModel = speculation.Method == DraftMethod.DraftModel;
        return needsModel == given.Contains("model")
            ? speculation
            : throw Error(
                needsModel
                    ? "model: is not given in speculative_config; allowed with method draft_model: the name of a model, in quotes"
                    : $"model: found with method {SpeculationFields.Methods[(int)speculation.Method]}; allowed: with draft_model alone"
            );
    }

    /// <summary>One share, or one for each position.</summary>
    private double[] Shares(string field, ClusterValue.Shares shares)
    {
        var each = new ClusterValue.Number(FigureRanges.Share);
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            return _reader.TokenType == JsonTokenType.Number
                ? [Number(field, each)]
                : throw NotAllowed(field, shares);
        }

        var all = new List<double>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            all.Add(Number(field, each));
        }

        return all.Count > 0 && all.Count <= shares.Most
            ? [.. all]
            : throw Error($"{field}: found a list of {all.Count}; allowed: {shares}");
    }

    private Dictionary<string, double[]> SharesByName(string field, ClusterValue.SharesByName shares)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw NotAllowed(field, shares);
        }

        var all = new Dictionary<string, double[]>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = _reader.GetString()!;
            _reader.Read();
            if (!all.TryAdd(name, Shares($"{field}: {name}", shares.Each)))
            {
                throw Error($"{field}: {name} is given twice");
            }
        }

        return all;
    }
}
