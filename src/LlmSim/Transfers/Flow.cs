using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Transfers;

/// <summary>One direction of an instance's port.</summary>
internal sealed class Link(double bytesPerSecond)
{
    private double _scale = 1;

    public double BytesPerSecond => _scale * bytesPerSecond;

    /// <summary>Changes the bandwidth to so many times what it is without faults.</summary>
    public void Scale(double factor) => _scale = factor;

    /// <summary>Bandwidth left for the flows whose rate is not yet set, while rates are computed.</summary>
    public double BytesPerSecondLeft { get; set; }

    /// <summary>Flows over this link whose rate is not yet set, each by the share of it that takes the link.</summary>
    public double OpenShares { get; set; }

    public double FairShare => BytesPerSecondLeft / OpenShares;
}

/// <summary>Bytes under way from one link to another.</summary>
internal abstract class Flow(long bytes, Action onDelivered)
{
    public long Bytes { get; } = bytes;

    public required Link Egress { get; init; }
    public required Link Ingress { get; init; }
    public required double LatencySeconds { get; init; }

    /// <summary>What its links carry of it.</summary>
    public RankShares Shares { get; init; } = RankShares.Whole;

    public Action OnDelivered { get; } = onDelivered;

    /// <summary>Bytes that are there and have not been sent.</summary>
    public double BytesLeft { get; set; } = bytes;
    public double BytesPerSecond { get; set; }

    /// <summary>Whether the source has more to make of it.</summary>
    public bool IsOpenEnded { get; set; }

    /// <summary>Rate at which the source makes more of it now.</summary>
    public double SupplyBytesPerSecond { get; set; }

    /// <summary>The clock has whole nanoseconds: a transfer may be off by what it sends in one nanosecond.</summary>
    public double ToleranceBytes => (1e-9 * BytesPerSecond) + (1e-12 * Bytes);

    /// <summary>Whether there is something to be sent.</summary>
    public bool HasBytes => BytesLeft > ToleranceBytes;

    /// <summary>Whether it waits for its source: less is there than its links may send in a nanosecond, whatever it has of them now.</summary>
    public bool IsStarved =>
        IsOpenEnded
        && BytesLeft
            <= (
                1e-9
                * Math.Min(Egress.BytesPerSecond / Shares.Source, Ingress.BytesPerSecond / Shares.Destination)
            ) + (1e-12 * Bytes);

    /// <summary>Whether it was taken off its way when its last byte had left.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>Whether its rate is not yet set.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The most that its source lets it have; infinite when there are bytes to be sent.</summary>
    public double SourceBytesPerSecond { get; set; } = double.PositiveInfinity;

    /// <summary>The most it gets when its links divide their remaining bandwidth equally.</summary>
    public double FairBytesPerSecond =>
        Math.Min(SourceBytesPerSecond, Math.Min(Egress.FairShare, Ingress.FairShare));

    /// <summary>It would end beyond the end of the clock.</summary>
    public abstract UserErrorException EndsTooLate(ClockRangeException reached);
}

/// <summary>A KV cache, or a part of one, on its way from an instance to another one.</summary>
internal sealed class KvFlow(
    Request request,
    long bytes,
    Instance source,
    Instance? destination,
    Action onDelivered
) : Flow(bytes, onDelivered)
{
    public Request Request { get; } = request;
    public Instance Source { get; } = source;

    /// <summary>Null while no instance has been chosen: the bytes wait on the way, and no port takes them.</summary>
    public Instance? Destination { get; } = destination;

    public override UserErrorException EndsTooLate(ClockRangeException reached) =>
        ClockEnd.Error(
            Request,
            Destination is null ? $"{Source}" : $"{Source} to {Destination}",
            Slower(),
            reached
        );

    /// <summary>The figures that count: the slower bandwidth and the longer latency of its ends.</summary>
    private InstanceSpec Slower()
    {
        var (source, destination) = (Source.Spec, Destination?.Spec ?? Source.Spec);
        return source with
        {
            KvLinkBytesPerSecond = Math.Min(source.KvLinkBytesPerSecond, destination.KvLinkBytesPerSecond),
            KvLinkLatencySeconds = LatencySeconds,
        };
    }
}

/// <summary>Blocks on their way between a tier and an instance.</summary>
/// <param name="tier">The tier.</param>
/// <param name="what">Read or write, for messages.</param>
/// <param name="bytes">Their size.</param>
/// <param name="onDelivered">Called when they are there.</param>
internal sealed class TierFlow(KvTierSpec tier, string what, long bytes, Action onDelivered)
    : Flow(bytes, onDelivered)
{
    public override UserErrorException EndsTooLate(ClockRangeException reached) =>
        ClockEnd.Error(
            FormattableString.Invariant(
                $"a {what} of {Bytes} bytes of tier {tier.Label} (bytes_per_second {Math.Min(Egress.BytesPerSecond, Ingress.BytesPerSecond):G4}, latency_seconds {LatencySeconds:G4})"
            ),
            reached
        );
}

/// <summary>Max-min fair rates: no flow can get more without taking it from a flow that has no more than it.</summary>
internal static class MaxMinFairness
{
    /// <summary>Relative difference between equal shares due to rounding.</summary>
    private const double Tolerance = 1 + 1e-9;

    /// <summary>
    /// Sets the rates by progressive filling: the flows with the smallest fair share get it first, the others share what is left.
    /// </summary>
    public static void Share(IReadOnlyList<Flow> flows)
    {
        foreach (var flow in flows)
        {
            flow.IsOpen = true;
            Open(flow.Egress);
            Open(flow.Ingress);
        }

        foreach (var flow in flows)
        {
            flow.Egress.OpenShares += flow.Shares.Source;
            flow.Ingress.OpenShares += flow.Shares.Destination;
        }

        for (var open = flows.Count; open > 0; )
        {
            var least = LeastShare(flows) * Tolerance;
            foreach (var flow in flows)
            {
                if (flow.IsOpen && flow.FairBytesPerSecond <= least)
                {
                    // This does not reduce the fair share of the flows that remain on its links.
                    flow.BytesPerSecond = flow.FairBytesPerSecond;
                    flow.IsOpen = false;
                    Take(flow.Egress, flow.BytesPerSecond, flow.Shares.Source);
                    Take(flow.Ingress, flow.BytesPerSecond, flow.Shares.Destination);
                    open--;
                }
            }
        }
    }

    private static double LeastShare(IReadOnlyList<Flow> flows)
    {
        var least = double.PositiveInfinity;
        foreach (var flow in flows)
        {
            if (flow.IsOpen)
            {
                least = Math.Min(least, flow.FairBytesPerSecond);
            }
        }

        return least;
    }

    private static void Open(Link link)
    {
        link.BytesPerSecondLeft = link.BytesPerSecond;
        link.OpenShares = 0;
    }

    private static void Take(Link link, double bytesPerSecond, double share)
    {
        link.BytesPerSecondLeft -= bytesPerSecond * share;
        link.OpenShares -= share;
    }
}
