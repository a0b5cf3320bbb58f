using System.Reflection;
using LlmSim.Experiments;
using Xunit;

namespace LlmSim.Tests.Experiments;

public sealed class SemanticsOptionsTests
{
    [Fact]
    public void Every_option_of_the_semantics_can_be_set_by_name_and_changes_nothing_else()
    {
        // Through all options, from one preset to the other: the last one equals it only if no property was missed.
        var semantics = Semantics.Standard;
        foreach (var option in SemanticsOptions.All)
        {
            Assert.Equal(option.Get(Semantics.Standard), option.Get(semantics));
            semantics = option.With(semantics, option.Get(Semantics.Reference));
        }

        Assert.Equal(Semantics.Reference, semantics with { Preset = "reference" });
        Assert.Equal(
            typeof(Semantics)
                .GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Count(property => property.PropertyType.IsEnum),
            SemanticsOptions.All.Count
        );
    }

    [Fact]
    public void The_presets_differ_in_every_option() =>
        Assert.All(
            SemanticsOptions.All,
            option => Assert.NotEqual(option.Get(Semantics.Standard), option.Get(Semantics.Reference))
        );

    [Fact]
    public void Names_and_values_are_lower_case_with_underscores_and_unique()
    {
        var names = SemanticsOptions.All.Select(option => option.Name).ToArray();

        Assert.Equal(names.Distinct(StringComparer.Ordinal), names);
        Assert.All(names, name => Assert.Matches("^[a-z_]+$", name));
        Assert.All(
            SemanticsOptions.All.SelectMany(option => option.AllowedValues),
            value => Assert.Matches("^[a-z_]+$", value)
        );
    }

    [Fact]
    public void An_unknown_value_is_an_error_with_those_allowed()
    {
        var option = SemanticsOptions.All.Single(option => option.Name == "saturation");

        var error = Assert.Throws<UserErrorException>(() => option.With(Semantics.Standard, "evictall"));

        Assert.Equal(
            "--saturation 'evictall': allowed: evict_all, preempt_newest. Did you mean 'evict_all'?",
            error.Message
        );
    }

    [Fact]
    public void A_description_names_the_preset_and_what_differs()
    {
        Assert.Equal("reference", SemanticsOptions.Describe(Semantics.Reference));
        Assert.Equal(
            "standard;lm_head=single_ops;kv_transfer=independent",
            SemanticsOptions.Describe(
                Semantics.Standard with
                {
                    LmHead = LmHead.SingleOps,
                    KvTransfer = KvTransfer.Independent,
                }
            )
        );
    }
}
