using LlmSim.Workloads;

namespace LlmSim.Experiments.Planning;

/// <summary>What a workload asks for.</summary>
internal static class PlanLoad
{
    /// <summary>The bound of a question's workload.</summary>
    /// <exception cref="UserErrorException">The workload is wrong, or has no rate.</exception>
    public static LoadBound Of(PlanQuestion question)
    {
        var configuration = question.Base;
        if (configuration.Concurrency is not null)
        {
            throw new UserErrorException(
                "concurrency: a plan is for a rate of requests, and a closed loop has none; give --lambda_arrival, or a trace with times"
            );
        }

        var model = ModelSource.Load(
            configuration.Model,
            configuration.Catalogs.Models,
            configuration.MaxModelLen
        );
        RequestSpec[] requests =
        [
            .. (Experiment.CreateWorkload(configuration) with { ReadHashIds = true })
                .ToRequests()
                .Take(question.FullRequests),
        ];
        if (requests.Length == 0)
        {
            throw new UserErrorException($"{configuration.TracePath}: has no requests to plan for");
        }

        if (configuration.Autoscale is not null)
        {
            throw new UserErrorException(
                "autoscale: a plan prices clusters whose instances run all the time; allowed: llmsim run and llmsim sweep"
            );
        }

        if (Array.Exists(requests, request => request.Conversation is not null))
        {
            throw new UserErrorException(
                "request_source: a plan is for requests of a given rate, and the later ones of a conversation come when those before have ended; "
                    + "allowed: sources and traces of single requests (llmsim run and llmsim sweep simulate conversations)"
            );
        }

        return LoadBound.Of(
            model,
            question
                .Shapes.Select(shape => shape.Setup.ApplyTo(configuration).Precision)
                .Distinct()
                .Select(precision => precision.Resolve(model)),
            requests,
            IsOfAnyRate(question) ? 1 : RateOf(configuration, requests)
        );
    }

    private static bool IsOfAnyRate(PlanQuestion question) =>
        question.Objective == PlanObjective.Rate
        || question is { Objective: PlanObjective.Goodput, HasArrivals: false };

    private static double RateOf(RunConfiguration configuration, RequestSpec[] requests)
    {
        if (Experiment.CreateWorkload(configuration).GivenRate is { } rate)
        {
            return rate;
        }

        var seconds = (requests[^1].Arrival - requests[0].Arrival).Seconds;
        return configuration.TracePath is not null && seconds > 0
            ? (requests.Length - 1) / seconds
            : throw new UserErrorException(
                "lambda_arrival: a plan needs a rate of requests; give --lambda_arrival, or a trace with times"
            );
    }
}
