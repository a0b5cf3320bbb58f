using System.Diagnostics;
using LlmSim.Experiments.Sweeps;
using NATS.Client.Core;
using NATS.Client.KeyValueStore;

namespace LlmSim.Distributed;

/// <summary>The right to be the one sweep of a study. It is renewed while the sweep is at work, and ends soon after it has died.</summary>
internal sealed class StudyLease : IAsyncDisposable
{
    private static readonly TimeSpan s_renewal = QueueStreams.LeaseTime / 5;

    private readonly INatsKVStore _store;
    private readonly string _study;
    private readonly StudyLeaseText _text;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renewals;
    private ulong _revision;

    private StudyLease(INatsKVStore store, string study, StudyLeaseText text, ulong revision)
    {
        (_store, _study, _text, _revision) = (store, study, text, revision);
        _renewals = Task.Run(RenewAsync, CancellationToken.None);
    }

    /// <summary>The sweep that has it now, in its place; null while it has it itself.</summary>
    public StudyLeaseText? Successor { get; private set; }

    /// <summary>Takes it. A sweep whose journal this one holds is dead, and so is succeeded at once.</summary>
    /// <exception cref="UserErrorException">Another sweep has it.</exception>
    public static async Task<StudyLease> TakeAsync(
        QueueServer server,
        string study,
        string? journal,
        CancellationToken cancellation
    )
    {
        var store = await QueueServer
            .RetryAsync(stop => server.Keys.GetStoreAsync(QueueStreams.Studies, stop), cancellation)
            .ConfigureAwait(false);
        var text = new StudyLeaseText(
            FormattableString.Invariant(
                $"{Environment.MachineName}:{Environment.ProcessId}:{Stopwatch.GetTimestamp()}"
            ),
            Environment.MachineName,
            Environment.ProcessId,
            journal is null ? null : Path.GetFullPath(journal),
            InputFingerprint.Simulator.Content
        );
        while (true)
        {
            var created = await QueueServer
                .RetryAsync(
                    stop => store.TryCreateAsync(study, QueueJson.Write(text), cancellationToken: stop),
                    cancellation
                )
                .ConfigureAwait(false);
            if (created.Success)
            {
                return new StudyLease(store, study, text, created.Value);
            }

            if (
                await ReadAsync(store, study, cancellation).ConfigureAwait(false) is not var (other, revision)
            )
            {
                continue;
            }

            // An answer of the server may have been lost.
            var isMine = other.Owner == text.Owner;
            if (
                !isMine && (other.Host != text.Host || other.Journal is null || other.Journal != text.Journal)
            )
            {
                throw Taken(server.Address, other);
            }

            var updated = await QueueServer
                .RetryAsync(
                    stop =>
                        store.TryUpdateAsync(study, QueueJson.Write(text), revision, cancellationToken: stop),
                    cancellation
                )
                .ConfigureAwait(false);
            if (updated.Success)
            {
                return new StudyLease(store, study, text, updated.Value);
            }
        }
    }

    /// <summary>Fails once another sweep has it.</summary>
    /// <exception cref="UserErrorException">Another one has it.</exception>
    public void Require(string address)
    {
        if (Successor is { } other)
        {
            throw Taken(address, other);
        }
    }

    /// <summary>Whether a sweep of another study is at work.</summary>
    public async Task<bool> IsAloneAsync(CancellationToken cancellation)
    {
        await foreach (var key in _store.GetKeysAsync(cancellationToken: cancellation).ConfigureAwait(false))
        {
            if (key != _study)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Gives it back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewals.ConfigureAwait(false);
        _stop.Dispose();
        if (Successor is null)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            try
            {
                await _store
                    .PurgeAsync(_study, new NatsKVDeleteOpts { Revision = _revision }, patience.Token)
                    .ConfigureAwait(false);
            }
            catch (Exception e) when (e is NatsKVException || QueueServer.IsTransient(e))
            {
                // It ends by itself.
            }
        }
    }

    private static async Task<(StudyLeaseText Text, ulong Revision)?> ReadAsync(
        INatsKVStore store,
        string study,
        CancellationToken cancellation
    )
    {
        var entry = await QueueServer
            .RetryAsync(stop => store.TryGetEntryAsync<byte[]>(study, cancellationToken: stop), cancellation)
            .ConfigureAwait(false);
        return entry.Success && QueueJson.Read<StudyLeaseText>(entry.Value.Value) is { } text
            ? (text, entry.Value.Revision)
            : null;
    }

    private static UserErrorException Taken(string address, StudyLeaseText other) =>
        new(
            FormattableString.Invariant(
                $"{address}: process {other.Process} on {other.Host} runs the same already (journal {other.Journal ?? "none"}); wait for it or stop it. One that has died is forgotten after {QueueStreams.LeaseTime.TotalSeconds} s."
            )
        );

    private async Task RenewAsync()
    {
        try
        {
            while (Successor is null)
            {
                await Task.Delay(s_renewal, _stop.Token).ConfigureAwait(false);
                await RenewOnceAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It is given back.
        }
    }

    private async Task RenewOnceAsync()
    {
        var value = QueueJson.Write(_text);
        try
        {
            var renewed = await _store
                .TryUpdateAsync(_study, value, _revision, cancellationToken: _stop.Token)
                .ConfigureAwait(false);
            if (!renewed.Success)
            {
                // It has ended while the server was away, and may have been given to another one.
                renewed = await _store
                    .TryCreateAsync(_study, value, cancellationToken: _stop.Token)
                    .ConfigureAwait(false);
            }

            if (renewed.Success)
            {
                _revision = renewed.Value;
            }
            else if (
                await ReadAsync(_store, _study, _stop.Token).ConfigureAwait(false) is var (text, revision)
            )
            {
                // An answer of the server may have been lost.
                (_revision, Successor) = (revision, text.Owner == _text.Owner ? null : text);
            }
        }
        catch (Exception e)
            when ((e is NatsException || QueueServer.IsTransient(e)) && !_stop.IsCancellationRequested)
        {
            // The next renewal may reach the server, or one that is set up again.
        }
    }
}
