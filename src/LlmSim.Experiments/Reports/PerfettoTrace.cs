using System.Globalization;
using System.Text.Json;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Verification;
using LlmSim.Instances;
using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Reports;

/// <summary>
/// A run as trace events, which Perfetto and the tracing of Chrome show: a process for each instance with its iterations, its queue,
/// batch and KV memory, and a track for each request with its phases. Events are written as they come, so that memory does not grow.
/// </summary>
internal sealed class PerfettoTrace : IDisposable
{
    private const int IterationThread = 1;
    private const int FlushBytes = 1 << 16;
    private const string Requests = "request";

    private readonly PerfettoOptions _options;
    private readonly Stream? _compression;
    private readonly Stream _stream;
    private readonly Utf8JsonWriter _json;
    private readonly TraceProcesses _processes;
    private readonly Dictionary<Instance, InstanceTrack> _tracks = [];
    private SimTime _lastWritten;

    /// <summary>Begins the file with the names of the instances.</summary>
    /// <exception cref="UserErrorException">The path cannot be written, or its name says no format.</exception>
    public PerfettoTrace(OutputSet files, PerfettoOptions options, Scenario scenario)
    {
        options.RequireFormat();
        _options = options;
        var file = files.Add(PerfettoOptions.Option, options.Path);
        _compression = OutputCompression.Of(options.Path)?.Invoke(file);
        _stream = _compression ?? file;
        _json = new Utf8JsonWriter(_stream);
        _processes = new TraceProcesses(scenario);
        _json.WriteStartObject();
        _json.WriteString("displayTimeUnit", "ms");
        _json.WriteStartArray("traceEvents");
        foreach (var (place, process) in _processes.All)
        {
            Name(
                "process_name",
                process,
                $"{place.Stage} {place.Index}: {place.Spec.Accelerators} x {place.Spec.Hardware.Name}"
            );
            Name("thread_name", process, "iterations");
        }
    }

    /// <summary>Events that are in the file.</summary>
    public long Events { get; private set; }

    /// <summary>Events that are not, because it has as many as it may.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Takes an iteration.</summary>
    public void Add(EndedIteration iteration)
    {
        if (!_tracks.TryGetValue(iteration.Instance, out var track))
        {
            track = new InstanceTrack(_processes.Of(iteration.Instance));
            _tracks.Add(iteration.Instance, track);
        }

        if (track.IdleSince is { } idle && idle < iteration.Start)
        {
            Count(track.Process, idle, "batch", 0);
        }

        if (track.Batch != iteration.Requests || track.IdleSince != iteration.Start)
        {
            Count(track.Process, iteration.Start, "batch", iteration.Requests);
        }

        if (Begin("X", track.Process, iteration.Start, iteration.PromptTokens > 0 ? "prefill" : "decode"))
        {
            _json.WriteNumber("tid", IterationThread + track.TakeRow(iteration.Start, iteration.End));
            _json.WriteNumber("dur", Microseconds(iteration.End) - Microseconds(iteration.Start));
            _json.WriteStartObject("args");
            _json.WriteNumber("requests", iteration.Requests);
            _json.WriteNumber("prompt_tokens", iteration.PromptTokens);
            _json.WriteEndObject();
            End();
        }

        AddState(track, iteration);
        (track.Batch, track.IdleSince) = (iteration.Requests, iteration.End);
    }

    /// <summary>Takes a request that has finished or was rejected.</summary>
    public void Add(RequestRecord record)
    {
        if (record.IsRejected)
        {
            if (Begin("i", TraceProcesses.First, record.Arrival, Outcomes.Name(record.Outcome)))
            {
                _json.WriteNumber("tid", IterationThread);
                _json.WriteString("s", "p");
                _json.WriteStartObject("args");
                _json.WriteNumber("id", record.Id);
                _json.WriteString("reason", record.RejectionReason);
                _json.WriteEndObject();
                End();
            }

            return;
        }

        var prefill = _processes.Of(InstancePlace.Prefill, record.PrefillInstance);
        Slice(
            prefill,
            record,
            $"request {record.Id.ToString(CultureInfo.InvariantCulture)}",
            record.Arrival,
            record.Finish,
            isWhole: true
        );
        Slice(prefill, record, "queue", record.Arrival, record.PrefillStart);
        Slice(prefill, record, "prefill", record.PrefillStart, record.PrefillFinish);
        if (record.DecodeInstance >= 0)
        {
            Slice(prefill, record, "transfer", record.PrefillFinish, record.TransferFinish);
            Slice(prefill, record, "decode queue", record.TransferFinish, record.FirstDecodeStart);
            Slice(prefill, record, "decode", record.FirstDecodeStart, record.Finish);
        }
    }

