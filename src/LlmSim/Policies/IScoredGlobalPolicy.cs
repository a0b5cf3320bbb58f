namespace LlmSim.Policies;

/// <summary>
/// A routing policy that scores each instance by itself; the lowest score gets the request. Equal scores go to the
/// instance that comes first.
/// </summary>
public interface IScoredGlobalPolicy : IGlobalPolicy
{
    /// <summary>Score of an instance for the request: lower is better; never NaN.</summary>
    double Score(in InstanceView instance, in RequestView request);

    /// <inheritdoc />
    int IGlobalPolicy.Choose(in GlobalContext context)
    {
        var request = context.Request;
        var best = 0;
        var bestScore = NumberOf(context.Instances[0], request);
        for (var i = 1; i < context.Instances.Count; i++)
        {
            var score = NumberOf(context.Instances[i], request);
            if (score < bestScore)
            {
                (best, bestScore) = (i, score);
            }
        }

        return best;
    }

    // Nothing is below NaN, so an instance with such a score would win by its place alone.
    private double NumberOf(in InstanceView instance, in RequestView request)
    {
        var score = Score(instance, request);
        return double.IsNaN(score)
            ? throw new ArithmeticException($"its score of instance {instance.Index} is not a number")
            : score;
    }
}
