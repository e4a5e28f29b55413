using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.Hosting.Providers;

/// <summary>The client's own TLS to a provider, over bytes that a circuit carries: the exit sees ciphertext. (HOST.TLS)</summary>
/// <remarks>
/// States:  handshaking, open, ended; <see cref="Result"/> says how.
/// Threads: the public members are called by the loop's thread and never wait; the framework's TLS runs as a task. <c>changed</c> is called
///          from any thread whenever there is something to take; the owner posts itself a message.
/// Bounds:  <see cref="QueueBytes"/> in each of four queues; what does not fit is refused to the caller.
/// Rules:   TLS 1.2 or 1.3; server name = the domain; no session is resumed, so connections cannot be linked; no client certificate.
/// </remarks>
public sealed class CircuitTlsConnection : IDisposable
{
    public const int QueueBytes = 128 * 1024;
    private const int ChunkBytes = 16 * 1024;

    private readonly ByteQueue _cipherIn = new(QueueBytes);
    private readonly ByteQueue _cipherOut = new(QueueBytes);
    private readonly ByteQueue _plainIn = new(QueueBytes);
    private readonly ByteQueue _plainOut = new(QueueBytes);
    private readonly CancellationTokenSource _cancel = new();
    private readonly string _domain;
    private readonly TlsTrust _trust;
    private readonly TimeProvider _clock;
    private readonly Action _changed;
    private TlsResult _certificate = TlsResult.None;
    private int _result;

    public CircuitTlsConnection(string domain, TlsTrust trust, TimeProvider clock, Action changed)
    {
        _domain = domain;
        _trust = trust;
        _clock = clock;
        _changed = changed;
        Completion = Task.Run(RunAsync);
    }

    public TlsResult Result => (TlsResult)Volatile.Read(ref _result);

    /// <summary>Ends when the connection has; it does not fail.</summary>
    public Task Completion { get; }

    /// <summary>Bytes from the circuit; returns how many were taken.</summary>
    public int WriteCiphertext(ReadOnlySpan<byte> bytes) => _cipherIn.TryWrite(bytes);

    /// <summary>Bytes for the circuit; 0 when there are none now.</summary>
    public int ReadCiphertext(Span<byte> destination) => _cipherOut.TryRead(destination);

    /// <summary>Bytes to be sent to the provider; returns how many were taken.</summary>
    public int Write(ReadOnlySpan<byte> plaintext) => _plainOut.TryWrite(plaintext);

    /// <summary>Bytes the provider sent; 0 when there are none now.</summary>
    public int Read(Span<byte> destination) => _plainIn.TryRead(destination);

    /// <summary>The circuit has no more bytes.</summary>
    public void FinishCiphertext() => _cipherIn.Complete();

    /// <summary>Sends what is queued, then says goodbye; take the ciphertext until <see cref="Completion"/>.</summary>
    public void Close() => _plainOut.Complete();

    public void Dispose()
    {
        _cancel.Cancel();
        _cipherIn.Complete();
        _cipherOut.Complete();
        _plainIn.Complete();
        _plainOut.Complete();
    }

    private async Task RunAsync()
    {
        QueueStream transport = new(_cipherIn, _cipherOut, _changed);
        SslStream tls = new(transport, leaveInnerStreamOpen: true);
        await using (tls.ConfigureAwait(false))
        {
            if (!await TryShakeHandsAsync(tls).ConfigureAwait(false))
            {
                End(_certificate is TlsResult.None or TlsResult.Verified ? TlsResult.HandshakeFailed : _certificate);
                return;
            }

            SetResult(TlsResult.Verified);
            Task reading = MoveToOwnerAsync(tls);
            Task writing = MoveToProviderAsync(tls);
            await Task.WhenAny(reading, writing).ConfigureAwait(false);
            await _cancel.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(reading, writing).ConfigureAwait(false);
        }

        End(TlsResult.Closed);
    }

    private async Task<bool> TryShakeHandsAsync(SslStream tls)
    {
        SslClientAuthenticationOptions options = new()
        {
            TargetHost = _domain,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
            AllowTlsResume = false,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = ProviderCertificate.MakePolicy(_clock.GetUtcNow()),
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => IsAccepted(certificate, chain),
        };
        try
        {
            await tls.AuthenticateAsClientAsync(options, _cancel.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is AuthenticationException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private bool IsAccepted(X509Certificate? certificate, X509Chain? chain)
    {
        // The platform's own opinion is not asked: it knows neither the account's trust nor RFC 5922.
        IEnumerable<X509Certificate2> sent = chain is null ? [] : chain.ChainPolicy.ExtraStore;
        _certificate = ProviderCertificate.Verify(certificate as X509Certificate2, sent, _domain, _trust, _clock.GetUtcNow());
        return _certificate == TlsResult.Verified;
    }

    private async Task MoveToOwnerAsync(SslStream tls)
    {
        byte[] buffer = new byte[ChunkBytes];
        try
        {
            while (true)
            {
                int read = await tls.ReadAsync(buffer, _cancel.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    return;
                }

                int queued = _plainIn.TryWrite(buffer.AsSpan(0, read));
                _changed();
                if (queued < read
                    && !await _plainIn.WriteAsync(buffer.AsMemory(queued, read - queued), _cancel.Token).ConfigureAwait(false))
                {
                    return;
                }

                _changed();
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // The connection has ended; the result says so.
        }
    }

    private async Task MoveToProviderAsync(SslStream tls)
    {
        byte[] buffer = new byte[ChunkBytes];
        try
        {
            while (true)
            {
                int read = await _plainOut.ReadAsync(buffer, _cancel.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    await tls.ShutdownAsync().ConfigureAwait(false);
                    return;
                }

                await tls.WriteAsync(buffer.AsMemory(0, read), _cancel.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // As above.
        }
    }

    private void End(TlsResult result)
    {
        _plainIn.Complete();
        _plainOut.Complete();
        SetResult(result);
    }

    private void SetResult(TlsResult result)
    {
        Volatile.Write(ref _result, (int)result);
        _changed();
    }
}
