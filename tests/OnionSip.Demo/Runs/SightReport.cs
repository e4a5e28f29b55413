using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using OnionSip.Demo.Phones;

namespace OnionSip.Demo.Runs;

/// <summary>Who saw what, from the records of each party's sockets.</summary>
internal sealed class SightReport
{
    private readonly DemoPlan _plan;
    private readonly RunParts _parts;
    private readonly IReadOnlyList<string> _path;
    private readonly IPAddress[] _secret;
    private readonly List<IPEndPoint> _calleeSources;

    internal SightReport(DemoPlan plan, RunParts parts, IReadOnlyList<string> path)
    {
        _plan = plan;
        _parts = parts;
        _path = path;
        _secret = [plan.CallerPhone, plan.GatewayLocal, plan.GatewayUpstream];
        // What an unbound socket of the caller's side would be seen as.
        IPAddress[] sources = [.. _secret, IPAddress.Loopback];
        ReceivedBytes provider = parts.Provider.Record;
        _calleeSources = [.. parts.Callee.Record?.Sources.Keys ?? parts.Callee.AudioSources];
        ProviderSaw = Evidence.Distinct(provider.Sources.Keys);
        GuardSaw = path.Count > 0 ? Evidence.Distinct(parts.Fleet.PeersOf(path[0]).Select(static peer => peer.From)) : [];
        CallerSeen = Evidence.Holds(provider.Sources.Keys, sources) || Evidence.Holds(_calleeSources, sources)
            || Evidence.Holds(parts.Dns.Questions.Select(static question => question.From), sources);
        string further = parts.Callee.Record is { } own ? $", {own.Bytes} bytes at the callee" : string.Empty;
        Searched = $"{provider.Bytes} bytes at the provider{further}";
        CallerInAnyByte = provider.IsCut || Evidence.Holds(provider, _secret)
            || (parts.Callee.Record is { } heard && (heard.IsCut || HoldsOutsideSound(heard)));
    }

    internal IReadOnlyList<string> ProviderSaw { get; }

    internal IReadOnlyList<string> GuardSaw { get; }

    internal bool CallerSeen { get; }

    internal bool CallerInAnyByte { get; }

    /// <summary>What was searched, for the output.</summary>
    internal string Searched { get; }

    internal IReadOnlyList<SeenRow> Rows()
    {
        List<SeenRow> rows = [];
        string[] content =
        [
            "cells of one size; not the account, the number, the provider, the audio",
            "cells of one size; neither end",
            "the provider's and the callee's address; TLS towards the provider; the audio, because this call is plain RTP: the exit can hear",
        ];
        for (int hop = 0; hop < _path.Count; hop++)
        {
            string role = hop switch { 0 => "guard", 1 => "middle", _ => "exit" };
            rows.Add(new($"{role} {_path[hop]}", Names(_parts.Fleet.PeersOf(_path[hop]).Select(static peer => peer.From)), content[hop]));
        }

        rows.Add(new("name server", Names(_parts.Dns.Questions.Select(static question => question.From)), "that somebody asks for " + DemoPlan.Domain));
        ReceivedBytes sip = _parts.Provider.Record;
        rows.Add(new($"provider ({_parts.Provider.Kind})", Names(sip.Sources.Keys), $"{sip.Bytes} bytes of SIP: the account {Shown(sip, DemoPlan.Caller.User)}, the number dialled {Shown(sip, DemoPlan.Callee.User + "@")}"));
        string audioOnly = _parts.Callee.Record is null ? " (of its audio; it tells no others)" : string.Empty;
        rows.Add(new("callee's phone", Names(_calleeSources), "the account that calls; the audio; where the exit is" + audioOnly));
        return rows;
    }

    private static string Shown(ReceivedBytes bytes, string text) => bytes.Contains(text) ? "(there)" : "(NOT there)";

    // Four octets of sound can be any address by chance: of the callee's media, RTCP is looked through.
    private bool HoldsOutsideSound(ReceivedBytes heard) => Evidence.Holds(heard.Without("rtp"), _secret);

    private string Names(IEnumerable<IPEndPoint> sources)
    {
        string[] lines = [.. sources.Select(static source => source.Address).Distinct().OrderBy(static address => address.ToString(), StringComparer.Ordinal)
            .Select(address => $"{address} {_plan.NameOf(address)}")];
        return lines.Length == 0 ? "(none recorded)" : string.Join('\n', lines);
    }
}
