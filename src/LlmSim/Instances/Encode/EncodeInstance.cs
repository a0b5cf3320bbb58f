using System.Runtime.InteropServices;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Instances.Encode;

/// <summary>
/// Encodes pictures and other media in the order in which they come, so many at a time, and sends their embeddings away one after another over its link.
/// </summary>
internal sealed class EncodeInstance
{
    private readonly EncoderTime _time;
    private readonly Simulation _simulation;
    private readonly EventTimer _finish;
    private readonly EventTimer _arrive;
    private readonly Action<EncodePart> _onArrived;
    private readonly List<EncodePart> _waiting = [];
    private readonly List<EncodePart> _running = [];
    private readonly Queue<EncodePart> _sending = new();
    private readonly List<MediaShape> _images = [];
    private SimTime _start;
    private SimTime _end;
    private SimTime _linkFree;
    private double _waitingSeconds;

    /// <summary>An instance.</summary>
    /// <param name="index">Its number among its kind.</param>
    /// <param name="spec">What it is.</param>
    /// <param name="time">Its times.</param>
    /// <param name="simulation">The clock.</param>
    /// <param name="onArrived">The embeddings of a picture have come to where they are wanted.</param>
    public EncodeInstance(
        int index,
        InstanceSpec spec,
        EncoderTime time,
        Simulation simulation,
        Action<EncodePart> onArrived
    )
    {
        (Index, Spec, _time, _simulation, _onArrived) = (index, spec, time, simulation, onArrived);
        _finish = simulation.CreateTimer(EventRanks.PrefillFinish, Finish);
        _arrive = simulation.CreateTimer(EventRanks.TransferFinish, Arrive);
    }

    public int Index { get; }

    public InstanceSpec Spec { get; }

    /// <summary>Pictures that were encoded.</summary>
    public long Encoded { get; private set; }

    /// <summary>How often it encoded some together.</summary>
    public long Batches { get; private set; }

    public SimTime Busy { get; private set; }

    /// <summary>Seconds until what is here has been encoded, each picture alone.</summary>
    public double SecondsAhead =>
        _waitingSeconds + (_running.Count > 0 ? (_end - _simulation.Now).Seconds : 0);

    /// <summary>Takes a picture in.</summary>
    public void Accept(EncodeJob job, in MediaShape image, long bytesOfEmbedding)
    {
        var part = new EncodePart(
            job,
            image,
            _time.Seconds(image),
            (double)image.Embeddings * bytesOfEmbedding
        );
        _waiting.Add(part);
        _waitingSeconds += part.Seconds;
        StartNext();
    }

    /// <summary>The client of a request has gone: what waits of it is not encoded.</summary>
    public void Withdraw(EncodeJob job)
    {
        _waiting.RemoveAll(part => part.Job == job);
        _waitingSeconds = _waiting.Sum(part => part.Seconds);
    }

    public override string ToString() => $"encode instance {Index}";

    /// <summary>States that nothing is left, at the end of a run.</summary>
    public void RequireEmpty() =>
        Invariant.Require(
            _waiting.Count + _running.Count + _sending.Count == 0,
            $"{this} ended with {_waiting.Count} pictures that wait, {_running.Count} that run, {_sending.Count} that are sent"
        );

    private void StartNext()
    {
        if (_running.Count > 0 || _waiting.Count == 0)
        {
            return;
        }

        var count = Math.Min(Spec.EncodeBatch, _waiting.Count);
        _running.AddRange(_waiting[..count]);
        _waiting.RemoveRange(0, count);
        _waitingSeconds = _waiting.Count == 0 ? 0 : _waitingSeconds - _running.Sum(part => part.Seconds);
        _images.Clear();
        foreach (var part in _running)
        {
            _images.Add(part.Image);
            if (part.Job.Request is { } request)
            {
                request.EncodeStart ??= _simulation.Now;
            }
        }

        _start = _simulation.Now;
        try
        {
            _end = _start + SimTime.FromSeconds(_time.Seconds(CollectionsMarshal.AsSpan(_images)));
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error($"the pictures that {this} begins to encode at {_start}", e);
        }

        _finish.Set(_end);
    }

    private void Finish()
    {
        Busy += _simulation.Now - _start;
        Batches++;
        Encoded += _running.Count;
        foreach (var part in _running)
        {
            Send(part);
        }

        _running.Clear();
        _arrive.Set(_sending.Peek().Arrival);
        StartNext();
    }

    private void Send(EncodePart part)
    {
        var begin = _linkFree > _simulation.Now ? _linkFree : _simulation.Now;
        try
        {
            _linkFree = begin + SimTime.FromSeconds(part.Bytes / Spec.KvLinkBytesPerSecond);
            part.Arrival = _linkFree + SimTime.FromSeconds(Spec.KvLinkLatencySeconds);
        }
        catch (ClockRangeException e)
        {
            throw ClockEnd.Error($"the transfer of embeddings that {this} begins at {begin}", e);
        }

        _sending.Enqueue(part);
    }

    private void Arrive()
    {
        var part = _sending.Dequeue();
        if (_sending.TryPeek(out var next))
        {
            _arrive.Set(next.Arrival);
        }

        _onArrived(part);
    }
}
