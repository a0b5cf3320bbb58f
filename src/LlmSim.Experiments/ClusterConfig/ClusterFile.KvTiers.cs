using System.Text.Json;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The list <c>kv_tiers</c> of an engine.</content>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_tierFields = [.. KvTierFields.All.Select(field => field.Name)];

    private KvTierSpec[] ReadTiers(string field, ClusterValue.List list)
    {
        if (_reader.TokenType != JsonTokenType.StartArray)
        {
            throw NotAllowed(field, list);
        }

        var tiers = new List<KvTierSpec>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            if (_reader.TokenType != JsonTokenType.StartObject)
            {
                throw NotAllowed(field, list);
            }

            tiers.Add(ReadTier());
            if (tiers is [{ Prefetch: true }])
            {
                throw Error(
                    "prefetch: found true in the first tier of kv_tiers; allowed: in those behind it, whose blocks go to the tier before"
                );
            }
        }

        return tiers.Count > 0 ? [.. tiers] : throw Error($"{field}: found an empty list; allowed: {list}");
    }

    private KvTierSpec ReadTier()
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        var tier = new KvTierSpec { Kind = default, BytesPerSecond = 0 };
        while (ReadFieldName(given, s_tierFields) is { } name)
        {
            tier = With(tier, KvTierFields.All, name);
        }

        if (Missing(KvTierFields.All, given) is { } missing)
        {
            throw Error($"{missing.Name}: is not given in a tier of kv_tiers; allowed: {missing.Value}");
        }

        if (given.Contains("capacity_blocks") == given.Contains("capacity_gib"))
        {
            throw Error(
                given.Contains("capacity_gib")
                    ? "capacity_blocks: found beside capacity_gib; allowed: one of them"
                    : "capacity_gib: is not given in a tier of kv_tiers; allowed: a number of GiB, \"unlimited\", or capacity_blocks instead"
            );
        }

        var isShared = tier.Kind == KvTierKind.Shared;
        if (tier.Link == KvTierLink.Kv && !isShared)
        {
            throw Error(
                $"link: found kv in a tier of kind {KvTierFields.Kinds[(int)tier.Kind]}; allowed: with kind shared alone"
            );
        }

        return isShared == given.Contains("name")
            ? tier
            : throw Error(
                isShared
                    ? "name: is not given in a tier of kind shared; allowed: a name, in quotes"
                    : $"name: found in a tier of kind {KvTierFields.Kinds[(int)tier.Kind]}; allowed: with kind shared alone"
            );
    }

    /// <summary>A number, or the word that stands for none.</summary>
    private readonly object NumberOr(string field, ClusterValue.NumberOr value) =>
        _reader.TokenType == JsonTokenType.String && _reader.GetString() == value.Other ? value.Other
        : _reader.TokenType == JsonTokenType.Number
        && _reader.TryGetDouble(out var number)
        && value.Range.Contains(number)
            ? number
        : throw NotAllowed(field, value);
}
