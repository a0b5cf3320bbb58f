using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace LlmSim.Experiments.Reports;

/// <summary>Writes a report as one page that needs nothing but a browser: no other file, and no network.</summary>
internal static class ReportPage
{
    /// <summary>The page's scripts, in their order.</summary>
    private static readonly string[] s_scripts =
    [
        "data.js",
        "figures.js",
        "tables.js",
        "charts.js",
        "xy.js",
        "timeline.js",
        "page.js",
    ];

    /// <summary>Writes a page.</summary>
    public static void Write(Stream stream, Report report)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true)
        {
            NewLine = "\n",
        };
        writer.Write(Text(report));
    }

    /// <summary>The page.</summary>
    internal static string Text(Report report)
    {
        var library = Resource("echarts.min.js.gz");
        var first = Resource("theme.js");
        var script = string.Concat(s_scripts.Select(name => Encoding.UTF8.GetString(Resource(name))));
        var html = new StringBuilder();
        html.Append(
            CultureInfo.InvariantCulture,
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {HashOf(
                first
            )} {HashOf(Encoding.UTF8.GetBytes(script))} {HashOf(Unzip(library))}">
            <link rel="icon" href="data:,">
            <title>{PageText.Html(report.Title)} · {PageText.Html(report.Kind)}</title>
            <style>
            {Encoding.UTF8.GetString(Resource("page.css"))}</style>
            <script>{Encoding.UTF8.GetString(first)}</script>
            </head>
            <body>

            """
        );
        var body = new ReportBody(html, Encoding.UTF8.GetString(Resource("LICENSES.txt")));
        body.Write(report);
        Append(html, "charts", "application/json", ChartsJson(body.Charts, out var numbers));
        Append(html, "numbers", "application/octet-stream", numbers);
        Append(html, "library", "application/octet-stream", Convert.ToBase64String(library));
        html.Append("<script>").Append(script).Append("</script>\n</body>\n</html>\n");
        return html.ToString();
    }

    /// <summary>JSON whose texts have no character that could end the element they are in.</summary>
    private static string ChartsJson(IReadOnlyList<(string Id, ChartBlock Chart)> charts, out string numbers)
    {
        var columns = new PackedColumns();
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            var chartJson = new ChartJson(json, columns);
            json.WriteStartArray();
            foreach (var (id, chart) in charts)
            {
                chartJson.Write(id, chart);
            }

            json.WriteEndArray();
        }

        numbers = columns.ToBase64();
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void Append(StringBuilder html, string id, string type, string content) =>
        html.Append(CultureInfo.InvariantCulture, $"<script type=\"{type}\" id=\"{id}\">")
            .Append(content)
            .Append("</script>\n");

    private static byte[] Unzip(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var content = new MemoryStream();
        gzip.CopyTo(content);
        return content.ToArray();
    }

    /// <summary>A script that the page may run; any other, such as one in a name, may not.</summary>
    private static string HashOf(byte[] script) =>
        $"'sha256-{Convert.ToBase64String(SHA256.HashData(script))}'";

    private static byte[] Resource(string name)
    {
        using var stream = typeof(ReportPage).Assembly.GetManifestResourceStream($"report/{name}")!;
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
