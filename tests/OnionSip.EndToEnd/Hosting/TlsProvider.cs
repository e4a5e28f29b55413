using System;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading.Channels;
using System.Threading.Tasks;

namespace OnionSip.EndToEnd.Hosting;

/// <summary>A provider that takes TLS connections and answers every REGISTER with a challenge.</summary>
internal sealed class TlsProvider : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly Channel<string> _requests = Channel.CreateUnbounded<string>();

    public TlsProvider(string name)
    {
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest authorityRequest = new("CN=Test Authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 authority = authorityRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=provider", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 bare = request.Create(authority, DateTimeOffset.UtcNow.AddMinutes(-30), DateTimeOffset.UtcNow.AddMinutes(30), [1, 2, 3]);
        using X509Certificate2 withKey = bare.CopyWithPrivateKey(key);
        _certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public string AuthorityFile { get; } = Path.Combine(Path.GetTempPath(), "onionsip-test-" + Path.GetRandomFileName() + ".pem");

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Addresses that connections came from.</summary>
    public Channel<string> Sources { get; } = Channel.CreateUnbounded<string>();

    public ChannelReader<string> Requests => _requests.Reader;

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
        File.Delete(AuthorityFile);
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                TcpClient connection = await _listener.AcceptTcpClientAsync();
                Sources.Writer.TryWrite(((IPEndPoint)connection.Client.RemoteEndPoint!).Address.ToString());
                _ = Task.Run(() => ServeAsync(connection));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        try
        {
            using SslStream tls = new(connection.GetStream());
            await tls.AuthenticateAsServerAsync(_certificate);
            byte[] buffer = new byte[65_536];
            int filled = 0;
            int read;
            while ((read = await tls.ReadAsync(buffer.AsMemory(filled))) > 0)
            {
                filled += read;
                string text = Encoding.ASCII.GetString(buffer, 0, filled);
                if (text.Contains("\r\n\r\n", StringComparison.Ordinal))
                {
                    filled = 0;
                    _requests.Writer.TryWrite(text);
                    await tls.WriteAsync(Encoding.ASCII.GetBytes(Challenge(text)));
                }
            }
        }
        catch (Exception error) when (error is IOException or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, as it must when the certificate is wrong.
        }
    }

    private static string Challenge(string request)
    {
        StringBuilder response = new("SIP/2.0 401 Unauthorized\r\n");
        foreach (string line in request.Split("\r\n"))
        {
            string name = line.Split(':')[0].Trim().ToLowerInvariant();
            if (name is "via" or "v" or "from" or "f" or "to" or "t" or "call-id" or "i" or "cseq")
            {
                response.Append(line).Append(name is "to" or "t" ? ";tag=p1" : "").Append("\r\n");
            }
        }

        return response.Append("WWW-Authenticate: Digest realm=\"provider.test\", nonce=\"n0nce\", algorithm=MD5\r\nContent-Length: 0\r\n\r\n").ToString();
    }
}
