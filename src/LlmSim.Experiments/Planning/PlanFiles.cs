using System.Globalization;
using System.Text;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Planning;

/// <summary>The files of an answer: a table, the same as JSON, and a folder for each candidate with what runs and deploys it.</summary>
internal static class PlanFiles
{
    private const string Option = "--output";

    /// <summary>Name of the journal in the folder of a plan.</summary>
    public const string Journal = "plan.journal.sqlite";

    /// <summary>Writes them: all of them appear, or none.</summary>
    /// <param name="folder">The folder, which is there.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="candidates">Everything that was simulated under load, for the pictures.</param>
    /// <param name="settings">The options of the simulation that were given.</param>
    /// <param name="page">A page of it, and where it goes; null for none.</param>
    /// <exception cref="UserErrorException">One cannot be written.</exception>
    public static void Write(
        string folder,
        PlanAnswer answer,
        IReadOnlyList<Judgement> candidates,
        IReadOnlyList<Setting> settings,
        (ReportOptions Options, Report Report)? page
    )
    {
        using var files = new OutputSet();
        Add("plan.csv", PlanTable.Csv(answer));
        Add("plan.json", PlanJson.Text(answer));
        for (var i = 0; i < answer.Rows.Count; i++)
        {
            var row = answer.Rows[i];
            var name = FolderOf(i, row);
            Directory.CreateDirectory(Path.Combine(folder, name));
            var cluster = Path.Combine(folder, name, "cluster.json");
            Add($"{name}/cluster.json", row.Candidate.Shape.ClusterFile(row.Candidate.Size));
            Add($"{name}/scenario.yaml", Scenario(row, cluster, settings));
            Add($"{name}/deploy.sh", Deployment.Script(row.Candidate, answer.Question.Base));
        }

        PictureSet.Draw(
            PlanPictures.All([.. candidates.Select(judged => new PlanRow(answer.Question, judged))]),
            files,
            Option,
            folder,
            PictureFormat.Png,
            CancellationToken.None
        );
        if (page is { } report)
        {
            ReportPage.Write(report.Options.Open(files), report.Report);
        }

        files.Commit();

        void Add(string name, string text) =>
            files.Add(Option, Path.Combine(folder, name)).Write(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>As "01-h100_sxm-tp4-x3".</summary>
    public static string FolderOf(int index, PlanRow row) =>
        string.Create(CultureInfo.InvariantCulture, $"{index + 1:00}-{row.Candidate.Name}");

    /// <summary>What <c>llmsim sweep</c> runs.</summary>
    private static string Scenario(PlanRow row, string cluster, IReadOnlyList<Setting> settings)
    {
        var configuration = row.Judgement.Results[0].Configuration;
        var text = new StringBuilder();
        text.Append("# ").Append(row.Candidate.Words).Append("; run it with: llmsim sweep FILE\nbase:\n");
        string[] replaced = ["request_count", "ttft_slo", "tpot_slo", "warmup", "seed", "lambda_arrival"];
        foreach (
            var setting in settings
                .Where(setting => !replaced.Contains(setting.Option))
                .Concat(row.Candidate.Shape.Setup.Settings)
        )
        {
            Line(setting.Option, setting.Value);
        }

        Line("cluster", cluster);
        if (configuration.LambdaArrival is { } rate)
        {
            Line("lambda_arrival", rate.ToString(CultureInfo.InvariantCulture));
        }

        if (configuration.RequestCount is { } count)
        {
            Line("request_count", count.ToString(CultureInfo.InvariantCulture));
        }

        Line("warmup", configuration.Warmup);
        Line("ttft_slo", configuration.TtftSloSeconds.ToString(CultureInfo.InvariantCulture));
        Line("tpot_slo", configuration.TpotSloSeconds.ToString(CultureInfo.InvariantCulture));
        text.Append("seeds: [")
            .AppendJoin(
                ", ",
                row.Judgement.Results.Select(result =>
                    result.Configuration.Seed.ToString(CultureInfo.InvariantCulture)
                )
            )
            .Append("]\n");
        return text.ToString();

        void Line(string option, string value) =>
            text.Append("  ")
                .Append(option)
                .Append(": '")
                .Append(value.Replace("'", "''", StringComparison.Ordinal))
                .Append("'\n");
    }
}
