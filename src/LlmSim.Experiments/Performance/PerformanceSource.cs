using LlmSim.Performance;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>Where the times of iterations come from, by name.</summary>
public static class PerformanceSource
{
    /// <summary>The roofline: a bound.</summary>
    public const string Roofline = "roofline";

    private const string MeasuredPrefix = "measured:";

    /// <summary>Makes the performance model of an instance; null for the roofline of the semantics.</summary>
    /// <exception cref="UserErrorException">
    /// The name is unknown or the profile is wrong; later, for an instance: the profile is not one of it.
    /// </exception>
    public static Func<InstanceSpec, IPerformanceModel>? Factory(
        RunConfiguration configuration,
        ModelDescription model
    )
    {
        var source = configuration.Performance;
        if (source == Roofline)
        {
            return null;
        }

        if (source.StartsWith(MeasuredPrefix, StringComparison.Ordinal))
        {
            var profile = ProfileFolder.Load(source[MeasuredPrefix.Length..]);
            return instance => new MeasuredModel(profile, model, configuration.Precision, instance);
        }

        throw new UserErrorException(
            $"performance: '{source}' is unknown.{Suggestion.For(source, [Roofline, MeasuredPrefix])} "
                + $"Allowed are {Roofline} and {MeasuredPrefix}FOLDER."
        );
    }
}
