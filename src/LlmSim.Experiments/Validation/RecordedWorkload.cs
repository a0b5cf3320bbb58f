using LlmSim.Kernel;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Validation;

/// <summary>The requests of a recorded run, with the content of their prompts where the workload is at hand.</summary>
internal static class RecordedWorkload
{
    private const int Levels = 3;

    /// <summary>A workload near the run whose requests have the lengths of the run's; null when there is none.</summary>
    public static string? Find(RecordedRun run, string folder) =>
        FoldersAround(folder)
            .SelectMany(JsonLinesIn)
            .Where(path => Path.GetFileName(path) != "requests.jsonl")
            .FirstOrDefault(path => TryRead(path) is { } requests && Fits(run, requests));

    /// <summary>Files of a folder that may be workloads: none where it may not be read, and no pipe, which might never end.</summary>
    private static IEnumerable<string> JsonLinesIn(string folder)
    {
        try
        {
            return InputFolder.Files(folder, "*.jsonl").Where(path => new FileInfo(path).Length > 0);
        }
        catch (UserErrorException)
        {
            // Nobody named it: it lies above the run.
            return [];
        }
    }

    /// <summary>The run's folder and those above it.</summary>
    public static IEnumerable<string> FoldersAround(string folder)
    {
        var around = new DirectoryInfo(folder);
        for (var level = 0; level < Levels && around is not null; level++, around = around.Parent)
        {
            yield return around.FullName;
        }
    }

    /// <summary>The requests in the order in which they came.</summary>
    /// <exception cref="UserErrorException">The workload cannot be read, or is another run's.</exception>
    public static RequestSpec[] Requests(RecordedRun run, string? workloadPath, int blockTokens)
    {
        var workload = workloadPath is null ? null : Read(workloadPath);
        if (workload is not null && !Fits(run, workload))
        {
            throw new UserErrorException(
                $"{workloadPath}: its requests have other lengths than those of the run {run.Name}"
            );
        }

        return
        [
            .. run.Requests.Select(
                (request, index) =>
                    new RequestSpec(
                        index,
                        SimTime.FromSeconds(request.ArrivalSeconds),
                        request.InputTokens,
                        request.OutputTokens,
                        workload?[request.Number].HashIds,
                        blockTokens
                    )
            ),
        ];
    }

    private static bool Fits(RecordedRun run, RequestSpec[] workload) =>
        run.Requests.All(request =>
            request.Number < workload.Length
            && workload[request.Number].InputTokens == request.InputTokens
            && workload[request.Number].OutputTokens == request.OutputTokens
        );

    private static RequestSpec[]? TryRead(string path)
    {
        try
        {
            return Read(path);
        }
        catch (UserErrorException)
        {
            // Some other file that ends in .jsonl.
            return null;
        }
    }

    private static RequestSpec[] Read(string path)
    {
        using var stream = InputFile.OpenRows(path);
        return
        [
            .. TraceReader.Read(
                stream,
                path,
                new TraceOptions { Limits = InputLimits.Current },
                readHashIds: true
            ),
        ];
    }
}
