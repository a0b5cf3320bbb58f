using LlmSim.Kernel;

namespace LlmSim.Transfers;

/// <summary>What there is of a KV cache whose prompt is still being computed: bytes that are there, and the rate at which more of them come.</summary>
/// <param name="bytes">Bytes that are there at the start.</param>
/// <param name="now">The simulated clock.</param>
internal sealed class KvSupply(long bytes, SimTime now)
{
    /// <summary>Parts that are being computed, the first one first.</summary>
    private readonly List<ComputedPart> _parts = [];

    private double _bytes = bytes;
    private SimTime _since = now;

    /// <summary>Bytes that are there, or that a part under way makes.</summary>
    public long Planned { get; private set; } = bytes;

    /// <summary>Rate at which layers are computed now.</summary>
    public double BytesPerSecond
    {
        get
        {
            var sum = 0.0;
            foreach (var part in _parts)
            {
                sum += part.BytesPerSecond;
            }

            return sum;
        }
    }

    /// <summary>Bytes that are there, had nothing been sent.</summary>
    public double BytesReady(SimTime now) => _bytes + (BytesPerSecond * (now - _since).Seconds);

    /// <summary>A part is being computed.</summary>
    public void Begin(ComputedPart part)
    {
        _parts.Add(part);
        Planned += part.Bytes;
    }

    /// <summary>The first layer of a part has been computed: the others follow evenly, but for the last, which is there with the end of the part.</summary>
    /// <returns>Whether the part is still under way.</returns>
    public bool Flow(ComputedPart part, SimTime now)
    {
        if (!_parts.Contains(part))
        {
            return false;
        }

        Advance(now);
        part.IsFlowing = true;
        return true;
    }

    /// <summary>All parts up to so many tokens have been computed, and their bytes are there.</summary>
    /// <param name="tokens">Tokens.</param>
    /// <param name="bytes">Those of so many tokens.</param>
    /// <param name="now">The simulated clock.</param>
    /// <returns>Bytes that have come with the ends of the parts.</returns>
    public double End(int tokens, long bytes, SimTime now)
    {
        Advance(now);
        var come = 0.0;
        while (_parts.Count > 0 && _parts[0].ToTokens <= tokens)
        {
            come += _parts[0].Bytes - _parts[0].BytesBefore;
            _parts.RemoveAt(0);
        }

        if (bytes > Planned)
        {
            come += bytes - Planned;
            Planned = bytes;
        }

        _bytes += come;
        return come;
    }

    private void Advance(SimTime now)
    {
        _bytes = BytesReady(now);
        _since = now;
    }
}

/// <summary>A part of a prompt whose layers are computed one after the other.</summary>
/// <param name="toTokens">Tokens of the prompt up to its end.</param>
/// <param name="bytes">Bytes of all its layers.</param>
/// <param name="layers">Layers.</param>
/// <param name="begin">When it begins.</param>
/// <param name="end">When it ends.</param>
internal sealed class ComputedPart(int toTokens, long bytes, int layers, SimTime begin, SimTime end)
{
    public int ToTokens => toTokens;

    public long Bytes => bytes;

    public SimTime End => end;

    /// <summary>When its first layer has been computed.</summary>
    public SimTime FirstLayer { get; } = begin + SimTime.FromSeconds((end - begin).Seconds / layers);

    public bool IsFlowing { get; set; }

    /// <summary>A layer for each layer that is computed.</summary>
    public double BytesPerSecond =>
        IsFlowing ? bytes * (layers - 1.0) / layers / (end - FirstLayer).Seconds : 0;

    /// <summary>Bytes that are there before it ends: those of all layers but the last.</summary>
    public double BytesBefore => IsFlowing ? bytes * (layers - 1.0) / layers : 0;
}
