namespace LlmSim.Policies;

/// <summary>What a gateway can learn by itself: the mean output of the requests of the same class and model that were served so far.</summary>
[Policy(
    "class_mean",
    Decisions = PolicyDecisions.OutputPredictor,
    IgnoresTtftDeadline = true,
    Summary = "the mean output of the served requests of the same class"
)]
internal sealed class ClassMeanPolicy : IOutputPredictorPolicy, IFeedbackPolicy
{
    private readonly Dictionary<(string Class, string? Model), (long Requests, long Tokens)> _served = [];

    [PolicyOption(
        "least",
        Min = 1,
        Max = 1e9,
        Summary = "requests of a class from which on there is a prediction"
    )]
    public int Least { get; set; } = 10;

    public int? Predict(in PredictionContext context)
    {
        var (requests, tokens) = _served.GetValueOrDefault((context.Request.Class, context.Request.Model));
        return requests >= Least ? (int)Math.Max(1, Math.Round((double)tokens / requests)) : null;
    }

    public void OnFinished(in FinishedRequest request)
    {
        if (request.Outcome == Outcome.Finished)
        {
            var (requests, tokens) = _served.GetValueOrDefault((request.Class, request.Model));
            _served[(request.Class, request.Model)] = (requests + 1, tokens + request.OutputTokens);
        }
    }
}
