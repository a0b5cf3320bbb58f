using System.Diagnostics;
using System.Reflection;

namespace LlmSim;

/// <summary>Exceptions that come out of a user's code, told to its author.</summary>
internal static class AuthorsFailure
{
    /// <summary>"it threw X: message (file.cs:12)".</summary>
    /// <param name="code">The class that was called.</param>
    /// <param name="exception">What came out of it.</param>
    public static string Describe(Type code, Exception exception)
    {
        // Exceptions of constructors and properties come wrapped by reflection.
        var thrown = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
        return $"it threw {thrown.GetType().Name}: {thrown.Message}{Where(code, thrown)}";
    }

    /// <summary>The innermost line of the code's own assembly.</summary>
    private static string Where(Type code, Exception exception)
    {
        var frame = new StackTrace(exception, fNeedFileInfo: true)
            .GetFrames()
            .FirstOrDefault(candidate =>
                candidate.GetMethod()?.Module.Assembly == code.Assembly && candidate.GetFileLineNumber() > 0
            );
        return frame is null ? "" : $" ({frame.GetFileName()}:{frame.GetFileLineNumber()})";
    }
}
