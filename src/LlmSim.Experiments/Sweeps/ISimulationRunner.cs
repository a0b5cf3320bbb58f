namespace LlmSim.Experiments.Sweeps;

/// <summary>A point that was simulated.</summary>
internal readonly record struct SimulatedPoint(PreparedPoint Point, JournalEntry Entry);

/// <summary>The simulations that are to be run, and who is told of them, from any thread.</summary>
/// <param name="Study">What they are part of: the same for the same sweep.</param>
/// <param name="Simulations">Each gives the results of one or several points.</param>
/// <param name="Files">The files of points.</param>
/// <param name="OnDone">Gets points that are done, with their files in their places.</param>
/// <param name="OnError">Gets the points of a simulation whose input is wrong; it may throw, which stops all.</param>
internal sealed record SimulationWork(
    string Study,
    IReadOnlyList<IReadOnlyList<PreparedPoint>> Simulations,
    PointFiles Files,
    Action<IReadOnlyList<SimulatedPoint>> OnDone,
    Action<IReadOnlyList<PreparedPoint>, UserErrorException> OnError
);

/// <summary>Where simulations run.</summary>
internal interface ISimulationRunner
{
    /// <summary>Workers that take part; null where that is their number at any time.</summary>
    int? Workers { get; }

    /// <summary>Runs simulations, each once, and returns when all are done.</summary>
    void Run(SimulationWork work, CancellationToken cancellation);
}

/// <summary>Threads of this process.</summary>
/// <param name="workers">How many.</param>
internal sealed class LocalRunner(int workers) : ISimulationRunner
{
    /// <inheritdoc />
    public int? Workers => null;

    /// <inheritdoc />
    public void Run(SimulationWork work, CancellationToken cancellation) =>
        Sweeps.Workers.Run(
            workers,
            work.Simulations,
            (points, stop) =>
            {
                IReadOnlyList<JournalEntry> entries;
                try
                {
                    entries = SharedSimulation.Run(points, work.Files, stop);
                }
                catch (UserErrorException e)
                {
                    work.OnError(points, e);
                    return;
                }

                work.OnDone([.. points.Zip(entries, (point, entry) => new SimulatedPoint(point, entry))]);
            },
            cancellation
        );
}
