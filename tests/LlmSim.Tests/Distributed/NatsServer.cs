using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Distributed;

/// <summary>A nats-server of a test's own. Where the machine has none, the test says that it is skipped.</summary>
internal sealed class NatsServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _configuration;
    private Process? _process;

    /// <summary>Starts one.</summary>
    /// <param name="settings">More of its configuration.</param>
    /// <param name="jetStream">What is in the braces of jetstream; null for none.</param>
    public NatsServer(string settings = "", string? jetStream = "")
    {
        Port = FreePort();
        var store = jetStream is null
            ? ""
            : $"jetstream {{ store_dir: '{_folder.File("store")}', {jetStream} }}";
        _configuration = _folder.Write(
            "nats.conf",
            string.Create(CultureInfo.InvariantCulture, $"listen: 127.0.0.1:{Port}\n{store}\n{settings}\n")
        );
        Start();
    }

    public int Port { get; }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"nats://127.0.0.1:{Port}");

    /// <summary>A port that nobody listens to.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Start()
    {
        try
        {
            _process = Process.Start(
                new ProcessStartInfo("nats-server", ["-c", _configuration])
                {
                    UseShellExecute = false,
                    RedirectStandardError = true,
                    RedirectStandardOutput = true,
                }
            )!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            _folder.Dispose();
            Assert.Skip("There is no nats-server on this machine; apt-get install nats-server.");
        }

        for (var line = ""; !line.Contains("Server is ready", StringComparison.Ordinal); )
        {
            line =
                _process.StandardError.ReadLine()
                ?? throw new InvalidOperationException("nats-server has ended");
        }

        // A pipe that nobody reads would stop it.
        _ = _process.StandardError.ReadToEndAsync();
        _ = _process.StandardOutput.ReadToEndAsync();
    }

    /// <summary>Ends it at once; what it has stored stays.</summary>
    public void Kill()
    {
        _process!.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>Has it do nothing, with its connections open, or go on.</summary>
    /// <param name="signal">STOP or CONT.</param>
    public void Send(string signal)
    {
        using var kill = Process.Start(
            "kill",
            ["-" + signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]
        );
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    public void Dispose()
    {
        Kill();
        _folder.Dispose();
    }
}
