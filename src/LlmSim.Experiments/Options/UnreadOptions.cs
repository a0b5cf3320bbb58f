using LlmSim.Experiments.Sweeps;

namespace LlmSim.Experiments.Options;

/// <summary>Options that are given and that nothing reads: figures beside them would say what never was.</summary>
internal static class UnreadOptions
{
    /// <summary>
    /// Checks the options of a plan. One that takes several values where nothing reads it is an error; the seed is not, as long
    /// as some point reads it, because a policy that draws is compared with one that does not over the same seeds.
    /// </summary>
    /// <param name="plan">Single runs are plans of one point.</param>
    /// <param name="readElsewhere">Options that something beside the simulation reads.</param>
    /// <returns>A message for each option, or field of a cluster file, that is given once and not read by any point.</returns>
    /// <exception cref="UserErrorException">An option is swept and not read, or a configuration is wrong.</exception>
    public static IReadOnlyList<string> Check(
        SweepPlan plan,
        params IReadOnlyCollection<string> readElsewhere
    )
    {
        var points = plan
            .Points.Select(point => (Point: point, Run: new RunParts(point.Configuration)))
            .ToArray();
        var messages = new List<string>();
        foreach (var option in Given(plan).Where(option => !readElsewhere.Contains(option)))
        {
            var readers = OptionReader.All.Where(reader => reader.Options.Contains(option)).ToArray();
            if (readers.Length == 0)
            {
                continue;
            }

            var unread = points
                .Where(point => !IsRead(readers, point.Point, point.Run))
                .Select(point => point.Point)
                .ToArray();
            var isReadSomewhere = unread.Length < points.Length;
            if (!(isReadSomewhere && option == SweepPlan.SeedOption))
            {
                RequireOneValue(option, unread, readers);
            }

            if (!isReadSomewhere)
            {
                messages.Add($"--{option} has no effect here: {Wants(readers)}");
            }
        }

        return [.. messages, .. ClusterFields(points)];
    }

    /// <summary>Fields of cluster files that no point reads; such a file is one value, whatever is in it.</summary>
    private static IEnumerable<string> ClusterFields((SweepPoint Point, RunParts Run)[] points)
    {
        var isRead = new Dictionary<(string File, int Line, string Field), bool>();
        foreach (var (_, run) in points)
        {
            foreach (var entry in run.ClusterEntries.DistinctBy(entry => (entry.File, entry.Line)))
            {
                foreach (var field in entry.Fields)
                {
                    var readers = ReadersOf(field);
                    var key = (entry.File, entry.Line, field);
                    isRead[key] =
                        isRead.GetValueOrDefault(key)
                        || readers.Length == 0
                        || Array.Exists(readers, reader => reader.IsIn(run, entry));
                }
            }
        }

        return isRead
            .Where(field => !field.Value)
            .Select(field =>
                $"{field.Key.File}:{field.Key.Line}: {field.Key.Field} has no effect here: it is read with "
                + string.Join("; or ", ReadersOf(field.Key.Field).Select(reader => reader.Name))
            );

        static ClusterFieldReader[] ReadersOf(string field) =>
            [.. ClusterFieldReader.All.Where(reader => reader.Fields.Contains(field))];
    }

    private static IEnumerable<string> Given(SweepPlan plan) =>
        plan.Common.Select(setting => setting.Option).Concat(plan.Options).Distinct(StringComparer.Ordinal);

    private static bool IsRead(OptionReader[] readers, SweepPoint point, RunParts run)
    {
        try
        {
            return Array.Exists(readers, reader => reader.IsIn(run));
        }
        catch (UserErrorException e) when (point.Settings.Count > 0)
        {
            throw new UserErrorException($"{point.Name}: {e.Message}", e);
        }
    }

    private static void RequireOneValue(string option, SweepPoint[] unread, OptionReader[] readers)
    {
        var byValue = unread
            .SelectMany(
                point => point.Settings.Where(setting => setting.Option == option).Take(1),
                (point, setting) => (Point: point, setting.Value)
            )
            .DistinctBy(entry => entry.Value, StringComparer.Ordinal)
            .ToArray();
        if (byValue.Length > 1)
        {
            var values = string.Join(", ", byValue.Select(entry => entry.Value));
            throw new UserErrorException(
                $"--{option} takes the values {values} where it has no effect, as at {byValue[1].Point.Name}: {Wants(readers)}. "
                    + "Give it one value there, or leave it out."
            );
        }
    }

    private static string Wants(OptionReader[] readers) =>
        $"it is read with {string.Join("; or ", readers.Select(reader => reader.Name))}";
}
