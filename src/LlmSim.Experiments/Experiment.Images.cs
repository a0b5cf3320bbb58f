using LlmSim.Clients;
using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments;

/// <content>Requests with pictures.</content>
internal static partial class Experiment
{
    /// <summary>The scenario with the encoders that the workload asks for.</summary>
    /// <exception cref="UserErrorException">A model that is asked about pictures has none.</exception>
    private static Scenario WithImages(
        RunConfiguration configuration,
        Scenario scenario,
        PerformanceFiles files
    )
    {
        foreach (var instance in scenario.EncodeInstances)
        {
            _ = ImageTokens.Required(scenario.ModelOf(instance).Model);
        }

        var workload = CreateWorkload(configuration);
        if (!workload.HasImages && scenario.EncodeInstances.Count == 0)
        {
            return scenario;
        }

        if (workload.HasImages && configuration.Mix is null && scenario.OtherModels.Count == 0)
        {
            _ = ImageTokens.Required(scenario.Model);
        }

        if (workload.HasVideos && configuration.Mix is null && scenario.OtherModels.Count == 0)
        {
            _ = ImageTokens.RequiredVideos(scenario.Model);
        }

        return scenario with
        {
            TakesImages = workload.HasImages,
            TakesVideos = workload.HasVideos,
            EncoderTimes = PerformanceSource.EncoderTimes(configuration, files),
        };
    }
}
