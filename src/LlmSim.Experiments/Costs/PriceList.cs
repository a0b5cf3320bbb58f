using System.Globalization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Costs;

/// <summary>On which terms accelerators are rented.</summary>
internal enum PriceTerm
{
    /// <summary>By the hour, without a commitment.</summary>
    OnDemand,

    /// <summary>For months or years.</summary>
    Reserved,

    /// <summary>Until somebody else pays more.</summary>
    Spot,
}

/// <summary>What an accelerator costs.</summary>
/// <param name="PerHour">USD an hour.</param>
/// <param name="Source">Who takes it, and since when it is known.</param>
internal readonly record struct Price(double PerHour, string Source)
{
    /// <summary>USD an hour for so many accelerators: cents add up as they are written.</summary>
    public decimal Of(int accelerators) => accelerators * (decimal)PerHour;
}

/// <summary>Prices of accelerators by the hour: those of the catalog, and before them those of a user's file.</summary>
internal sealed class PriceList
{
    private const string Hardware = "hardware";
    private const string Provider = "provider";
    private const string Date = "date";
    private const string SourceField = "source";

    /// <summary>The words for the terms, in files and options.</summary>
    public static IReadOnlyList<string> Terms { get; } = ["on_demand", "reserved", "spot"];

    /// <summary>USD an hour: more than any accelerator costs is a slip.</summary>
    public static FigureRange Range { get; } = new(0, 10_000, "USD per hour");

    private readonly IReadOnlyList<Entry> _entries;

    private PriceList(IReadOnlyList<Entry> entries) => _entries = entries;

    /// <summary>The prices of the catalog.</summary>
    public static PriceList BuiltIn { get; } = EmbeddedCatalog.Parse("", "prices", Parse);

    /// <summary>The prices of a user's file before those of the catalog.</summary>
    /// <param name="path">A JSON list of objects as in catalog/prices.json; provider, date and source may be left out.</param>
    /// <exception cref="UserErrorException">The file is wrong; the message has its name and the field.</exception>
    public static PriceList Read(string path)
    {
        using var stream = InputFile.Open(path);
        return new([.. Parse(stream, path)._entries, .. BuiltIn._entries]);
    }

    /// <summary>Reads a list of prices.</summary>
    /// <exception cref="UserErrorException">A field is missing, unknown or out of its range, or something is priced twice.</exception>
    public static PriceList Parse(Stream stream, string sourceName)
    {
        var entries = JsonFields
            .ReadList(stream, sourceName)
            .Select(fields => ParseEntry(fields, sourceName))
            .ToArray();
        var twice = entries
            .GroupBy(entry => (entry.Hardware, entry.Provider))
            .FirstOrDefault(group => group.Skip(1).Any());
        return twice is null
            ? new(entries)
            : throw new UserErrorException(
                $"{sourceName}: {Hardware}: '{twice.Key.Hardware}' is there twice; allowed: once for each provider"
            );
    }

    /// <summary>The first price on these terms; null where none is known.</summary>
    public Price? Find(string hardware, PriceTerm term)
    {
        var entry = _entries.FirstOrDefault(one => one.Hardware == hardware && one.On(term) is not null);
        return entry is null ? null : new Price(entry.On(term)!.Value, entry.Name);
    }

    private static Entry ParseEntry(JsonFields fields, string sourceName)
    {
        fields.RequireOnly([Hardware, Provider, Date, .. Terms, SourceField]);
        var entry = new Entry(
            fields.Text(Hardware),
            fields.Has(Provider) ? fields.Text(Provider) : Path.GetFileName(sourceName),
            fields.Has(Date) ? ParseDate(fields.Text(Date), sourceName) : null,
            [.. Terms.Select(term => fields.NumberOrNull(term, Range))]
        );
        _ = fields.Has(SourceField) ? fields.Text(SourceField) : null;
        return entry.PerHour.Any(price => price is not null)
            ? entry
            : throw new UserErrorException(
                $"{sourceName}: '{entry.Hardware}' has no price; allowed: at least one of {string.Join(", ", Terms)}"
            );
    }

    private static DateOnly ParseDate(string text, string sourceName) =>
        DateOnly.TryParseExact(
            text,
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var date
        )
            ? date
            : throw new UserErrorException(
                $"{sourceName}: {Date}: found '{text}'; allowed: a day such as 2026-11-09"
            );

    private sealed record Entry(
        string Hardware,
        string Provider,
        DateOnly? Date,
        IReadOnlyList<double?> PerHour
    )
    {
        public string Name { get; } =
            Date is { } date
                ? string.Create(CultureInfo.InvariantCulture, $"{Provider} {date:yyyy-MM-dd}")
                : Provider;

        public double? On(PriceTerm term) => PerHour[(int)term];
    }
}

/// <summary>What costs are counted with.</summary>
/// <param name="Prices">Prices of accelerators.</param>
/// <param name="Term">On which terms they are rented.</param>
/// <param name="GridIntensity">Grams of CO₂ per kWh; null where that is not asked for.</param>
internal sealed record CostOptions(PriceList Prices, PriceTerm Term, double? GridIntensity)
{
    /// <summary>Rented by the hour at the catalog's prices.</summary>
    public static CostOptions Default { get; } = new(PriceList.BuiltIn, PriceTerm.OnDemand, null);
}
