using LlmSim.Kernel;

namespace LlmSim.Instances.Decode;

/// <summary>A boundary between iterations: what it found since <paramref name="Started" /> and what it left.</summary>
internal readonly record struct DecodeBoundary(
    DecodeInstance Instance,
    SimTime Started,
    SimTime Time,
    int RunningBefore,
    int Finished,
    int Evicted,
    int QueuedBefore,
    int QueuedAfter,
    int RunningAfter,
    long ContextTokensAfter,
    SimTime? NextBoundary
);