    /// <summary>Ends the file.</summary>
    public void Complete()
    {
        foreach (var track in _tracks.Values)
        {
            Count(track.Process, track.IdleSince!.Value, "batch", 0);
        }

        _json.WriteEndArray();
        _json.WriteStartObject("otherData");
        _json.WriteString("version", $"LlmSim {ProductVersion.Text}");
        _json.WriteNumber("events", Events);
        _json.WriteNumber("left_out", LeftOut);
        _json.WriteEndObject();
        _json.WriteEndObject();
        Dispose();
    }

    /// <summary>What is to be said of the file.</summary>
    public string Describe() =>
        LeftOut == 0
            ? $"{_options.Path}: {Figures.Count(Events)} events"
            : $"{_options.Path}: {Figures.Count(Events)} events to {Figures.Number(_lastWritten.Seconds)} s of simulated time; "
                + $"{Figures.Count(LeftOut)} later ones are left out (--trace_limit)";

    /// <inheritdoc />
    public void Dispose()
    {
        // It writes what it still holds, before the compression ends.
        _json.Dispose();
        _compression?.Dispose();
    }

    /// <summary>What else an instance has, when it has changed.</summary>
    private void AddState(InstanceTrack track, in EndedIteration iteration)
    {
        var instance = iteration.Instance;
        if (track.Queue != instance.QueuedRequests)
        {
            track.Queue = instance.QueuedRequests;
            Count(track.Process, iteration.End, "queue", track.Queue);
        }

        var percent = Math.Round(100.0 * instance.HeldKvBytes / Math.Max(1, instance.KvCapacityBytes), 1);
        if (!track.KvPercent.Equals(percent))
        {
            track.KvPercent = percent;
            Count(track.Process, iteration.End, "KV %", percent);
        }
    }

    private void Name(string kind, int process, string name)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", "M");
        _json.WriteString("name", kind);
        _json.WriteNumber("pid", process);
        _json.WriteNumber("tid", IterationThread);
        _json.WriteStartObject("args");
        _json.WriteString("name", PageText.Plain(name));
        _json.WriteEndObject();
        End();
    }

    private void Count(int process, SimTime time, string name, double value)
    {
        if (Begin("C", process, time, name))
        {
            _json.WriteStartObject("args");
            _json.WriteNumber("value", value);
            _json.WriteEndObject();
            End();
        }
    }

    /// <summary>A phase of a request: both ends or none, so that every begin has its end.</summary>
    private void Slice(
        int process,
        in RequestRecord record,
        string name,
        SimTime start,
        SimTime end,
        bool isWhole = false
    )
    {
        if (end <= start && !isWhole)
        {
            return;
        }

        if (Events + 2 > _options.MostEvents)
        {
            LeftOut += 2;
            return;
        }

        _ = Begin("b", process, start, name);
        _json.WriteString("cat", Requests);
        _json.WriteNumber("id", record.Id);
        if (isWhole)
        {
            _json.WriteStartObject("args");
            _json.WriteNumber("prompt_tokens", record.TraceInputTokens);
            _json.WriteNumber("output_tokens", record.TraceOutputTokens);
            _json.WriteNumber("decode_instance", record.DecodeInstance);
            _json.WriteNumber("evictions", record.Evictions);
            _json.WriteEndObject();
        }

        End();
        _ = Begin("e", process, end, name);
        _json.WriteString("cat", Requests);
        _json.WriteNumber("id", record.Id);
        End();
    }

    private bool Begin(string phase, int process, SimTime time, string name)
    {
        if (Events >= _options.MostEvents)
        {
            LeftOut++;
            return false;
        }

        _lastWritten = time > _lastWritten ? time : _lastWritten;
        _json.WriteStartObject();
        _json.WriteString("ph", phase);
        _json.WriteString("name", name);
        _json.WriteNumber("pid", process);
        _json.WriteNumber("ts", Microseconds(time));
        return true;
    }

    private void End()
    {
        _json.WriteEndObject();
        Events++;
        if (_json.BytesPending > FlushBytes)
        {
            _json.Flush();
        }
    }

    private static long Microseconds(SimTime time) => time.Nanoseconds / 1000;
}
