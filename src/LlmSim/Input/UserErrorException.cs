namespace LlmSim.Input;

/// <summary>
/// The input is wrong in a way that its author can mend: the message says where (file, line, field), what was found and
/// what is allowed. The command line prints it without a stack trace and exits with 1.
/// </summary>
public sealed class UserErrorException : Exception
{
    /// <summary>A message for the person who wrote the input.</summary>
    public UserErrorException(string message)
        : base(message) { }

    /// <summary>A message for the person who wrote the input, and what was noticed first.</summary>
    public UserErrorException(string message, Exception inner)
        : base(message, inner) { }
}
