using System.Globalization;
using System.Text;
using LlmSim.Cli;
using LlmSim.Cli.Commands;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Schemas;

/// <summary>Of every field and option, values at and beyond its limits and of other types: program and schema agree.</summary>
public sealed class SchemaAgreementTests
{
    private static readonly string[] s_others =
    [
        "null",
        "true",
        "\"text\"",
        "[]",
        "{}",
        "-1",
        "0",
        "1",
        "1.5",
        "1e30",
    ];

    [Fact]
    public void Of_each_field_of_a_cluster()
    {
        (ClusterField Field, string Form)[] fields =
        [
            .. ClusterFields.All.Select(field => (field, "[{REST\"NAME\": VALUE}]")),
            .. EngineFields.All.Select(field => (field, Engine(field))),
            .. EngineFields.Overheads.Select(field =>
                (field, "[{REST\"engine\": {\"overheads\": {\"NAME\": VALUE}}}]")
            ),
        ];
        var checks =
            from field in fields
            from value in Limits(field.Field.Value).Concat(s_others)
            select (field.Field.Name, Text: Fill(field.Form, field.Field.Name, value));

        Assert.All(
            checks,
            check =>
                Assert.True(
                    IsRead(check.Text) == (SchemaFile.Cluster.Errors(check.Text).Length == 0),
                    check.Text
                )
        );
    }

    [Fact]
    public void Of_each_option_of_a_sweep()
    {
        using var folder = new TemporaryFolder();
        var run = new RunArguments();
        var options = run.Groups.Concat(run.SemanticsGroups).SelectMany(group => group.Options).ToArray();
        var checks =
            from option in options
            from value in Values(OptionValue.Of(option))
                .Concat(["true", "text", "-1", "0", "1", "1.5", "[]", "{}", "'2'"])
                .Distinct()
            select (Option: option, Value: value, Yaml: $"base: {{{option.Name[2..]}: {value}}}");

        Assert.All(
            checks,
            check =>
            {
                var isRead = IsSweep(run, folder.Write("s.yaml", check.Yaml));
                var isValid = SchemaFile.Sweep.ErrorsOfYaml(check.Yaml).Length == 0;
                // What is quoted, and text that is looked up where it is used, has no limits by the schema.
                var isLoose =
                    check.Value.StartsWith('\'') || OptionValue.Of(check.Option) is OptionValue.Text;
                Assert.True(isLoose ? isValid || !isRead : isRead == isValid, check.Yaml);
            }
        );
    }

    private static string Engine(ClusterField field)
    {
        var kind = field.ReadBy is { } only ? $"\"kind\": \"{EngineDefaults.Name(only)}\", " : "";
        return $"[{{REST\"engine\": {{{kind}\"NAME\": VALUE}}}}]";
    }

    private static string Fill(string form, string name, string value)
    {
        string[] rest =
        [
            .. new[] { "\"hardware\": \"NVIDIA_H100_SXM\"", "\"tp_size\": 1" }.Where(field =>
                !field.StartsWith($"\"{name}\"", StringComparison.Ordinal)
            ),
        ];
        return form.Replace(
                "REST",
                string.Concat(rest.Select(field => field + ", ")),
                StringComparison.Ordinal
            )
            .Replace("NAME", name, StringComparison.Ordinal)
            .Replace("VALUE", value, StringComparison.Ordinal);
    }

    private static bool IsRead(string json)
    {
        try
        {
            ClusterFile.Read(
                Encoding.UTF8.GetBytes(json),
                "c.json",
                new(
                    HardwareCatalog.BuiltIn.Get,
                    name => ModelCatalog.BuiltIn.Get(name).Id,
                    ModelCatalog.BuiltIn.Get
                )
            );
            return true;
        }
        catch (UserErrorException e)
        {
            // An accelerator of the user's own has any name.
            return e.Message.Contains("is unknown", StringComparison.Ordinal);
        }
    }

    private static bool IsSweep(RunArguments run, string path)
    {
        try
        {
            var setting = run.Read(path).Base.Single();
            if (setting.Option == "request_source")
            {
                // It is looked up where it is used.
                RequestSources.Parse(setting.Value);
            }

            return true;
        }
        catch (UserErrorException)
        {
            return false;
        }
    }

    private static IEnumerable<string> Limits(ClusterValue value) =>
        value switch
        {
            ClusterValue.Whole whole => Around(whole.Range, isWhole: true),
            ClusterValue.Number number => Around(number.Range, isWhole: false),
            ClusterValue.Word word => word.Words.Select(one => $"\"{one}\"").Append($"\"{word.Words[0]}x\""),
            ClusterValue.Shares => ["0.5", "[0.5, 0.4]", "[]", "[2]", "-0.1", "1.1", "\"x\""],
            ClusterValue.SharesByName =>
            [
                "{ \"chat\": 0.5 }",
                "{ \"chat\": [0.5] }",
                "{ \"chat\": 2 }",
                "0.5",
            ],
            ClusterValue.CountsByName => ["{ \"one\": 1 }", "{ \"one\": 0 }", "{ \"one\": 1.5 }", "{}", "1"],
            ClusterValue.Sizes sizes =>
            [
                $"\"{sizes.Own}\"",
                $"\"{sizes.None}\"",
                "[1, 2]",
                "[0]",
                "[1, 1]",
                "[65537]",
                "[\"1\"]",
            ],
            _ => [],
        };

    private static IEnumerable<string> Values(OptionValue value) =>
        value switch
        {
            OptionValue.Number number => Around(number.Range, isWhole: false),
            OptionValue.Whole whole =>
            [
                .. new[] { whole.Min, whole.Max }.Select(one => one.ToString(CultureInfo.InvariantCulture)),
            ],
            OptionValue.Words words => words.Allowed.Append(words.Allowed[0] + "x"),
            OptionValue.Tokens => ["32K", "32.8k", "32Q"],
            _ => [],
        };

    private static IEnumerable<string> Around(FigureRange range, bool isWhole)
    {
        var least = range.Least;
        var below = isWhole ? least - 1 : least - Math.Max(1e-9, Math.Abs(least) * 1e-6);
        var most = Math.Min(range.Most, isWhole ? long.MaxValue / 2 : 1e300);
        var above = isWhole ? most + 1 : most * (1 + 1e-6);
        return new[] { below, least, most, above }.Select(one =>
            isWhole
                ? ((long)one).ToString(CultureInfo.InvariantCulture)
                : one.ToString("R", CultureInfo.InvariantCulture)
        );
    }
}
