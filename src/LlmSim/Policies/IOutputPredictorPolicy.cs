using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// Predicts how long outputs will be, for all other policies: output_predictor. It is asked when a request is sent, and does not see its true length. With
/// <see cref="IFeedbackPolicy" /> it hears of those that have ended.
/// </summary>
public interface IOutputPredictorPolicy
{
    /// <summary>Output of a request in tokens, at least 1; null when nothing can be said.</summary>
    int? Predict(in PredictionContext context);
}

/// <summary>What a prediction may look at.</summary>
public readonly ref struct PredictionContext
{
    internal PredictionContext(SimTime now, Request request, RandomStream random)
    {
        Now = now;
        Request = new RequestView(request);
        Random = random;
    }

    /// <summary>The simulated clock.</summary>
    public SimTime Now { get; }

    /// <summary>The request that was sent.</summary>
    public RequestView Request { get; }

    /// <summary>The decision's own random stream.</summary>
    public RandomStream Random { get; }
}
