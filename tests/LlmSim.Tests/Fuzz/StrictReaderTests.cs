using System.Text;
using LlmSim.Kernel;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Workloads;
using Xunit;

namespace LlmSim.Tests.Fuzz;

/// <summary>What is read of a damaged file is what a strict reader, written apart, reads of it; what that refuses is refused. <see cref="TraceMutantTests" /> has traces.</summary>
public sealed class StrictReaderTests
{
    private const int Mutants = 1000;

    /// <summary>A reader and its oracle: the figures of a file, or an exception of refusal.</summary>
    private static readonly Dictionary<string, Case> s_cases = new()
    {
        ["config.json"] = new(
            File.ReadAllBytes(Path.Combine(Repository.Root, "catalog/models/meta-llama--Llama-3.1-8B.json")),
            Shapes,
            StrictShapes
        ),
    };

    public static IEnumerable<TheoryDataRow<string>> Names =>
        s_cases.Keys.Select(name => new TheoryDataRow<string>(name));

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

    private sealed record Case(
        byte[] Content,
        Func<byte[], double[]> Read,
        Func<byte[], double[]> ReadStrictly
    );
}
