using LlmSim.Performance;

namespace LlmSim.Testing;

/// <summary>An instance that says what it is told to say.</summary>
internal sealed class StagedInstance(
    int index,
    InstanceSpec spec,
    long kvCapacityBytes = StagedInstance.Capacity
) : Instance(index, spec, new OneSecondAToken(), kvCapacityBytes)
{
    public const int Capacity = 1000;

    public int Queued { get; init; }
    public int Running { get; init; }
    public long Committed { get; init; }
    public double Work { get; init; }
    public int Cached { get; init; }

    public override int QueuedRequests => Queued;
    public override int RunningRequests => Running;
    public override long CommittedKvBytes => Committed;
    public override long HeldKvBytes => Committed;
    public override long KvBytesPerToken => 1;

    public override int CachedPrefixTokens(Request request) => Math.Min(Cached, request.InputTokens - 1);

    public override int FetchableTokens(int tokens) => tokens;

    public override double EstimatedWork(Request request, Stage stage) => Work;

    public override double PrefillQueueSeconds(Request request) => Work;

    public override bool CanEverHold(Request request) => true;

    public override void Accept(Request request) => throw OnlyLookedAt();

    public override void CopyQueueTo(List<Request> requests) => throw OnlyLookedAt();

    public override void CopyRunningTo(ICollection<RunningState> running) { }

    public override bool IsEmpty => Queued + Running == 0;

    public override double BusySeconds => 0;

    public override void Withdraw(Request request) => throw OnlyLookedAt();

    public override void Fail() => throw OnlyLookedAt();

    public override void RequireEmpty() => throw OnlyLookedAt();

    private static NotSupportedException OnlyLookedAt() => new("a staged instance is there to be looked at");

    private sealed class OneSecondAToken : IPerformanceModel
    {
        public double Seconds(in IterationBatch batch) => batch.Tokens;
    }
}
