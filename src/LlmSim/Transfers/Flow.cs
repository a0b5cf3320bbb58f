namespace LlmSim.Transfers;

/// <summary>One direction of an instance's port.</summary>
internal sealed class Link(double bytesPerSecond)
{
    public double BytesPerSecond { get; } = bytesPerSecond;

    /// <summary>What is left to be shared among the flows whose rate is still open, while rates are worked out.</summary>
    public double BytesPerSecondLeft { get; set; }

    /// <summary>Flows over this link whose rate is still open.</summary>
    public int OpenFlows { get; set; }

    public double FairShare => BytesPerSecondLeft / OpenFlows;
}

/// <summary>A transfer under way.</summary>
internal sealed class Flow(
    Request request,
    long bytes,
    Instance source,
    Instance? destination,
    Action onDelivered
)
{
    public Request Request { get; } = request;
    public long Bytes { get; } = bytes;
    public Instance Source { get; } = source;

    /// <summary>Null while no instance has been chosen: the bytes wait on the way, and no port takes them.</summary>
    public Instance? Destination { get; } = destination;

    public required Link Egress { get; init; }
    public required Link Ingress { get; init; }
    public required double LatencySeconds { get; init; }
    public Action OnDelivered { get; } = onDelivered;

    public double BytesLeft { get; set; } = bytes;
    public double BytesPerSecond { get; set; }

    /// <summary>Whether its rate is still to be worked out.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Rate at which the source makes the bytes, while it does; no limit when they are all there.</summary>
    public double SourceBytesPerSecond { get; set; } = double.PositiveInfinity;

    /// <summary>The most it can get when its links share what they have left fairly.</summary>
    public double FairBytesPerSecond =>
        Math.Min(SourceBytesPerSecond, Math.Min(Egress.FairShare, Ingress.FairShare));
}

/// <summary>Max-min fair rates: nobody can have more without somebody who has no more than that getting less.</summary>
internal static class MaxMinFairness
{
    /// <summary>What rounding may make of equal shares.</summary>
    private const double Tolerance = 1 + 1e-9;

    /// <summary>
    /// Sets the rates by progressive filling: the flows with the least to get are given it; then the next, from what is left.
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
            flow.Egress.OpenFlows++;
            flow.Ingress.OpenFlows++;
        }

        for (var open = flows.Count; open > 0; )
        {
            var least = LeastShare(flows) * Tolerance;
            foreach (var flow in flows)
            {
                if (flow.IsOpen && flow.FairBytesPerSecond <= least)
                {
                    // The share of those that remain on its links does not become less by this.
                    flow.BytesPerSecond = flow.FairBytesPerSecond;
                    flow.IsOpen = false;
                    Take(flow.Egress, flow.BytesPerSecond);
                    Take(flow.Ingress, flow.BytesPerSecond);
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
        link.OpenFlows = 0;
    }

    private static void Take(Link link, double bytesPerSecond)
    {
        link.BytesPerSecondLeft -= bytesPerSecond;
        link.OpenFlows--;
    }
}
