using System.Globalization;
using System.Text;
using LlmSim.Engine;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Workloads;
using Xunit;

namespace LlmSim.Tests.Fuzz;

/// <summary>What is read of a damaged file is what a strict reader, written apart, reads of it; what that refuses is refused.</summary>
public sealed class StrictReaderTests
{
    private const int Mutants = 1000;

    /// <summary>A reader and its oracle: the figures of a file, or an exception of refusal.</summary>
    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["JSONL"] = new(Utf8(TraceFormatTests.Samples["mooncake"]), Lengths, StrictLines),
        ["CSV"] = new(Utf8(TraceFormatTests.Samples["azure"]), Lengths, StrictTable),
        ["config.json"] = new(
            File.ReadAllBytes(Path.Combine(Repository.Root, "catalog/models/meta-llama--Llama-3.1-8B.json")),
            Shapes,
            StrictShapes
        ),
    };

    /// <summary>Whose readers are known to accept more, and what.</summary>
    private static readonly Dictionary<string, string> s_lenient = new()
    {
        ["JSONL"] = "lines are not read to their end, nor are their bytes checked",
        ["CSV"] = "cells are not counted",
    };

    public static IEnumerable<TheoryDataRow<string>> Names =>
        s_cases.Keys.Select(name => new TheoryDataRow<string>(name)
        {
            Skip = s_lenient.GetValueOrDefault(name),
        });

    [Theory]
    [MemberData(nameof(Names))]
    public void Nothing_is_accepted_that_a_strict_reader_refuses_or_reads_otherwise(string name)
    {
        var (content, read, readStrictly) = s_cases[name];
        Assert.Equal(readStrictly(content), read(content));
        var mutator = new Mutator(new RandomStream(2, name));
        var wrong = new List<string>();
        var accepted = 0;
        for (var i = 0; i < Mutants; i++)
        {
            var mutant = mutator.Damage(content);
            if (Figures(() => read(mutant)) is not { } figures)
            {
                continue;
            }

            accepted++;
            if (Figures(() => readStrictly(mutant)) is not { } strict || !strict.SequenceEqual(figures))
            {
                wrong.Add(
                    $"mutant {i}: {Encoding.UTF8.GetString(mutant)[..Math.Min(600, mutant.Length / 2)]}"
                );
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {accepted}:\n{string.Join('\n', wrong.Take(5))}");
        Assert.InRange(accepted, Mutants / 50, Mutants);
    }

    private static double[]? Figures(Func<double[]> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is UserErrorException or FormatException)
        {
            return null;
        }
    }

    private static double[] Lengths(byte[] trace) =>
        [
            .. TraceText
                .Read(trace)
                .SelectMany(request => new double[] { request.InputTokens, request.OutputTokens }),
        ];

    private static double[] StrictLines(byte[] trace)
    {
        var lengths = new List<double>();
        var start = trace.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        foreach (var range in trace.AsSpan(start).Split((byte)'\n'))
        {
            var line = trace.AsSpan(start)[range];
            if (line.Trim(" \t\r"u8).IsEmpty)
            {
                continue;
            }

            var members =
                StrictJson.Parse(line) as Dictionary<string, object?>
                ?? throw new FormatException("no object");
            lengths.Add(Whole(members, "input_length"));
            lengths.Add(Whole(members, "output_length"));
            _ = members.GetValueOrDefault("timestamp") is null or decimal or double
                ? 0
                : throw new FormatException("timestamp");
            if (
                members.GetValueOrDefault("hash_ids") is { } ids
                && (ids as List<object?>)?.TrueForAll(id => id is decimal) != true
            )
            {
                throw new FormatException("hash_ids");
            }
        }

        return [.. lengths];
    }

    private static double[] StrictTable(byte[] trace)
    {
        var records = StrictCsv.Parse(trace);
        var columns = Array.ConvertAll(
            ["ContextTokens", "GeneratedTokens"],
            name =>
                Array.FindIndex(records[0], cell => cell.Trim() == name) is >= 0 and var at
                    ? at
                    : throw new FormatException(name)
        );
        return
        [
            .. records
                .Skip(1)
                .SelectMany(record =>
                    columns.Select(column =>
                        decimal.TryParse(
                            record[column].Trim(),
                            NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
                            CultureInfo.InvariantCulture,
                            out var tokens
                        )
                        && tokens == Math.Floor(tokens)
                            ? (double)tokens
                            : throw new FormatException(record[column])
                    )
                ),
        ];
    }

    private static double[] Shapes(byte[] config)
    {
        using var stream = new MemoryStream(config);
        var model = ModelConfigParser.Parse("m", stream, "config.json");
        return
        [
            model.HiddenSize,
            model.IntermediateSize,
            model.Layers,
            model.AttentionHeads,
            model.KvHeads,
            model.VocabularySize,
        ];
    }

    private static double[] StrictShapes(byte[] config)
    {
        var start = config.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        var members =
            StrictJson.Parse(config.AsSpan(start), isPython: true) as Dictionary<string, object?>
            ?? throw new FormatException("no object");
        var heads = Whole(members, "num_attention_heads");
        return
        [
            Whole(members, "hidden_size"),
            Whole(members, "intermediate_size"),
            Whole(members, "num_hidden_layers"),
            heads,
            members.GetValueOrDefault("num_key_value_heads") is null
                ? heads
                : Whole(members, "num_key_value_heads"),
            Whole(members, "vocab_size"),
        ];
    }

    private static double Whole(Dictionary<string, object?> members, string name) =>
        members.GetValueOrDefault(name) switch
        {
            decimal number and >= 0 => (double)number,
            double number when number >= 0 && number == Math.Floor(number) => number,
            _ => throw new FormatException(name),
        };

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private sealed record Case(
        byte[] Content,
        Func<byte[], double[]> Read,
        Func<byte[], double[]> ReadStrictly
    );
}
