using System.Globalization;

namespace LlmSim.Experiments.Slos;

/// <summary>Reads limits from their text, and says at which character it is not understood.</summary>
/// <param name="text">The limits, with commas between them.</param>
/// <param name="option">The option that has them, for messages.</param>
internal sealed class SloReader(string text, string option)
{
    /// <summary>No figure of a run is beyond; a larger limit is a mistake.</summary>
    private const decimal MostLimit = 1e15m;

    private static readonly (string Sign, SloComparison Comparison)[] s_comparisons =
    [
        ("<=", SloComparison.AtMost),
        (">=", SloComparison.AtLeast),
        ("<", SloComparison.Below),
        (">", SloComparison.Above),
    ];

    private static readonly Dictionary<string, decimal> s_timeUnits = new(StringComparer.Ordinal)
    {
        ["s"] = 1,
        ["ms"] = 1e-3m,
        ["us"] = 1e-6m,
        ["µs"] = 1e-6m,
    };

    private int _position;

    private bool IsAtEnd => _position == text.Length;

    /// <summary>All limits of the text, at least one.</summary>
    /// <exception cref="UserErrorException">Something is not understood, or can never be met.</exception>
    public IReadOnlyList<SloTerm> ReadTerms()
    {
        var terms = new List<SloTerm> { ReadTerm() };
        while (!IsAtEnd)
        {
            if (text[_position] != ',')
            {
                throw Error(_position, text[_position..], "a comma and another limit, or nothing more");
            }

            _position++;
            terms.Add(ReadTerm());
        }

        return terms;
    }

    private SloTerm ReadTerm()
    {
        SkipSpace();
        var start = _position;
        var figure = ReadFigure();
        SkipSpace();
        var comparison = ReadComparison();
        SkipSpace();
        var number = ReadNumber();
        SkipSpace();
        var term = new SloTerm(figure, comparison, number * ReadUnit(figure, number));
        SkipSpace();
        RequirePossible(term, start);
        return term;
    }

    private SloFigure ReadFigure()
    {
        var start = _position;
        var name = Take(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
        var names = SloFigure.All.Select(figure => figure.Name);
        return SloFigure.Find(name)
            ?? throw Error(start, name, SloFigure.Allowed, Suggestion.For(name, names));
    }

    private SloComparison ReadComparison()
    {
        foreach (var (sign, comparison) in s_comparisons)
        {
            if (text.AsSpan(_position).StartsWith(sign, StringComparison.Ordinal))
            {
                _position += sign.Length;
                return comparison;
            }
        }

        throw Error(_position, Rest(), "<, <=, > or >=");
    }

    private decimal ReadNumber()
    {
        var start = _position;
        var number = Take(c => char.IsAsciiDigit(c) || c is '.' or '-' or '+');
        return
            decimal.TryParse(
                number,
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out var value
            )
            && value <= MostLimit
            ? value
            : throw Error(start, number.Length > 0 ? number : Rest(), "a number from 0, such as 1 or 0.25");
    }

    /// <summary>What a number of the unit is in seconds, per cent or per second. Only zero, and rates, need none.</summary>
    private decimal ReadUnit(SloFigure figure, decimal number)
    {
        var start = _position;
        var unit = Take(c => c != ',' && !char.IsWhiteSpace(c));
        return figure.Quantity switch
        {
            _ when unit.Length == 0 && (number == 0 || figure.Quantity == SloQuantity.Rate) => 1,
            SloQuantity.Time when s_timeUnits.TryGetValue(unit, out var seconds) => seconds,
            SloQuantity.Time => throw Error(start, unit, $"a unit of {figure.Name}: s, ms or us"),
            SloQuantity.Share when unit == "%" => 1,
            SloQuantity.Share => throw Error(start, unit, $"the unit of {figure.Name}: %"),
            _ when unit == "/s" => 1,
            _ => throw Error(start, unit, $"the unit of {figure.Name}: /s"),
        };
    }

    /// <summary>Times and rates are never below zero, and a share is never above all.</summary>
    private void RequirePossible(SloTerm term, int start)
    {
        var isImpossible =
            (term.Comparison == SloComparison.Below && term.Limit == 0)
            || (
                term.Figure.Quantity == SloQuantity.Share
                && (term.Limit > 100 || term is { Limit: 100, Comparison: SloComparison.Above })
            );
        if (isImpossible)
        {
            var range = term.Figure.Quantity == SloQuantity.Share ? "from 0% to 100%" : "from 0";
            throw Error(
                start,
                text[start.._position].TrimEnd(),
                $"what a run can meet: {term.Figure.Name} is {range}"
            );
        }
    }

    private void SkipSpace() => Take(char.IsWhiteSpace);

    private string Take(Func<char, bool> isPart)
    {
        var start = _position;
        while (!IsAtEnd && isPart(text[_position]))
        {
            _position++;
        }

        return text[start.._position];
    }

    private string Rest() => text[_position..];

    private UserErrorException Error(int position, string found, string allowed, string suggestion = "")
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{option} '{text}': at {position + 1}");
        return new UserErrorException(
            $"{place}: found {(found.Length > 0 ? $"'{found}'" : "nothing")}; allowed: {allowed}{(suggestion.Length > 0 ? "." : "")}{suggestion}"
        );
    }
}
