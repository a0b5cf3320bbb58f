using System.Text.Json;

namespace LlmSim.Experiments.Reports;

/// <summary>A chart as the page's script reads it; its numbers are in packed columns.</summary>
internal sealed class ChartJson(Utf8JsonWriter json, PackedColumns columns)
{
    /// <summary>So many units of time are within a run: more digits than a screen can show.</summary>
    private const double TimeUnits = 1e8;

    public void Write(string id, ChartBlock chart)
    {
        json.WriteStartObject();
        json.WriteString("id", id);
        Text("title", chart.Title);
        Text("group", chart.ZoomGroup);
        json.WriteBoolean("wide", chart.IsWide);
        switch (chart)
        {
            case XyChart xy:
                Write(xy);
                break;
            case BarChart bars:
                Write(bars);
                break;
            case TimelineChart timeline:
                Write(timeline);
                break;
            default:
                throw new InvalidOperationException($"no page has a {chart.GetType().Name}");
        }

        json.WriteEndObject();
    }

    private void Write(XyChart chart)
    {
        json.WriteString("kind", "xy");
        json.WriteString("table", chart.TableId);
        json.WriteBoolean("comparison", chart.IsComparison);
        Axis(
            "x",
            chart.X,
            chart.Series.SelectMany(series => series.X).Concat(Across(chart, areVertical: true))
        );
        Axis("y", chart.Y, Heights(chart).Concat(Across(chart, areVertical: false)));
        json.WriteStartArray("series");
        foreach (var series in chart.Series)
        {
            json.WriteStartObject();
            Text("name", series.Name);
            json.WriteString("style", series.Style.ToString());
            Column("x", columns.Add(series.X));
            Column("y", columns.Add(series.Y));
            if (series is { Low: { } low, High: { } high })
            {
                Column("low", columns.Add(low));
                Column("high", columns.Add(high));
            }

            if (series.Labels is { } labels)
            {
                Texts("labels", labels);
            }

            if (series.Rows is { } rows)
            {
                Column("rows", columns.Add(rows));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("lines");
        foreach (var line in chart.Lines)
        {
            json.WriteStartObject();
            Text("name", line.Name);
            json.WriteNumber("value", line.Value);
            json.WriteBoolean("vertical", line.IsVertical);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void Write(BarChart chart)
    {
        json.WriteString("kind", "bars");
        Axis("x", chart.Value, chart.Bars.SelectMany(bar => new[] { bar.Low, bar.High }));
        json.WriteNumber("base", chart.Base);
        Texts("names", chart.Bars.Select(bar => bar.Name));
        Texts("labels", chart.Bars.Select(bar => bar.Label));
        Column("low", columns.Add([.. chart.Bars.Select(bar => bar.Low)]));
        Column("high", columns.Add([.. chart.Bars.Select(bar => bar.High)]));
    }

    private void Write(TimelineChart chart)
    {
        json.WriteString("kind", "timeline");
        Texts("instances", chart.Instances);
        var requests = chart.Requests;
        var end = requests.FinishSeconds.Where(double.IsFinite).DefaultIfEmpty(1).Max();
        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(end, 1e-3) / TimeUnits)));
        json.WriteNumber("idStep", requests.IdStep);
        json.WriteNumber("end", end);
        Column("arrival", columns.Add(requests.ArrivalSeconds, unit, areAscending: true));
        Column("prefillRow", columns.Add(requests.PrefillRow));
        Column("decodeRow", columns.Add(requests.DecodeRow));
        Column("inputTokens", columns.Add(requests.InputTokens, 1, areAscending: false));
        Column("outputTokens", columns.Add(requests.OutputTokens, 1, areAscending: false));
        // Each time is said as what it is after the one before it.
        var before = requests.ArrivalSeconds;
        After("prefillStart", requests.PrefillStartSeconds);
        After("prefillFinish", requests.PrefillFinishSeconds);
        After("transferFinish", requests.TransferFinishSeconds);
        After("decodeStart", requests.DecodeStartSeconds);
        After("finish", requests.FinishSeconds);

        void After(string name, IReadOnlyList<double> times)
        {
            var former = before;
            Column(
                name,
                columns.Add(
                    [.. times.Select((time, i) => time - (double.IsNaN(former[i]) ? 0 : former[i]))],
                    unit,
                    areAscending: false
                )
            );
            // Where a time is not defined, the next one is after the last that is.
            before = [.. times.Select((time, i) => double.IsNaN(time) ? former[i] : time)];
        }
    }

    private void Axis(string name, ChartAxis axis, IEnumerable<double> values)
    {
        var scale = AxisLimits.Of(axis.Kind, values.Concat(axis.Within));
        json.WriteStartObject(name);
        Text("name", axis.Name);
        Text("unit", axis.Unit);
        json.WriteBoolean("log", scale.IsLogarithmic);
        json.WriteBoolean("tight", axis.Kind is AxisKind.Tight or AxisKind.Around);
        json.WriteNumber("min", scale.Min);
        json.WriteNumber("max", scale.Max);
        json.WriteEndObject();
    }

    private void Column(string name, PackedColumn column)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(column.Offset);
        json.WriteNumberValue(column.Count);
        json.WriteNumberValue(column.Unit);
        json.WriteNumberValue(column.IsDifferences ? 1 : 0);
        json.WriteEndArray();
    }

    private void Texts(string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(PageText.Plain(text));
        }

        json.WriteEndArray();
    }

    private void Text(string name, string text) => json.WriteString(name, PageText.Plain(text));

    private static IEnumerable<double> Heights(XyChart chart) =>
        chart.Series.SelectMany(series => series.Y.Concat(series.Low ?? []).Concat(series.High ?? []));

    private static IEnumerable<double> Across(XyChart chart, bool areVertical) =>
        chart.Lines.Where(line => line.IsVertical == areVertical).Select(line => line.Value);
}
