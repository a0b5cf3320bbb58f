// Times of iterations of your own: here the roofline, reached to a share, and a fixed time beside it. The two figures are examples;
// put in what you measured, or compute the times in another way. It is compiled when llmsim starts: save, and run
//
//     llmsim performance check mine:samples/performance/derated.cs
//     llmsim run --performance mine:samples/performance/derated.cs

[PerformanceModel("derated")]
public sealed class DeratedModel(PerformanceContext context) : IPerformanceModel
{
    private const double ReachedShare = 0.7;
    private const double SecondsBeside = 0.001;

    // Shapes of the model, formats, accelerators and the run's options are in the context.
    private readonly RooflineModel _roofline = new(
        context.Model,
        context.Precision,
        context.Instance,
        context.Semantics
    );

    // Seconds of one iteration. The batch has chunks of prompts (PrefillRequests, PrefillTokens, …), requests that decode
    // (DecodeRequests, DecodeComputedTokens, …) or both. The same batch must always take the same time.
    public double Seconds(in IterationBatch batch) =>
        SecondsBeside + (_roofline.Seconds(batch) / ReachedShare);

    // Optional: how the times of iterations that only decode go on while each request gets a token an iteration. Without it the
    // simulator asks for every iteration, with it once for a whole run of them.
    public DecodeTrend Trend(in IterationBatch batch)
    {
        var trend = _roofline.Trend(batch);
        return new(
            SecondsBeside + (trend.Seconds / ReachedShare),
            trend.GrowthSeconds / ReachedShare,
            trend.Iterations
        );
    }
}
