using System.Text.Json;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>lora</c> of an engine.</content>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_loraFields = [.. LoraFields.All.Select(field => field.Name)];

    private LoraSpec ReadLora()
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        var lora = new LoraSpec { HostBytesPerSecond = 0, LoadBytesPerSecond = 0 };
        while (ReadFieldName(given, s_loraFields) is { } name)
        {
            lora = With(lora, LoraFields.All, name);
        }

        if (Missing(LoraFields.All, given) is { } missing)
        {
            throw Error($"{missing.Name}: is not given in lora; allowed: {missing.Value}");
        }

        if (lora.MaxHostAdapters < lora.MaxAdapters)
        {
            throw Error(
                $"max_cpu_loras: found {lora.MaxHostAdapters} beside {lora.MaxAdapters} max_loras; allowed: at least as many, since what is in a slot is on the host"
            );
        }

        if (lora is { Rank: not null, Adapters: not null })
        {
            throw Error("rank: found beside adapters, which have their own; allowed: one of them");
        }

        if (lora.Rank > lora.MaxRank)
        {
            throw Error($"rank: found {lora.Rank}; allowed: up to the {lora.MaxRank} of max_lora_rank");
        }

        foreach (var (name, rank) in lora.Adapters ?? new Dictionary<string, int>())
        {
            if (rank > lora.MaxRank)
            {
                throw Error(
                    $"adapters: {name}: found rank {rank}; allowed: up to the {lora.MaxRank} of max_lora_rank"
                );
            }
        }

        return lora;
    }

    private Dictionary<string, int> CountsByName(string field, ClusterValue.CountsByName counts)
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw NotAllowed(field, counts);
        }

        var all = new Dictionary<string, int>(StringComparer.Ordinal);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = _reader.GetString()!;
            _reader.Read();
            if (!all.TryAdd(name, (int)Whole($"{field}: {name}", new ClusterValue.Whole(counts.Range))))
            {
                throw Error($"{field}: {name} is given twice");
            }
        }

        return all.Count > 0 ? all : throw Error($"{field}: found an empty object; allowed: {counts}");
    }
}
