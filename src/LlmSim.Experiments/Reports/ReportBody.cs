using System.Globalization;
using System.Net;
using System.Text;

namespace LlmSim.Experiments.Reports;

/// <summary>The body of a page: every text of a user is encoded on its way into it.</summary>
/// <param name="html">The page.</param>
/// <param name="licences">Of what the page is drawn with.</param>
internal sealed class ReportBody(StringBuilder html, string licences)
{
    private readonly List<(string Id, ChartBlock Chart)> _charts = [];
    private int _sections;
    private bool _isInGrid;

    /// <summary>The charts so far, by the ids of their places.</summary>
    public IReadOnlyList<(string Id, ChartBlock Chart)> Charts => _charts;

    public void Write(Report report)
    {
        WriteHead(report);
        Line("<main>");
        foreach (var block in report.Blocks)
        {
            Write(block);
        }

        EndSection();
        Line("</main>");
        Line(
            $"<footer><p>Made by LlmSim {PageText.Html(ProductVersion.Text)}. This page needs no network.</p>"
                + $"<details><summary>Licences of what it is drawn with</summary><pre>{WebUtility.HtmlEncode(licences)}</pre></details></footer>"
        );
    }

    private void WriteHead(Report report)
    {
        Line("<a class=\"skip\" href=\"#s1\">To the results</a>");
        Line("<header class=\"bar\">");
        Line(
            $"<div class=\"who\"><span class=\"mark\">LlmSim</span> <span>{PageText.Html(report.Kind)}</span></div>"
        );
        Line("<nav aria-label=\"Sections\">");
        foreach (var (index, section) in report.Blocks.OfType<SectionBlock>().Index())
        {
            Line($"<a href=\"#s{index + 1}\">{PageText.Html(section.Title)}</a>");
        }

        Line("</nav>");
        Line("<button type=\"button\" id=\"theme\" aria-pressed=\"false\">Dark</button>");
        Line("</header>");
        Line(
            $"<div class=\"title\"><h1>{PageText.Html(report.Title)}</h1><p>{PageText.Html(report.Subtitle)}</p>"
                + "<noscript><p class=\"warning\">Charts, sorting and filters need JavaScript; texts and tables are all here.</p></noscript></div>"
        );
    }

    private void Write(ReportBlock block)
    {
        if (block is not (ChartBlock or FactsBlock))
        {
            EndGrid();
        }

        switch (block)
        {
            case VerdictBlock verdict:
                Write(verdict);
                break;
            case SectionBlock section:
                EndSection();
                Line($"<section id=\"s{++_sections}\"><h2>{PageText.Html(section.Title)}</h2>");
                Line(section.Text.Length > 0 ? $"<p class=\"lead\">{PageText.Html(section.Text)}</p>" : "");
                break;
            case ChartBlock chart:
                BeginGrid();
                Write(chart);
                break;
            case FactsBlock facts:
                BeginGrid();
                Write(facts);
                break;
            case TableBlock table:
                TableHtml.Write(html, table);
                break;
            case CommandBlock command:
                Line(
                    $"<div class=\"command\"><h3>{PageText.Html(command.Title)}</h3>"
                        + "<button type=\"button\" class=\"copy\">Copy</button>"
                        + $"<pre tabindex=\"0\">{PageText.Html(command.Text)}</pre></div>"
                );
                break;
            default:
                throw new InvalidOperationException($"no page has a {block.GetType().Name}");
        }
    }

    private void Write(VerdictBlock verdict)
    {
        Line(
            $"<div class=\"verdict {Class(verdict.Tone)}\"><p class=\"sentence\">{PageText.Html(verdict.Sentence)}</p>"
        );
        if (verdict.Headlines.Count > 0)
        {
            Line("<dl class=\"headlines\">");
            foreach (var one in verdict.Headlines)
            {
                var unit = one.Unit.Length > 0 ? $" <small>{PageText.Html(one.Unit)}</small>" : "";
                var note = one.Note.Length > 0 ? $"<dd class=\"note\">{PageText.Html(one.Note)}</dd>" : "";
                Line(
                    $"<div class=\"{Class(one.Tone)}\"><dt>{PageText.Html(one.Label)}</dt><dd>{PageText.Html(one.Value)}{unit}</dd>{note}</div>"
                );
            }

            Line("</dl>");
        }

        foreach (var warning in verdict.Warnings)
        {
            Line($"<p class=\"warning\">{PageText.Html(warning)}</p>");
        }

        Line("</div>");
    }

    private void Write(ChartBlock chart)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"c{_charts.Count + 1}");
        _charts.Add((id, chart));
        var isWide = chart.IsWide || chart is TimelineChart;
        Line(
            $"<figure class=\"card chart{(isWide ? " wide" : "")}\" id=\"{id}\" data-kind=\"{Kind(chart)}\">"
        );
        Line($"<figcaption id=\"{id}-title\"><h3>{PageText.Html(chart.Title)}</h3></figcaption>");
        Line(
            $"<div class=\"plot\" role=\"application\" aria-labelledby=\"{id}-title\" aria-describedby=\"chart-keys\" tabindex=\"0\"></div>"
        );
        Line(chart.Note.Length > 0 ? $"<p class=\"note\">{PageText.Html(chart.Note)}</p>" : "");
        Line("<details class=\"numbers\"><summary>As a table</summary></details></figure>");
    }

    private void Write(FactsBlock facts)
    {
        Line($"<div class=\"card facts\"><h3>{PageText.Html(facts.Title)}</h3><dl>");
        foreach (var (name, value) in facts.Facts)
        {
            Line($"<div><dt>{PageText.Html(name)}</dt><dd>{PageText.Html(value)}</dd></div>");
        }

        Line("</dl></div>");
    }

    private void BeginGrid()
    {
        if (!_isInGrid)
        {
            Line("<div class=\"grid\">");
            _isInGrid = true;
        }
    }

    private void EndGrid()
    {
        if (_isInGrid)
        {
            Line("</div>");
            _isInGrid = false;
        }
    }

    private void EndSection()
    {
        EndGrid();
        if (_sections > 0)
        {
            Line("</section>");
        }
    }

    private void Line(string text)
    {
        if (text.Length > 0)
        {
            html.Append(text).Append('\n');
        }
    }

    private static string Class(Tone tone) => tone.ToString().ToLowerInvariant();

    private static string Kind(ChartBlock chart) =>
        chart switch
        {
            TimelineChart => "timeline",
            BarChart => "bars",
            _ => "xy",
        };
}
