using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <summary>
/// Writes per-request results in the order of their ids, though requests finish in another order: a record waits only
/// until those before it have come, so the memory is bounded by what is out of order.
/// </summary>
internal abstract class RequestsWriter
{
    private readonly Dictionary<long, RequestRecord> _waiting = [];
    private long _nextId;

    /// <summary>The writer for a file, by its extension.</summary>
    /// <exception cref="UserErrorException">There is no writer for that extension.</exception>
    public static Func<Stream, IReadOnlyList<RequestColumn>, RequestsWriter> ForExtension(
        string option,
        string path
    ) =>
        OutputFormat.IsParquet(option, path)
            ? (stream, columns) => new RequestsParquetWriter(stream, columns)
            : (stream, columns) => new RequestsCsvWriter(stream, columns);

    /// <summary>Takes a record, in any order of ids; each id from 0 comes once.</summary>
    public void Add(RequestRecord record)
    {
        if (record.Id != _nextId)
        {
            var isNew = record.Id > _nextId && _waiting.TryAdd(record.Id, record);
            Invariant.Require(isNew, $"request {record.Id} was recorded twice");
            return;
        }

        do
        {
            Write(record);
            _nextId++;
        } while (_waiting.Remove(_nextId, out record));
    }

    /// <summary>Writes what is left and ends the file.</summary>
    public void Complete()
    {
        Invariant.Require(_waiting.Count == 0, $"request {_nextId} was never recorded");
        Finish();
    }

    protected abstract void Write(in RequestRecord record);

    protected abstract void Finish();
}
