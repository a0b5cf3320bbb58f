using System.Reflection;
using LlmSim.Performance;
using LlmSim.Policies;
using Xunit;
using static LlmSim.Tests.Policies.PolicyWorld;

namespace LlmSim.Tests.Policies;

/// <summary>A policy sees what a real scheduler could see: the true output length is out of its reach.</summary>
public sealed class PolicyViewTests
{
    private const BindingFlags PublicInstance = BindingFlags.Public | BindingFlags.Instance;

    [Fact]
    public void Only_the_prediction_speaks_of_output_tokens()
    {
        var members = Reachable(typeof(GlobalContext), typeof(LocalContext))
            .SelectMany(type => type.GetMembers(PublicInstance))
            .Where(member => member is PropertyInfo or FieldInfo)
            .Where(member => member.Name.Contains("Output", StringComparison.OrdinalIgnoreCase))
            // The shapes of a model that drafts are known to all.
            .Where(member => member.DeclaringType!.Namespace != typeof(ModelDescription).Namespace)
            .Select(member => $"{member.DeclaringType!.Name}.{member.Name}");

        Assert.Equal([$"{nameof(RequestView)}.{nameof(RequestView.PredictedOutputTokens)}"], members);
    }

    [Fact]
    public void Requests_that_differ_in_their_true_length_alone_look_the_same()
    {
        object one = new RequestView(Request(outputTokens: 1));
        object other = new RequestView(Request(outputTokens: 2000));

        Assert.All(
            typeof(RequestView).GetProperties(PublicInstance),
            property => Assert.Equal(property.GetValue(one), property.GetValue(other))
        );
    }

    [Fact]
    public void The_views_lead_to_no_internal_type() =>
        Assert.All(
            Reachable(typeof(GlobalContext), typeof(LocalContext)),
            type => Assert.True(type.IsVisible, $"{type} is internal")
        );

    /// <summary>Our types that public properties, fields and methods lead to, from these types on.</summary>
    private static HashSet<Type> Reachable(params Type[] from)
    {
        var reached = new HashSet<Type>();
        var toVisit = new Queue<Type>(from);
        while (toVisit.TryDequeue(out var type))
        {
            if (
                type.Namespace?.StartsWith("LlmSim", StringComparison.Ordinal) is not true
                || !reached.Add(type)
            )
            {
                continue;
            }

            var next = type.GetMethods(PublicInstance)
                .Select(method => method.ReturnType)
                .Concat(type.GetFields(PublicInstance).Select(field => field.FieldType));
            foreach (var candidate in next)
            {
                toVisit.Enqueue(candidate);
            }
        }

        return reached;
    }
}
