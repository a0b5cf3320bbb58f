using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace LlmSim.Distributed;

/// <summary>Why a server cannot be reached, and what to do, in one line.</summary>
internal static class UnreachedServer
{
    public static async Task<UserErrorException> WhyAsync(QueueAddress address, Exception e)
    {
        var causes = new List<Exception>();
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause);
        }

        var reason = causes[^1].Message.TrimEnd('.');
        var what =
            causes.Exists(cause => cause is AuthenticationException)
                ? $"the certificate of the server is not trusted ({reason}); give the authority that has signed it in NATS_CA, and the host by a name that the certificate has"
            : Says("authorization") || Says("authentication")
                ? $"the server does not let this user in ({reason}); give them in the address (nats://USER:PASSWORD@HOST:4222) or in NATS_USER and NATS_PASSWORD, NATS_CREDS or NATS_NKEY"
            : Says("does not support TLS")
                ? "the server has no TLS; write nats:// for a connection that anybody can read, or give the server a certificate"
            : $"there is no NATS server to be reached ({await UnknownHostAsync(address).ConfigureAwait(false) ?? reason}); start one with `nats-server -js`, or mend the address";
        return new UserErrorException($"{address.Text}: {what}.", e);

        bool Says(string words) => reason.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The first host that has no address, which the client does not say.</summary>
    private static async Task<string?> UnknownHostAsync(QueueAddress address)
    {
        foreach (var server in address.Text.Split(','))
        {
            var host = new Uri(server).DnsSafeHost;
            try
            {
                await Dns.GetHostAddressesAsync(host).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                return $"{host}: {e.Message}";
            }
        }

        return null;
    }
}
