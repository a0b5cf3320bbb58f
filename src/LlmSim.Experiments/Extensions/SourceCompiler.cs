using System.Reflection.Metadata;
using System.Runtime.ExceptionServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace LlmSim.Experiments.Extensions;

/// <summary>Compiles a file of a user. The only class that knows the compiler, which takes its time to load.</summary>
internal static class SourceCompiler
{
    private const int MaxErrorsShown = 20;

    /// <summary>The compiler calls itself for what is nested, in places without a look at its stack.</summary>
    private const int MaxDepth = 2000;

    /// <summary>At each bracket the parser looks ahead for its partner, which takes the square of the depth.</summary>
    private const int MaxBrackets = 500;
    private const int StackBytes = 256 << 20;

    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Linq;
        global using LlmSim;
        global using LlmSim.Kernel;
        global using LlmSim.Input;
        global using LlmSim.Options;
        global using LlmSim.Performance;
        global using LlmSim.Performance.Roofline;
        global using LlmSim.Policies;
        """;

    private static readonly CSharpParseOptions s_parse = new(LanguageVersion.Latest);

    private static readonly CSharpCompilationOptions s_options = new(
        OutputKind.DynamicallyLinkedLibrary,
        optimizationLevel: OptimizationLevel.Release,
        nullableContextOptions: NullableContextOptions.Enable,
        // The same source gives the same bytes.
        deterministic: true
    );

    /// <summary>The assembly of a source, with the lines of its code for stack traces.</summary>
    /// <param name="path">What messages call the source.</param>
    /// <param name="text">The source.</param>
    /// <exception cref="UserErrorException">It does not compile: one line an error, as file:line:column.</exception>
    public static byte[] Compile(string path, string text)
    {
        byte[] assembly = [];
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Run, StackBytes);
        thread.Start();
        thread.Join();
        failure?.Throw();
        return assembly;

        void Run()
        {
            try
            {
                assembly = CompileHere(path, text);
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }

    private static byte[] CompileHere(string path, string text)
    {
        var name = Path.GetFileName(path);
        RequireFewBrackets(path, text);
        var source = Parse(text, name);
        RequireShallow(path, source);
        var compilation = CSharpCompilation.Create(
            $"mine_{Path.GetFileNameWithoutExtension(path)}",
            [source, Parse(ImplicitUsings, "usings.cs")],
            References(),
            s_options
        );
        using var assembly = new MemoryStream();
        var result = compilation.Emit(
            assembly,
            options: new EmitOptions(debugInformationFormat: DebugInformationFormat.Embedded)
        );
        return result.Success ? assembly.ToArray() : throw Error(path, result.Diagnostics);
    }

    private static SyntaxTree Parse(string text, string name) =>
        CSharpSyntaxTree.ParseText(SourceText.From(text, System.Text.Encoding.UTF8), s_parse, name);

    private static void RequireFewBrackets(string path, string text)
    {
        var (depth, lines) = (0, SourceText.From(text).Lines);
        foreach (var token in SyntaxFactory.ParseTokens(text, options: s_parse))
        {
            depth +=
                token.Kind()
                    is SyntaxKind.OpenParenToken
                        or SyntaxKind.OpenBraceToken
                        or SyntaxKind.OpenBracketToken
                    ? 1
                : token.Kind()
                    is SyntaxKind.CloseParenToken
                        or SyntaxKind.CloseBraceToken
                        or SyntaxKind.CloseBracketToken
                    ? -1
                : 0;
            if (depth > MaxBrackets)
            {
                var line = lines.GetLineFromPosition(token.SpanStart).LineNumber + 1;
                throw new UserErrorException($"{path}:{line}: is nested deeper than {MaxBrackets} brackets");
            }
        }
    }

    private static void RequireShallow(string path, SyntaxTree source)
    {
        var nodes = new Stack<(SyntaxNode Node, int Depth)>([(source.GetRoot(), 1)]);
        while (nodes.TryPop(out var top))
        {
            if (top.Depth > MaxDepth)
            {
                var line = source.GetLineSpan(top.Node.Span).StartLinePosition.Line + 1;
                throw new UserErrorException($"{path}:{line}: is nested deeper than {MaxDepth} levels");
            }

            foreach (var child in top.Node.ChildNodes())
            {
                nodes.Push((child, top.Depth + 1));
            }
        }
    }

    /// <summary>
    /// The base library of .NET, and what a user's code may see of the simulator: from the assemblies in memory, because in a program
    /// that is one file they are nowhere else.
    /// </summary>
    private static IEnumerable<MetadataReference> References() =>
        FrameworkAssemblies
            .All()
            .Append(typeof(Scenario).Assembly)
            .Append(typeof(Kernel.SimTime).Assembly)
            .Select(Reference);

    private static unsafe PortableExecutableReference Reference(System.Reflection.Assembly assembly) =>
        assembly.TryGetRawMetadata(out var start, out var length)
            ? AssemblyMetadata
                .Create(ModuleMetadata.CreateFromMetadata((nint)start, length))
                .GetReference(filePath: assembly.GetName().Name)
            : throw new InvalidOperationException($"{assembly.GetName().Name} has no metadata");

    private static UserErrorException Error(string path, IEnumerable<Diagnostic> diagnostics)
    {
        var errors = diagnostics
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start);
        // The compiler may find the same error on two ways to the same symbol.
        var lines = errors.Select(error => Line(path, error)).Distinct().ToArray();
        var more =
            lines.Length > MaxErrorsShown ? $"\n{path}: {lines.Length - MaxErrorsShown} more errors" : "";
        return new UserErrorException(string.Join('\n', lines.Take(MaxErrorsShown)) + more);
    }

    private static string Line(string path, Diagnostic error)
    {
        var start = error.Location.GetLineSpan().StartLinePosition;
        var message = error.GetMessage(System.Globalization.CultureInfo.InvariantCulture);
        return $"{path}:{start.Line + 1}:{start.Character + 1}: error {error.Id}: {message}";
    }
}
