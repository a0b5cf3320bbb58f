using LlmSim.Experiments.Results;

namespace LlmSim.Experiments.Sweeps;

/// <summary>
/// The per-request files of a sweep: <c>requests.csv</c> stands for <c>requests-HASH.csv</c> of each point, whose hash is that of
/// its configuration. So a file keeps its name when the sweep grows.
/// </summary>
internal sealed class PointRequestsFiles
{
    private const string Option = "--requests_output";
    private const int HashDigits = 16;

    private readonly string _path;
    private readonly Func<Stream, IReadOnlyList<RequestColumn>, RequestsWriter> _create;

    /// <summary>Of a path like that of a single run's file.</summary>
    /// <exception cref="UserErrorException">The extension says no format that can be written.</exception>
    public PointRequestsFiles(string path)
    {
        _path = path;
        _create = RequestsWriter.ForExtension(Option, path);
    }

    /// <summary>The name of a point's file, without its folder.</summary>
    public string Name(PreparedPoint point) =>
        $"{Path.GetFileNameWithoutExtension(_path)}-{point.Hash[..HashDigits]}{Path.GetExtension(_path)}";

    /// <summary>Whether a point's file is as the journal says.</summary>
    public bool IsThere(JournalEntry entry) =>
        entry.RequestsFile is { } name
        && new FileInfo(InFolder(name)) is { Exists: true } file
        && file.Length == entry.RequestsBytes;

    /// <summary>Opens a point's file under a temporary name.</summary>
    public OutputFile Open(PreparedPoint point) => new(Option, InFolder(Name(point)));

    /// <summary>A writer of a point's results.</summary>
    public RequestsWriter Writer(PreparedPoint point, Stream stream)
    {
        var configuration = point.Point.Configuration;
        return _create(
            stream,
            RequestColumns.For(configuration.TtftSloSeconds, configuration.TpotSloSeconds)
        );
    }

    private string InFolder(string name) => Path.Combine(Path.GetDirectoryName(_path) ?? "", name);
}
