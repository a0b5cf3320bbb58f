using System.Diagnostics;
using System.Reflection;
using LlmSim.Kernel;

namespace LlmSim.Input;

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
        return $"it threw {thrown.GetType().Name}: {Message(code, thrown)}{Where(code, thrown)}";
    }

    /// <summary>The message of an exception, which may be of a user's own class: what it says is a user's code too.</summary>
    /// <param name="code">The class that was called.</param>
    /// <param name="exception">What came out of it.</param>
    public static string Message(Type code, Exception exception)
    {
        try
        {
            using var call = AuthorsCall.Enter(NameOf(code), "asked for the message of its exception");
            return exception.Message;
        }
        catch (Exception e)
        {
            return $"its message threw {e.GetType().Name}";
        }
    }

    /// <summary>Whether code of an assembly threw it, rather than what that code called.</summary>
    public static bool IsThrownBy(Assembly assembly, Exception exception) =>
        new StackTrace(exception)
            .GetFrames()
            .Select(frame => frame.GetMethod()?.Module)
            .FirstOrDefault(module => module != typeof(Invariant).Module)
            ?.Assembly == assembly;

    private static string NameOf(Type code) => INamedCode.TitleOf(code) ?? $"class {code.Name}";

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
