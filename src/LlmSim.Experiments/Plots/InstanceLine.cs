using System.Globalization;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Plots;

/// <summary>A quantity that is sampled over time.</summary>
internal enum SampledQuantity
{
    /// <summary>Requests that wait.</summary>
    Queue,

    /// <summary>Requests that run.</summary>
    Running,

    /// <summary>KV memory in per cent of what the instance has.</summary>
    Kv,
}

/// <summary>One quantity of one instance over time, in seconds.</summary>
internal sealed record InstanceLine(SampledQuantity Quantity, string Stage, int Instance, NamedSeries Series)
{
    /// <summary>The lines in a list of samples.</summary>
    public static IEnumerable<InstanceLine> Of(IEnumerable<InstanceSample> samples) =>
        samples
            .GroupBy(sample => (sample.Stage, sample.Index))
            .SelectMany(group =>
            {
                var seconds = group.Select(sample => sample.Time.Seconds).ToArray();
                return (InstanceLine[])
                    [
                        Line(SampledQuantity.Queue, sample => sample.QueuedRequests),
                        Line(SampledQuantity.Running, sample => sample.RunningRequests),
                        Line(
                            SampledQuantity.Kv,
                            sample => KvPercent(sample.HeldKvBytes, sample.KvCapacityBytes)
                        ),
                    ];

                InstanceLine Line(SampledQuantity quantity, Func<InstanceSample, double> value) =>
                    Create(quantity, group.Key.Stage, group.Key.Index, seconds, [.. group.Select(value)]);
            });

    /// <summary>A line under the name of its instance.</summary>
    public static InstanceLine Create(
        SampledQuantity quantity,
        string stage,
        int instance,
        double[] seconds,
        double[] values
    ) =>
        new(
            quantity,
            stage,
            instance,
            new NamedSeries(
                string.Create(CultureInfo.InvariantCulture, $"{stage} {instance}"),
                seconds,
                values
            )
        );

    /// <summary>KV memory in use, in per cent.</summary>
    public static double KvPercent(double kvBytes, double kvCapacityBytes) => 100 * kvBytes / kvCapacityBytes;
}
