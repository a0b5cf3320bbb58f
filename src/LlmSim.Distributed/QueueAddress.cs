using NATS.Client.Core;
using NATS.NKeys;

namespace LlmSim.Distributed;

/// <summary>
/// Where a server is and how one is let in: the address may have user and password, and the rest is in the variables of the
/// <c>nats</c> command.
/// </summary>
/// <param name="Text">The address without user and password, for messages.</param>
/// <param name="Options">What the client is given.</param>
internal sealed record QueueAddress(string Text, NatsOpts Options)
{
    private static readonly string[] s_schemes = ["nats", "tls", "ws", "wss"];

    /// <summary>Reads an address: one server, or several of one cluster with commas between them.</summary>
    /// <exception cref="UserErrorException">It is none, or a file that a variable names cannot be used.</exception>
    public static QueueAddress Parse(string text)
    {
        Uri[] uris = [.. text.Split(',').Select(Address)];
        var plain = string.Join(',', uris.Select(WithoutUser));
        var user = Array.ConvertAll(uris[0].UserInfo.Split(':', 2), Uri.UnescapeDataString);
        return new QueueAddress(
            plain,
            NatsOpts.Default with
            {
                Url = plain,
                Name = "llmsim",
                AuthOpts = Credentials(user),
                TlsOpts = Encryption(),
                ConnectTimeout = TimeSpan.FromSeconds(20),
                MaxReconnectRetry = -1,
                ReconnectWaitMin = TimeSpan.FromMilliseconds(100),
                ReconnectWaitMax = TimeSpan.FromSeconds(2),
                PingInterval = TimeSpan.FromSeconds(5),
                MaxPingOut = 2,
                SuppressSlowConsumerWarnings = true,
            }
        );

        Uri Address(string part) =>
            Uri.TryCreate(part, UriKind.Absolute, out var uri)
            && s_schemes.Contains(uri.Scheme)
            && uri.Host.Length > 0
                ? uri
                : throw new UserErrorException(
                    $"the address of the queue: found '{part}'; allowed: nats://HOST:PORT or tls://HOST:PORT, such as nats://localhost:4222"
                );
    }

    private static string WithoutUser(Uri uri) =>
        new UriBuilder(uri)
        {
            UserName = "",
            Password = "",
            Port = uri.IsDefaultPort ? 4222 : uri.Port,
        }
            .Uri.ToString()
            .TrimEnd('/');

    private static NatsAuthOpts Credentials(string[] user)
    {
        var seedFile = Variable("NATS_NKEY");
        var seed = seedFile is null ? null : Seed(seedFile);
        return new NatsAuthOpts
        {
            Username = user[0].Length > 0 ? user[0] : Variable("NATS_USER"),
            Password = user is [_, var password] ? password : Variable("NATS_PASSWORD"),
            CredsFile = Variable("NATS_CREDS") is { } creds ? Existing("NATS_CREDS", creds) : null,
            Seed = seed,
            NKey = seed is null ? null : PublicKey(seedFile!, seed),
        };
    }

    private static NatsTlsOpts Encryption() =>
        NatsTlsOpts.Default with
        {
            CaFile = Variable("NATS_CA") is { } ca ? Existing("NATS_CA", ca) : null,
            CertFile = Variable("NATS_CERT") is { } cert ? Existing("NATS_CERT", cert) : null,
            KeyFile = Variable("NATS_KEY") is { } key ? Existing("NATS_KEY", key) : null,
        };

    /// <summary>The line of a seed file that has the seed.</summary>
    private static string Seed(string path) =>
        File.ReadLines(Existing("NATS_NKEY", path))
            .Select(line => line.Trim())
            .FirstOrDefault(line => line.StartsWith("SU", StringComparison.Ordinal))
        ?? throw new UserErrorException(
            $"NATS_NKEY {path}: has no line with the seed of a user (SU…), as `nk -gen user` writes it"
        );

    private static string PublicKey(string path, string seed)
    {
        try
        {
            return KeyPair.FromSeed(seed).GetPublicKey();
        }
        catch (NKeysException e)
        {
            throw new UserErrorException($"NATS_NKEY {path}: the seed is damaged: {e.Message}", e);
        }
    }

    private static string Existing(string variable, string path) =>
        File.Exists(path) ? path : throw new UserErrorException($"{variable} {path}: there is no such file");

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
