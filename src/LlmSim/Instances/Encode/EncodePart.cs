using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Instances.Encode;

/// <summary>A request whose pictures are being encoded.</summary>
/// <param name="request">The request.</param>
/// <param name="parts">Pictures whose embeddings have not come.</param>
internal sealed class EncodeJob(Request request, int parts)
{
    /// <summary>Null when its client has gone.</summary>
    public Request? Request { get; set; } = request;

    public int Parts { get; set; } = parts;
}

/// <summary>A picture that waits, is encoded, or whose embeddings are on their way.</summary>
/// <param name="Job">The request that it belongs to.</param>
/// <param name="Image">The picture.</param>
/// <param name="Seconds">What it takes alone.</param>
/// <param name="Bytes">Bytes of its embeddings.</param>
internal sealed record EncodePart(EncodeJob Job, MediaShape Image, double Seconds, double Bytes)
{
    /// <summary>When its embeddings are there.</summary>
    public SimTime Arrival { get; set; }
}
