using System.Reflection;
using LlmSim.Metrics;

namespace LlmSim.Tests.Verification;

/// <summary>Every figure of a summary with a way to change it: found by reflection, so that a new one is not forgotten.</summary>
internal static class Figures
{
    /// <summary>Names with the path to them, and the summary with another value in that place: half as much again, or far off.</summary>
    public static IReadOnlyList<(string Name, Func<RunSummary, RunSummary> Change)> Of(
        RunSummary summary,
        bool isFar
    ) =>
        [
            .. Leaves(summary, "", isFar)
                .Select(leaf => (leaf.Name, (Func<RunSummary, RunSummary>)(s => (RunSummary)leaf.Change(s)))),
        ];

    private static IEnumerable<(string Name, Func<object, object> Change)> Leaves(
        object owner,
        string path,
        bool isFar
    )
    {
        foreach (var property in owner.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var name = path + property.Name;
            var value = property.GetValue(owner);
            if (!property.CanWrite || value is null)
            {
                continue;
            }

            if (Changed(value, isFar) is { } changed)
            {
                yield return (name, o => With(o, property, changed));
            }
            else if (value is IReadOnlyList<InstanceUsage> instances)
            {
                for (var i = 0; i < instances.Count; i++)
                {
                    var place = i;
                    foreach (var (inner, change) in Leaves(instances[i], $"{name}.", isFar))
                    {
                        yield return (
                            inner,
                            o =>
                            {
                                var list = ((IReadOnlyList<InstanceUsage>)property.GetValue(o)!).ToArray();
                                list[place] = (InstanceUsage)change(list[place]);
                                return With(o, property, list);
                            }
                        );
                    }
                }
            }
            else if (value is IReadOnlyDictionary<string, long> counts)
            {
                if (property.Name == nameof(RunSummary.Rejections))
                {
                    var other = counts.ToDictionary(count => count.Key, count => count.Value + 1);
                    yield return (name, o => With(o, property, other));
                }
            }
            else
            {
                foreach (var (inner, change) in Leaves(value, $"{name}.", isFar))
                {
                    yield return (inner, o => With(o, property, change(property.GetValue(o)!)));
                }
            }
        }
    }

    /// <summary>Another value of a figure; null for what is none. What is not defined becomes a number.</summary>
    private static object? Changed(object value, bool isFar) =>
        value switch
        {
            bool flag => !flag,
            int count => count + 1,
            long count => isFar ? long.MaxValue / 4 : count + 1 + (count / 2),
            double number => isFar ? 1e30
            : double.IsNaN(number) ? 1.0
            : (number * 1.5) + 1e-3,
            string text => text + "x",
            _ => null,
        };

    /// <summary>A copy of a record with another value in one property.</summary>
    private static object With(object record, PropertyInfo property, object value)
    {
        var copy = typeof(object)
            .GetMethod(nameof(MemberwiseClone), BindingFlags.NonPublic | BindingFlags.Instance)!
            .Invoke(record, null)!;
        property.SetValue(copy, value);
        return copy;
    }
}
