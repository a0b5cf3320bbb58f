using System.Diagnostics;
using System.Runtime.Loader;

namespace LlmSim.Experiments.Extensions;

/// <summary>Exceptions that no caller can catch, because a user's code threw them on a thread of its own.</summary>
internal static class OwnThread
{
    /// <summary>Whose code threw what; null when no file of a user had part in it.</summary>
    public static string? Describe(Exception exception)
    {
        foreach (var frame in new StackTrace(exception).GetFrames())
        {
            if (
                frame.GetMethod()?.DeclaringType is { } type
                && AssemblyLoadContext.GetLoadContext(type.Assembly) is ExtensionLoadContext context
            )
            {
                return $"{context.Path}: on a thread of its own, {AuthorsFailure.Describe(type, exception)}";
            }
        }

        return null;
    }
}
