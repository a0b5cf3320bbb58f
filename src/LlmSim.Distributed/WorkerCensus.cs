using System.Collections.Concurrent;
using System.Diagnostics;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Distributed;

/// <summary>The workers that say that they are there, as a sweep hears them.</summary>
internal sealed class WorkerCensus : IAsyncDisposable
{
    /// <summary>How often a worker says so.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_silence = 4 * Interval;

    private readonly ConcurrentDictionary<string, long> _heard = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _listening;
    private readonly bool _needsCode;
    private bool _hasTrouble;
    private readonly Action<string> _tell;

    public WorkerCensus(QueueServer server, bool needsCode, Action<string> tell)
    {
        (_needsCode, _tell) = (needsCode, tell);
        _listening = Task.Run(() => ListenAsync(server), CancellationToken.None);
    }

    /// <summary>Workers that can take part.</summary>
    public int Count => _heard.Values.Count(time => Stopwatch.GetElapsedTime(time) < s_silence);

    /// <summary>Whether a worker has told that it lacks inputs, since this was asked last.</summary>
    public bool TakeTrouble() => Interlocked.Exchange(ref _hasTrouble, false);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ListenAsync(QueueServer server)
    {
        try
        {
            var messages = server.Connection.SubscribeAsync<byte[]>(
                QueueStreams.Workers,
                cancellationToken: _stop.Token
            );
            await foreach (var message in messages.ConfigureAwait(false))
            {
                if (QueueJson.Read<WorkerPresence>(message.Data) is { } worker)
                {
                    Hear(worker);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }

    private void Hear(WorkerPresence worker)
    {
        if (worker.Simulator != InputFingerprint.Simulator.Content)
        {
            TellOnce(
                worker.Host,
                $"the worker {worker.Host} is llmsim {worker.Simulator}, this sweep is {InputFingerprint.Simulator.Content}: it gets no points. Give it the same build on the same kind of machine."
            );
        }
        else if (_needsCode && !worker.AllowsCode)
        {
            TellOnce(
                worker.Host,
                $"the worker {worker.Host} runs no code from the network, and this sweep has some: start it with --allow_code if you trust this sweep."
            );
        }
        else if (worker.Trouble is { } trouble)
        {
            Interlocked.Exchange(ref _hasTrouble, true);
            _heard.TryRemove(worker.Host, out _);
            TellOnce(worker.Host, $"the worker {worker.Host} cannot run its point: {trouble}");
        }
        else
        {
            _heard[worker.Host] = Stopwatch.GetTimestamp();
        }
    }

    private void TellOnce(string host, string message)
    {
        if (_told.Add(host + message))
        {
            _tell($"warning: {message}");
        }
    }
}
