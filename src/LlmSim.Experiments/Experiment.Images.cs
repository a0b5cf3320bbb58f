using LlmSim.Clients;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;

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
            ImageTokens.RequireAny(scenario.ModelOf(instance).Model);
        }

        var workload = CreateWorkload(configuration);
        if (!workload.HasImages && scenario.EncodeInstances.Count == 0)
        {
            return scenario;
        }

        if (configuration.Mix is null && scenario.OtherModels.Count == 0)
        {
            RequireEncoders(workload, scenario.Model);
        }

        return scenario with
        {
            TakesImages = workload.HasImages,
            TakesVideos = workload.HasVideos,
            TakesAudio = workload.HasAudio,
            EncoderTimes = PerformanceSource.EncoderTimes(configuration, files),
        };
    }

    private static void RequireEncoders(WorkloadOptions workload, ModelDescription model)
    {
        if (workload.HasPictures)
        {
            _ = ImageTokens.Required(model);
        }

        if (workload.HasVideos)
        {
            _ = ImageTokens.RequiredVideos(model);
        }

        if (workload.HasAudio)
        {
            _ = ImageTokens.RequiredAudio(model);
        }
    }
}
