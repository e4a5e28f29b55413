using System;
using System.Collections.Generic;
using System.Globalization;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Decides what becomes of each new request of a phone. (SIP.GATEWAY.PHONES)</summary>
internal sealed class PhoneRequests(GatewayCore core, AccountTable accounts)
{
    public void Handle(Instant now, in SipEvent sipEvent)
    {
        SipRequest request = sipEvent.Request;
        TransactionId transaction = sipEvent.Transaction;
        if (request.TryGetMaxForwards(out int hops) && hops == 0 && request.Method != SipMethods.Options)
        {
            core.RespondPhone(now, transaction, PhoneTemplate.Respond(request, 483, null, core.Entropy));
            return;
        }

        if (RefusesExtensions(now, transaction, request))
        {
            return;
        }

        if (request.To.Tag is not null && request.Method != SipMethods.Register)
        {
            HandleInDialog(now, transaction, sipEvent.Peer, request);
            return;
        }

        switch (request.Method)
        {
            case SipMethods.Register:
                Register(now, transaction, sipEvent.Peer, request);
                break;
            case SipMethods.Invite:
                Invite(now, transaction, sipEvent.Peer, request);
                break;
            case SipMethods.Options:
                Options(now, transaction, sipEvent.Peer, request);
                break;
            default:
                Refuse(now, transaction, request, request.Method is SipMethods.Bye or SipMethods.Info ? 481 : 405);
                break;
        }
    }

    private void HandleInDialog(Instant now, TransactionId transaction, SipPeer peer, SipRequest request)
    {
        foreach (Exchange exchange in core.Exchanges)
        {
            if (exchange is GatewayCall { IsDone: false, PhoneLeg: { } leg } call && leg.Matches(request))
            {
                call.HandlePhoneRequest(now, transaction, peer, request);
                return;
            }
        }

        Refuse(now, transaction, request, 481);
    }

    // Nothing is required of the gateway that it does not do (RFC 3261 §8.2.2.3).
    private bool RefusesExtensions(Instant now, TransactionId transaction, SipRequest request)
    {
        List<string> words = request.GetWords(SipHeaderNames.Require);
        words.AddRange(request.GetWords(SipHeaderNames.ProxyRequire));
        if (words.Count == 0)
        {
            return false;
        }

        SipResponse response = PhoneTemplate.Respond(request, 420, null, core.Entropy);
        response.Headers.TryAdd(SipHeaderNames.Unsupported, string.Join(", ", words));
        core.RespondPhone(now, transaction, response);
        return true;
    }

    private void Register(Instant now, TransactionId transaction, SipPeer peer, SipRequest request)
    {
        if (accounts.Find(request.To.Uri) is not { } account)
        {
            Unknown(now, transaction, request);
            return;
        }

        if (!request.TryGetContacts(out List<ContactValue> contacts))
        {
            Refuse(now, transaction, request, 400);
            return;
        }

        PhoneBinding? binding = account.Binding is { } live && live.IsLive(now) ? live : null;
        if (contacts.Count == 0)
        {
            int left = binding is null ? 0 : (int)(binding.LocalExpiry - now).TotalSeconds;
            core.RespondPhone(now, transaction, RegisterExchange.Accept(core, request, binding?.Contact, left));
            return;
        }

        SipUri? contact = FindContact(request, contacts);
        if (contact is not null && binding is not null && IsFresh(now, binding, peer, contact))
        {
            account.Binding = binding with { Phone = peer, LocalExpiry = now + TimeSpan.FromSeconds(GatewayLimits.LocalExpirySeconds + 5) };
            core.RespondPhone(now, transaction, RegisterExchange.Accept(core, request, contact, GatewayLimits.LocalExpirySeconds));
            return;
        }

        RegisterExchange exchange = new(core, account, transaction, peer, request, contact);
        if (!core.TryAdd(exchange))
        {
            Busy(now, transaction, request);
            return;
        }

        exchange.Begin(now);
    }

    /// <summary>A refresh from the same contact and host while the provider's binding is good is absorbed. (SIP.RULE-3)</summary>
    private static bool IsFresh(Instant now, PhoneBinding binding, SipPeer peer, SipUri contact) =>
        SipTexts.Same(binding.Contact, contact) && binding.Phone.Address.Address == peer.Address.Address
        && binding.ProviderExpiry - now > TimeSpan.FromSeconds(GatewayLimits.RefreshMarginSeconds);

    // The contact that is to stay; null when the request removes.
    private static SipUri? FindContact(SipRequest request, List<ContactValue> contacts)
    {
        uint all = request.TryGetNumber(SipHeaderNames.Expires, out uint seconds) ? seconds : GatewayLimits.LocalExpirySeconds;
        foreach (ContactValue contact in contacts)
        {
            if (contact.Address is { } address && (contact.ExpiresSeconds ?? all) > 0)
            {
                return address.Uri;
            }
        }

        return null;
    }

    private void Invite(Instant now, TransactionId transaction, SipPeer peer, SipRequest request)
    {
        if (accounts.Find(request.From.Uri) is not { } account)
        {
            Unknown(now, transaction, request);
            return;
        }

        foreach (Exchange exchange in core.Exchanges)
        {
            if (exchange is OutgoingCall { IsDone: false } waiting && waiting.Account == account && waiting.Continues(request))
            {
                waiting.Continue(now, peer, transaction, request);
                return;
            }
        }

        if (core.Exchanges.Count >= GatewayLimits.MaxExchanges)
        {
            Busy(now, transaction, request);
            return;
        }

        OutgoingCall call = new(core, account, peer, transaction, request);
        core.Add(call);
        call.Begin(now);
    }

    private void Options(Instant now, TransactionId transaction, SipPeer peer, SipRequest request)
    {
        GatewayAccount? account = request.Uri.User is null ? null : accounts.Find(request.From.Uri);
        if (account is null)
        {
            SipResponse response = PhoneTemplate.Respond(request, 200, null, core.Entropy);
            response.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
            response.Headers.Add(SipHeaderNames.Accept, SipTexts.Accept);
            core.RespondPhone(now, transaction, response);
            return;
        }

        foreach (Exchange exchange in core.Exchanges)
        {
            if (exchange is OptionsExchange { IsDone: false } waiting && waiting.Account == account && waiting.Continues(request))
            {
                waiting.Continue(now, transaction, request);
                return;
            }
        }

        OptionsExchange asked = new(core, account, transaction, request);
        if (!core.TryAdd(asked))
        {
            Busy(now, transaction, request);
            return;
        }

        asked.Begin(now);
    }

    private void Unknown(Instant now, TransactionId transaction, SipRequest request) => core.RespondPhone(
        now, transaction, PhoneTemplate.Respond(request, 403, "This account is not configured in OnionSip", core.Entropy));

    private void Busy(Instant now, TransactionId transaction, SipRequest request)
    {
        core.Drops.Count(GatewayDrop.LimitReached);
        SipResponse response = PhoneTemplate.Respond(request, 503, "OnionSip has too many calls at once", core.Entropy);
        response.Headers.Add(SipHeaderNames.RetryAfter, 5.ToString(CultureInfo.InvariantCulture));
        core.RespondPhone(now, transaction, response);
    }

    private void Refuse(Instant now, TransactionId transaction, SipRequest request, int status)
    {
        SipResponse response = PhoneTemplate.Respond(request, status, null, core.Entropy);
        if (status == 405)
        {
            response.Headers.Add(SipHeaderNames.Allow, SipTexts.Allow);
        }

        core.RespondPhone(now, transaction, response);
    }
}
