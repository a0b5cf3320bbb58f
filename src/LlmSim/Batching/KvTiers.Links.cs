using LlmSim.Kernel;
using LlmSim.Memory;

namespace LlmSim.Batching;

/// <content>Reads, over a link of the tier's own or one that others share.</content>
internal sealed partial class KvTiers
{
    /// <summary>Begins to read the blocks that are to be read of each tier.</summary>
    /// <param name="request">For whom.</param>
    /// <param name="onCome">Called with the number of the read for each part of it that has come.</param>
    /// <param name="id">The number of the read.</param>
    /// <returns>Parts in which it comes: what has a link of its own, together, and of each tier that has none.</returns>
    private int BeginRead(Request request, Action<long> onCome, long id)
    {
        var parts = 0;
        SimTime? end = null;
        for (var tier = 0; tier < tiers.Count; tier++)
        {
            if (_blocksToRead[tier] == 0)
            {
                continue;
            }

            tiers[tier].CountRead(_blocksToRead[tier]);
            if (links[tier] is { } link)
            {
                parts++;
                link.Read(_blocksToRead[tier], () => onCome(id));
            }
            else
            {
                var come = End(tiers[tier], _blocksToRead[tier], request);
                end = end is null || end < come ? come : end;
            }
        }

        if (end is { } last)
        {
            parts++;
            simulation.Schedule(last, EventRanks.TransferFinish, onCome, id);
        }

        return parts;
    }

    private SimTime End(KvTier tier, long blocks, Request request)
    {
        try
        {
            return tier.ReadEnd(blocks, simulation.Now);
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error(
                request,
                FormattableString.Invariant(
                    $"the read of its KV blocks from tier {tier.Spec.Label} (bytes_per_second {tier.Spec.BytesPerSecond:G4}, latency_seconds {tier.Spec.LatencySeconds:G4})"
                ),
                e
            );
        }
    }
}
