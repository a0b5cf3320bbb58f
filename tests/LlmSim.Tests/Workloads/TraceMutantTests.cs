using System.Globalization;
using System.Text;
using System.Text.Json;
using LlmSim.Kernel;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

/// <summary>Damaged traces against readers that are strict and written apart: nothing is accepted that they refuse or read otherwise.</summary>
public sealed class TraceMutantTests
{
    private const int Mutants = 2000;

    private const string Lines = """
        {"timestamp": 0, "input_length": 6755, "output_length": 500, "hash_ids": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]}
        {"timestamp": 3000, "input_length": 7319, "output_length": 490, "hash_ids": [0, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]}
        {"timestamp": 6000, "input_length": 7234, "output_length": 794, "hash_ids": [0, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38]}

        """;

    private const string Table = """
        TIMESTAMP,ContextTokens,GeneratedTokens,note
        2024-05-10 00:00:00.009930+00:00,2162,5,"a, b"
        2024-05-10 00:00:00.017335+00:00,2399,6,
        2024-05-10 00:00:00.022314+00:00,76,15,5" disk

        """;

    [Fact]
    public void Mutants_of_json_lines() => Compare(Lines, StrictJson);

    [Fact]
    public void Mutants_of_a_table() => Compare(Table, StrictTable);

    private static void Compare(string text, Func<byte[], (int Input, int Output)[]?> strict)
    {
        var (accepted, refused) = (0, 0);
        for (var seed = 0; seed < Mutants; seed++)
        {
            var mutant = Mutate(Encoding.UTF8.GetBytes(text), new RandomStream(seed, "mutants"));
            foreach (var readHashIds in new[] { false, true })
            {
                RequestSpec[] requests;
                try
                {
                    requests = TraceText.Read(mutant, readHashIds: readHashIds);
                }
                catch (UserErrorException error)
                {
                    Assert.StartsWith("t.jsonl", error.Message, StringComparison.Ordinal);
                    refused++;
                    continue;
                }

                accepted++;
                var shown = $"seed {seed}: {Encoding.Latin1.GetString(mutant)}";
                var expected = strict(mutant);
                Assert.True(expected is not null, shown);
                Assert.True(
                    expected.SequenceEqual(
                        requests.Select(request => (request.InputTokens, request.OutputTokens))
                    ),
                    shown
                );
            }
        }

        // Both happen often, or the comparison says nothing.
        Assert.InRange(accepted, Mutants / 20, 2 * Mutants);
        Assert.InRange(refused, Mutants / 2, 2 * Mutants);
    }

    private static byte[] Mutate(byte[] text, RandomStream random)
    {
        var bytes = text.ToList();
        for (var change = 0; change <= random.Next(3); change++)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, "\",:{}[]\n\r\t 0-.eE\\\u00e9"u8[random.Next(17)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(40), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(
                        random.Next(bytes.Count),
                        bytes.GetRange(at, Math.Min(random.Next(60), bytes.Count - at))
                    );
                    break;
                default:
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
            }
        }

        return [.. bytes];
    }

    private static (int, int)[]? StrictJson(byte[] bytes)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            var json = new Utf8JsonReader(
                Encoding.UTF8.GetBytes(text),
                new JsonReaderOptions { AllowMultipleValues = true }
            );
            var rows = new List<(int, int)>();
            while (json.Read())
            {
                using var one = JsonDocument.ParseValue(ref json);
                using var unique = JsonDocument.Parse(
                    one.RootElement.GetRawText(),
                    new JsonDocumentOptions { AllowDuplicateProperties = false }
                );
                foreach (
                    var row in unique.RootElement.ValueKind == JsonValueKind.Array
                        ? unique.RootElement.EnumerateArray().ToArray()
                        : [unique.RootElement]
                )
                {
                    rows.Add(
                        (Tokens(row.GetProperty("input_length")), Tokens(row.GetProperty("output_length")))
                    );
                }
            }

            return [.. rows];
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or ArgumentException
                        or FormatException
                        or InvalidOperationException
                        or KeyNotFoundException
            )
        {
            return null;
        }
    }

    private static int Tokens(JsonElement element)
    {
        var number = element.GetDecimal();
        return number >= 1 && number == decimal.Floor(number) ? (int)number : throw new FormatException();
    }

    private static (int, int)[]? StrictTable(byte[] bytes)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
            var header = text.TrimStart('\n', '\r', ' ').Split('\n')[0];
            var separator = ",;\t|".MaxBy(character => header.Count(c => c == character));
            var rows = Rows(text, separator).Where(row => row.Count > 1 || row[0].Length > 0).ToArray();
            string[] names = [.. rows[0].Select(name => name.Trim().ToUpperInvariant())];
            var (input, output) = (
                Array.IndexOf(names, "CONTEXTTOKENS"),
                Array.IndexOf(names, "GENERATEDTOKENS")
            );
            return
                rows.Any(row => row.Count != names.Length)
                || names.Count(name => name == "CONTEXTTOKENS") != 1
                || names.Count(name => name == "GENERATEDTOKENS") != 1
                ? null
                : [.. rows.Skip(1).Select(row => (Tokens(row[input]), Tokens(row[output])))];
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException)
        {
            return null;
        }
    }

    private static int Tokens(string text)
    {
        var number = decimal.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return number >= 1 && number == decimal.Floor(number) ? (int)number : throw new FormatException();
    }

    /// <summary>RFC 4180, character by character; spaces before an opening and behind a closing quote are none of the cell.</summary>
    private static List<List<string>> Rows(string text, char separator)
    {
        var rows = new List<List<string>>();
        for (var at = 0; at < text.Length; )
        {
            var row = new List<string>();
            var isEnd = false;
            while (!isEnd)
            {
                var start = at;
                while (at < text.Length && text[at] == ' ')
                {
                    at++;
                }

                var cell = new StringBuilder();
                if (at < text.Length && text[at] == '"')
                {
                    for (at++; ; at++)
                    {
                        if (at >= text.Length)
                        {
                            throw new FormatException("no closing quote");
                        }

                        if (text[at] != '"')
                        {
                            cell.Append(text[at]);
                        }
                        else if (at + 1 < text.Length && text[at + 1] == '"')
                        {
                            cell.Append(text[at++]);
                        }
                        else
                        {
                            break;
                        }
                    }

                    at++;
                    while (at < text.Length && text[at] != separator && text[at] != '\n')
                    {
                        if (text[at] is not (' ' or '\t' or '\r'))
                        {
                            throw new FormatException("text behind a closing quote");
                        }

                        at++;
                    }
                }
                else
                {
                    at = start;
                    while (at < text.Length && text[at] != separator && text[at] != '\n')
                    {
                        cell.Append(text[at++]);
                    }
                }

                isEnd = at >= text.Length || text[at] == '\n';
                at++;
                row.Add(isEnd ? cell.ToString().Trim() : cell.ToString());
            }

            rows.Add(row);
        }

        return rows;
    }
}
