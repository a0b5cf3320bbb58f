using LlmSim.Experiments.Sweeps;
using NATS.Client.Core;

namespace LlmSim.Distributed;

/// <summary>How a sweep uses a queue.</summary>
/// <param name="Address">The server.</param>
/// <param name="WorkerTimeout">How long a worker may be silent before its point is given to another one.</param>
/// <param name="Journal">The journal of the sweep; null for none.</param>
/// <param name="CodeTimeoutSeconds">Wall time that an answer of a user's code may take.</param>
/// <param name="Command">The command that runs a point alone.</param>
/// <param name="Tell">Told what a user should know.</param>
internal sealed record QueueOptions(
    QueueAddress Address,
    TimeSpan WorkerTimeout,
    string? Journal,
    double CodeTimeoutSeconds,
    Func<PreparedPoint, string> Command,
    Action<string> Tell
);

/// <summary>Workers that take simulations from a queue.</summary>
internal sealed class QueueRunner(QueueOptions options) : ISimulationRunner, IDisposable
{
    private const int StudyDigits = 16;

    private QueueServer? _server;
    private WorkerCensus? _census;
    private readonly Dictionary<string, string> _hashes = new(StringComparer.Ordinal);
    private Session? _session;
    private bool _isDone;

    /// <inheritdoc />
    public int? Workers => _census?.Count ?? 0;

    /// <summary>Connects, so that a server that cannot be used is known before anything is read or written.</summary>
    /// <exception cref="UserErrorException">It cannot be used.</exception>
    public void Connect(CancellationToken cancellation) =>
        _server = QueueServer
            .ConnectAsync(options.Address, options.Tell, cancellation)
            .GetAwaiter()
            .GetResult();

    /// <inheritdoc />
    public void Run(SimulationWork work, CancellationToken cancellation)
    {
        if (work.Simulations.Count == 0)
        {
            return;
        }

        try
        {
            RunAsync(work, cancellation).GetAwaiter().GetResult();
        }
        catch (NatsException e) when (QueueServer.IsFull(e))
        {
            throw _server!.Full(e);
        }
        catch (NatsException e)
        {
            throw new UserErrorException($"{options.Address.Text}: {e.Message}", e);
        }
    }

    /// <inheritdoc />
    public void Dispose() => DisposeAsync().GetAwaiter().GetResult();

    private async Task DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        if (_census is not null)
        {
            await _census.DisposeAsync().ConfigureAwait(false);
        }

        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task RunAsync(SimulationWork work, CancellationToken cancellation)
    {
        var points = work.Simulations.SelectMany(simulation => simulation).ToArray();
        var upload = StudyUpload.Of(points, work.Files, options.CodeTimeoutSeconds, HashOf);
        // What files are asked for is part of what is to be done.
        var study = InputFingerprint.HashText($"{work.Study}\n{upload.Outputs}")[..StudyDigits];
        if (_session is not { } session || session.Study != study || session.Upload.Hash != upload.Hash)
        {
            await CloseAsync().ConfigureAwait(false);
            _census ??= new WorkerCensus(_server!, upload.HasCode, options.Tell);
            _session = session = await OpenAsync(study, upload, cancellation).ConfigureAwait(false);
        }

        var round = new QueueRound(_server!, session.Queue, session.Lease, _census!, work, options);
        try
        {
            await round.RunAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            _isDone = round.IsDone;
        }
    }

    /// <summary>The content of an input, read once: rounds of one command have their inputs in common.</summary>
    private string HashOf(string path)
    {
        if (!_hashes.TryGetValue(path, out var hash))
        {
            hash = FileHash.OfFile(path);
            _hashes.Add(path, hash);
        }

        return hash;
    }

    private async Task<Session> OpenAsync(string study, StudyUpload upload, CancellationToken cancellation)
    {
        var lease = await StudyLease
            .TakeAsync(_server!, study, options.Journal, cancellation)
            .ConfigureAwait(false);
        try
        {
            var queue = await StudyQueue
                .OpenAsync(_server!, study, upload, options.WorkerTimeout, cancellation)
                .ConfigureAwait(false);
            return new Session(study, upload, lease, queue);
        }
        catch
        {
            await lease.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task CloseAsync()
    {
        if (_session is not { } session)
        {
            return;
        }

        _session = null;
        // What another sweep has taken over is that one's.
        if (session.Lease.Successor is null)
        {
            await session
                .Queue.ClearAsync(_isDone, await IsAlone(session.Lease).ConfigureAwait(false))
                .ConfigureAwait(false);
        }

        await session.Queue.DisposeAsync().ConfigureAwait(false);
        await session.Lease.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<bool> IsAlone(StudyLease lease)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            return await lease.IsAloneAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (QueueServer.IsTransient(e))
        {
            return false;
        }
    }

    /// <summary>A study for as long as its simulations are run: those of a plan come in several rounds.</summary>
    private sealed record Session(string Study, StudyUpload Upload, StudyLease Lease, StudyQueue Queue);
}
