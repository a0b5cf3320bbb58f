using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Sweeps;
using LlmSim.Policies;

namespace LlmSim.Distributed;

/// <summary>A point that is to be run.</summary>
/// <param name="Hash">Its hash on the machine of the sweep, which names its files.</param>
/// <param name="Inputs">The hash of the content of its inputs.</param>
/// <param name="Configuration">Its configuration as canonical JSON, with paths as workers have them.</param>
/// <param name="EndsBy">What ends it before its last request; null for nothing.</param>
internal sealed record QueuedPoint(
    string Hash,
    string Inputs,
    string Configuration,
    QueuedRule? EndsBy = null
);

/// <summary>When a simulation may end before its last request.</summary>
/// <param name="Terms">The SLOs that are watched.</param>
/// <param name="Requests">Most requests of the run.</param>
/// <param name="Runs">Runs whose mean is judged.</param>
internal sealed record QueuedRule(IReadOnlyList<QueuedTerm> Terms, int Requests, int Runs)
{
    /// <summary>Of a rule; null for none.</summary>
    public static QueuedRule? Of(MissRule? rule) =>
        rule is null
            ? null
            : new(
                [.. rule.Terms.Select(term => new QueuedTerm(term.Slo.ToString(), term.Factor))],
                rule.Requests,
                rule.Runs
            );

    /// <summary>The rule.</summary>
    /// <exception cref="UserErrorException">An SLO is of another version.</exception>
    public MissRule Rule() =>
        new([.. Terms.Select(term => new WatchedTerm(SloOf(term.Slo), term.Factor))], Requests, Runs);

    private static SloTerm SloOf(string text) => SloTerms.Parse(text, "--slo").Terms[0];
}

/// <summary>An SLO that is watched.</summary>
/// <param name="Slo">As it is written.</param>
/// <param name="Factor">How far beyond its limit a value may be that meets it.</param>
internal sealed record QueuedTerm(string Slo, double Factor);

/// <summary>A simulation that is to be run.</summary>
/// <param name="Study">What it is part of.</param>
/// <param name="Manifest">The hash of the <see cref="StudyManifest" />.</param>
/// <param name="Name">What messages call it.</param>
/// <param name="Points">The points that it gives results for; the first one's hash is its own.</param>
internal sealed record SimulationMessage(
    string Study,
    string Manifest,
    string Name,
    IReadOnlyList<QueuedPoint> Points
);

/// <summary>A file that a study reads.</summary>
/// <param name="Path">Where, from the working directory of the study.</param>
/// <param name="Content">SHA-256 of its content.</param>
internal sealed record StudyFile(string Path, string Content);

/// <summary>The files of points that are asked for.</summary>
internal sealed record StudyOutputs(
    string? Requests,
    string? QueueStates,
    string? MemoryUsage,
    double? IntervalSeconds,
    double EventRate,
    long RowLimit,
    bool Verify
);

/// <summary>What simulations of a study have in common.</summary>
/// <param name="Depth">How many folders above the working directory it reaches.</param>
/// <param name="Policies">The folder of policies that was given.</param>
/// <param name="Models">The folder of models.</param>
/// <param name="Hardware">The folder of accelerators.</param>
/// <param name="Engines">The folder of engine profiles.</param>
/// <param name="Code">What messages call the user's code that it runs.</param>
/// <param name="CodeTimeoutSeconds">Wall time that an answer of that code may take.</param>
/// <param name="Named">The policies that it names.</param>
/// <param name="Outputs">The files of its points.</param>
/// <param name="Files">What it reads.</param>
internal sealed record StudyManifest(
    int Depth,
    string? Policies,
    string? Models,
    string? Hardware,
    string? Engines,
    IReadOnlyList<string> Code,
    double CodeTimeoutSeconds,
    IReadOnlyList<StudyPolicy> Named,
    StudyOutputs Outputs,
    IReadOnlyList<StudyFile> Files
);

/// <summary>A policy that a study names.</summary>
internal sealed record StudyPolicy(PolicyDecisions Decision, string Text);

/// <summary>What came of a point.</summary>
/// <param name="Hash">The point.</param>
/// <param name="Summary">Its figures.</param>
/// <param name="Files">Its files.</param>
/// <param name="Missed">Which SLO has ended it, from 0; null for a whole run.</param>
internal sealed record QueuedResult(
    string Hash,
    string Summary,
    IReadOnlyList<PointFile> Files,
    int? Missed = null
);

/// <summary>What came of a simulation: figures, an error or crashes.</summary>
/// <param name="Worker">Who ran it.</param>
/// <param name="Deliveries">How many workers it was given to.</param>
/// <param name="Error">What is wrong with its input.</param>
/// <param name="Crashes">How it has ended its workers.</param>
/// <param name="FigureBytes">How much of what follows is the figures of its points; the rest is their files, compressed.</param>
/// <param name="Parts">In how many messages that is; 0 where it follows in this one.</param>
internal sealed record ResultMessage(
    string Worker,
    long Deliveries,
    string? Error = null,
    IReadOnlyList<string>? Crashes = null,
    int FigureBytes = 0,
    int Parts = 0
);

/// <summary>A worker that is there.</summary>
/// <param name="Host">Its machine and process.</param>
/// <param name="Simulator">Its build.</param>
/// <param name="AllowsCode">Whether it runs code from the network.</param>
/// <param name="Trouble">Why it cannot run what it was given; null for nothing.</param>
internal sealed record WorkerPresence(string Host, string Simulator, bool AllowsCode, string? Trouble = null);

/// <summary>The sweep that is at work on a study.</summary>
/// <param name="Owner">A word that only it knows.</param>
/// <param name="Host">Its machine.</param>
/// <param name="Process">Its process.</param>
/// <param name="Journal">Its journal; null for none.</param>
/// <param name="Simulator">Its build.</param>
internal sealed record StudyLeaseText(
    string Owner,
    string Host,
    int Process,
    string? Journal,
    string Simulator
);

/// <summary>A simulation that a process has begun, as it tells the process that watches it.</summary>
/// <param name="Study">What it is part of.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="ReplyTo">Where it is acknowledged.</param>
/// <param name="Reason">How it has ended the process.</param>
internal sealed record BegunSimulation(string Study, string Hash, string ReplyTo, string Reason = "");

/// <summary>Generated: no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals
)]
[JsonSerializable(typeof(SimulationMessage))]
[JsonSerializable(typeof(StudyManifest))]
[JsonSerializable(typeof(ResultMessage))]
[JsonSerializable(typeof(IReadOnlyList<QueuedResult>))]
[JsonSerializable(typeof(WorkerPresence))]
[JsonSerializable(typeof(StudyLeaseText))]
[JsonSerializable(typeof(BegunSimulation))]
internal sealed partial class QueueJson : JsonSerializerContext
{
    /// <summary>What a message says; null where it is none of ours.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> data)
        where T : class
    {
        try
        {
            return (T?)JsonSerializer.Deserialize(data, typeof(T), Default);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static byte[] Write<T>(T message)
        where T : class => JsonSerializer.SerializeToUtf8Bytes(message, typeof(T), Default);
}
