using Xunit;

namespace LlmSim.Tests.Architecture;

/// <summary>Namespaces of the model use each other one way.</summary>
public sealed class NamespaceTests
{
    private static readonly IReadOnlyList<NamespaceUse> s_uses = NamespaceUse.Of(typeof(Simulator).Assembly);

    [Fact]
    public void Namespaces_have_no_cycles()
    {
        // What uses nothing that is left, or is used by nothing that is left, is in no cycle.
        List<NamespaceUse> left = [.. s_uses];
        while (
            left.RemoveAll(use =>
                !left.Exists(next => next.From == use.To) || !left.Exists(last => last.To == use.From)
            ) > 0
        ) { }

        Assert.True(
            left.Count == 0,
            "These namespaces use each other:\n"
                + string.Join('\n', left.Select(use => use.ToString()).Order())
        );
    }

    [Fact]
    public void Signatures_and_bodies_are_seen()
    {
        Assert.Contains(s_uses, use => use is { Type: "KvFlow", Used: "Instance" });
        Assert.Contains(s_uses, use => use is { Type: "InstanceView", Used: "FairNetwork" });
    }
}
