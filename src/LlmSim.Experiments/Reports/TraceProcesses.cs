using LlmSim.Batching;
using LlmSim.Experiments.Verification;
using LlmSim.Instances;
using LlmSim.Instances.Decode;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Experiments.Reports;

/// <summary>The processes of a trace: one for each instance, by its place in the results.</summary>
internal sealed class TraceProcesses
{
    /// <summary>Number of the first of them.</summary>
    public const int First = 1;

    private readonly Dictionary<(string Stage, int Index), int> _numbers = [];

    public TraceProcesses(Scenario scenario)
    {
        All = [.. InstancePlace.All(scenario).Select((place, i) => (place, First + i))];
        foreach (var (place, number) in All)
        {
            _numbers.Add((place.Stage, place.Index), number);
        }
    }

    /// <summary>Every instance with its number.</summary>
    public IReadOnlyList<(InstancePlace Place, int Number)> All { get; }

    /// <summary>Number of an instance.</summary>
    public int Of(Instance instance) =>
        Of(
            instance is DecodeInstance or BatchedInstance { Role: InstanceRole.Decode }
                ? InstancePlace.Decode
                : InstancePlace.Prefill,
            instance.Index
        );

    /// <summary>Number of the instance of a stage; of the mixed one where the stage has none of that number.</summary>
    public int Of(string stage, int index) =>
        _numbers.TryGetValue((stage, index), out var number)
            ? number
            : _numbers[(InstancePlace.Mixed, index)];
}

/// <summary>What was last written of an instance.</summary>
internal sealed class InstanceTrack(int process)
{
    public int Process { get; } = process;
    public int Batch { get; set; }
    public int Queue { get; set; }
    public double KvPercent { get; set; }
    public SimTime? IdleSince { get; set; }

    /// <summary>When the last iteration of each row ends: those of a pipeline overlap, and what lies in one row must not.</summary>
    private readonly List<SimTime> _rowEnds = [];

    /// <summary>The first row, from 0, in which an iteration has room; it takes it.</summary>
    public int TakeRow(SimTime start, SimTime end)
    {
        var row = _rowEnds.FindIndex(free => free <= start);
        if (row < 0)
        {
            row = _rowEnds.Count;
            _rowEnds.Add(end);
        }

        _rowEnds[row] = end;
        return row;
    }
}
