namespace LlmSim.Experiments.Plots;

/// <summary>What pictures need of one run.</summary>
/// <param name="Name">Its name in legends.</param>
/// <param name="Requests">Its requests in the order of arrival; empty when unknown.</param>
internal sealed record PlotRun(string Name, IReadOnlyList<RequestPoint> Requests);
