using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using OnionSip.Demo.Phones;
using OnionSip.Sip;

namespace OnionSip.Demo.Providers;

/// <summary>A small provider: registrar and stateless proxy with digest authentication, on UDP, TCP and TLS.</summary>
/// <remarks>
/// Everything it receives is kept, TLS taken off, with the source address it saw. It record-routes calls and sends requests back over the
/// connection from which a phone registered.
/// </remarks>
public sealed class BuiltinProvider : IProvider
{
    private const string TagPrefix = "prv-";
    private const int ExpiresMax = 600;

    private readonly ProviderOptions _options;
    private readonly ProviderTransport _transport;
    private readonly Dictionary<string, Binding> _bindings = new(StringComparer.Ordinal);
    private readonly HashSet<string> _nonces = [];
    private readonly Lock _gate = new();

    public BuiltinProvider(ProviderOptions options)
    {
        _options = options;
        _transport = new(options, Record, Handle);
        _transport.Start();
    }

    public string Kind => "builtin";

    public IPEndPoint PlainEndPoint => new(_options.Address, _options.Port);

    public ReceivedBytes Record { get; } = new();

    /// <summary>Requests by method, for tests.</summary>
    public Dictionary<string, int> Seen { get; } = [];

    public bool IsRegistered(string user)
    {
        lock (_gate)
        {
            return _bindings.TryGetValue(user, out Binding? binding) && binding.Until > DateTime.UtcNow;
        }
    }

    public int CountOf(string method)
    {
        lock (_gate)
        {
            return Seen.GetValueOrDefault(method);
        }
    }

    public void Dispose() => _transport.Dispose();

    /// <summary>Vanishes at once, as a process that is killed.</summary>
    public void Kill() => Dispose();

    private void Handle(Hop from, SipMessage message)
    {
        lock (_gate)
        {
            if (message is SipRequest request)
            {
                Seen[request.Method] = Seen.GetValueOrDefault(request.Method) + 1;
                HandleRequest(from, request);
            }
            else
            {
                ForwardResponse((SipResponse)message);
            }
        }
    }

    private void HandleRequest(Hop from, SipRequest request)
    {
        AddSource(request, from);
        bool isInside = request.To.Tag is not null;
        if (request.Method == SipMethods.Ack && request.To.Tag?.StartsWith(TagPrefix, StringComparison.Ordinal) == true)
        {
            return;
        }

        if (request.Method == SipMethods.Register)
        {
            HandleRegister(from, request);
            return;
        }

        bool mustKnow = !isInside && request.Method is not (SipMethods.Ack or SipMethods.Cancel or SipMethods.Options) && IsOurs(request.From.Uri.Host);
        if (mustKnow && !Knows(request, SipHeaderNames.ProxyAuthorization, request.From.Uri.User))
        {
            Challenge(from, request, 407);
            return;
        }

        if (request.Method == SipMethods.Options && IsOurs(request.Uri.Host) && request.Uri.User is null)
        {
            Reply(from, request, 200);
            return;
        }

        Forward(from, request, isInside);
    }

    private static void AddSource(SipRequest request, Hop from)
    {
        if (request.TryGetVias(out List<ViaValue> vias))
        {
            vias[0] = vias[0].WithSource(Sockets.ToPeer(from.EndPoint));
            request.Headers.Remove(SipHeaderNames.Via);
            vias.ForEach(via => request.Headers.Add(SipHeaderNames.Via, via.Reveal()));
        }
    }

    private void HandleRegister(Hop from, SipRequest request)
    {
        string user = request.To.Uri.User ?? string.Empty;
        if (!Knows(request, SipHeaderNames.Authorization, user))
        {
            Challenge(from, request, 401);
            return;
        }

        SipResponse response = Make(request, 200);
        uint seconds = request.TryGetNumber(SipHeaderNames.Expires, out uint asked) ? Math.Min(asked, ExpiresMax) : ExpiresMax;
        if (request.TryGetContacts(out List<ContactValue> contacts) && contacts.Count > 0)
        {
            seconds = Math.Min(contacts[0].ExpiresSeconds ?? seconds, ExpiresMax);
            _bindings.Remove(user);
            if (!contacts[0].IsStar && seconds > 0)
            {
                _bindings[user] = new(contacts[0].Address!.Uri, from, DateTime.UtcNow.AddSeconds(seconds));
                response.Headers.Add(SipHeaderNames.Contact, $"<{contacts[0].Address!.Uri.Reveal()}>;expires={seconds.ToString(CultureInfo.InvariantCulture)}");
            }
        }

        _transport.Send(from, response);
    }

    private bool IsOurs(string host) => string.Equals(host, _options.Domain, StringComparison.OrdinalIgnoreCase);

