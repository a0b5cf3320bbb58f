using LlmSim.Experiments.Performance;

namespace LlmSim.Cli.Output;

/// <summary>What is said of the tiers of predictions on the standard error, where no header says it.</summary>
internal static class PredictionNotices
{
    /// <summary>Each notice once, though many runs have it.</summary>
    public static void Write(IEnumerable<Prediction> predictions, CliConsole console)
    {
        Prediction[] all = [.. predictions];
        console.Note(all.SelectMany(prediction => prediction.Notices));
        console.Warn(all.SelectMany(prediction => prediction.Warnings).Distinct());
    }
}
