using NATS.Client.Core;
using NATS.Client.JetStream;

namespace LlmSim.Distributed;

/// <summary>Says to the queue that a simulation is still under way.</summary>
internal sealed class WorkHeartbeat : IDisposable
{
    /// <summary>Short beside any time that a sweep may give its workers.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly Timer _timer;

    public WorkHeartbeat(INatsJSMsg<byte[]> message) =>
        _timer = new Timer(_ => Beat(message), null, s_interval, s_interval);

    public void Dispose() => _timer.Dispose();

    private static async void Beat(INatsJSMsg<byte[]> message)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await message.AckProgressAsync(cancellationToken: patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NatsException || QueueServer.IsTransient(e))
        {
            // The next one may get through.
        }
    }
}