    private bool Knows(SipRequest request, string header, string? user)
    {
        if (user is null || !_options.Accounts.TryGetValue(user, out string? password)
            || !DigestCredentials.TryParseAll(request.Headers, header, out List<DigestCredentials> all))
        {
            return false;
        }

        return all.Exists(one => one.Username == user && one.Realm == _options.Domain && _nonces.Contains(one.Nonce)
            && one.Verifies(password, request.Method, request.Body.Span));
    }

    private void Challenge(Hop from, SipRequest request, int status)
    {
        string nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _nonces.Add(nonce);
        SipResponse response = Make(request, status);
        DigestChallenge challenge = new() { Realm = _options.Domain, Nonce = nonce, Qop = ["auth"], AlgorithmName = "MD5" };
        response.Headers.Add(status == 407 ? SipHeaderNames.ProxyAuthenticate : SipHeaderNames.WwwAuthenticate, challenge.Reveal());
        _transport.Send(from, response);
    }

    private static SipResponse Make(SipRequest request, int status) =>
        SipResponse.For(request, status, null, TagPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));

    private void Reply(Hop from, SipRequest request, int status)
    {
        if (request.Method != SipMethods.Ack)
        {
            _transport.Send(from, Make(request, status));
        }
    }

    private void Forward(Hop from, SipRequest request, bool isInside)
    {
        List<NameAddress> routes = [];
        request.TryGetAddresses(SipHeaderNames.Route, out routes);
        while (routes.Count > 0 && IsSelf(routes[0].Uri))
        {
            routes.RemoveAt(0);
        }

        SipUri target = request.Uri;
        Hop? next = null;
        if (!isInside && IsOurs(target.Host))
        {
            if (target.User is null || !_bindings.TryGetValue(target.User, out Binding? binding) || binding.Until < DateTime.UtcNow)
            {
                Reply(from, request, target.User is not null && _options.Accounts.ContainsKey(target.User) ? 480 : 404);
                return;
            }

            (target, next) = (binding.Contact, binding.Hop);
        }

        next ??= _transport.FindHop(routes.Count > 0 ? routes[0].Uri : target);
        if (next is null)
        {
            Reply(from, request, 404);
            return;
        }

        SipRequest forwarded = Copy(request, target);
        forwarded.Headers.Remove(SipHeaderNames.Route);
        foreach (NameAddress route in routes)
        {
            forwarded.Headers.Add(SipHeaderNames.Route, route.Reveal());
        }

        PutOnTop(forwarded, SipHeaderNames.Via, _transport.MakeVia(next.Value, BranchOf(request)).Reveal());
        if (request.Method == SipMethods.Invite && !isInside)
        {
            PutOnTop(forwarded, SipHeaderNames.RecordRoute, $"<sip:{_options.Address}:{_options.Port};lr>");
        }

        _transport.Send(next.Value, forwarded);
    }

    private bool IsSelf(SipUri uri) => uri.Host == _options.Address.ToString() || IsOurs(uri.Host);

    private static SipRequest Copy(SipRequest request, SipUri target)
    {
        SipRequest copy = new(request.Method, target);
        for (int index = 0; index < request.Headers.Count; index++)
        {
            SipHeader header = request.Headers[index];
            if (header.Name is not (SipHeaderNames.ContentLength or SipHeaderNames.ProxyAuthorization))
            {
                copy.Headers.Add(header.Name, header.Value);
            }
        }

        copy.Body = request.Body;
        return copy;
    }

    // The same for an INVITE, its CANCEL and the ACK of its refusal, so that no state is needed.
    private static string BranchOf(SipRequest request) =>
        ViaValue.MagicCookie + Convert.ToHexStringLower(SHA256.HashData(Encoding.Latin1.GetBytes(request.TopVia.Branch ?? request.CallId)))[..20];

    private static void PutOnTop(SipMessage message, string name, string value)
    {
        List<string> below = [.. message.Headers.FindAll(name)];
        message.Headers.Set(name, value);
        foreach (string line in below)
        {
            message.Headers.Add(name, line);
        }
    }

    private void ForwardResponse(SipResponse response)
    {
        if (!response.TryGetVias(out List<ViaValue> vias) || vias.Count < 2)
        {
            return;
        }

        SipResponse forwarded = new(response.Status, response.ReasonPhrase);
        bool isTop = true;
        for (int index = 0; index < response.Headers.Count; index++)
        {
            SipHeader header = response.Headers[index];
            if (header.Name == SipHeaderNames.Via && isTop)
            {
                isTop = false;
                continue;
            }

            if (header.Name != SipHeaderNames.ContentLength)
            {
                forwarded.Headers.Add(header.Name, header.Value);
            }
        }

        forwarded.Body = response.Body;
        if (_transport.FindHop(vias[1]) is { } hop)
        {
            _transport.Send(hop, forwarded);
        }
    }

    private sealed record Binding(SipUri Contact, Hop Hop, DateTime Until);
}
