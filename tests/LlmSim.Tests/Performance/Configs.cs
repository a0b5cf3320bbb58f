using System.Text;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Tests.Performance;

/// <summary>Descriptions from the text of a config.json.</summary>
internal static class Configs
{
    public static ModelDescription Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    public static ModelDescription Parse(byte[] content)
    {
        using var stream = new MemoryStream(content);
        return ModelConfigParser.Parse("x/y", stream, "config.json");
    }

    public static ModelDescription ParseFile(string path)
    {
        using var stream = File.OpenRead(path);
        return ModelConfigParser.Parse(Path.GetFileName(path), stream, path);
    }
}
