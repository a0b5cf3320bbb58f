using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using LlmSim.Tests.Experiments;

namespace LlmSim.Tests.Distributed;

/// <summary>An authority that nobody knows, and the certificate that it has signed for a server on this machine.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 _own;

    public TestAuthority(TemporaryFolder folder)
    {
        var until = DateTimeOffset.UnixEpoch.AddYears(100);
        using var ownKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var own = new CertificateRequest("CN=an authority", ownKey, HashAlgorithmName.SHA256);
        own.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        _own = own.CreateSelfSigned(DateTimeOffset.UnixEpoch, until);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a server", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_own, DateTimeOffset.UnixEpoch, until, [1]);
        Own = folder.Write("authority.pem", _own.ExportCertificatePem());
        Certificate = folder.Write("server.pem", certificate.ExportCertificatePem());
        Key = folder.Write("server.key", key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>The file of its own certificate.</summary>
    public string Own { get; }

    /// <summary>The file of the server's certificate.</summary>
    public string Certificate { get; }

    /// <summary>The file of the server's key.</summary>
    public string Key { get; }

    public void Dispose() => _own.Dispose();
}
