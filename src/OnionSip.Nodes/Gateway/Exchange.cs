using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>
/// Something of an account that waits for others: a registration, a passed request, a call, a BYE that must arrive. (SIP.GATEWAY)
/// </summary>
/// <remarks>
/// Timers: <see cref="Deadline"/>, run by the gateway. Ends by setting <see cref="IsDone"/>; the gateway then removes it.
/// </remarks>
internal abstract class Exchange(GatewayCore core, GatewayAccount account)
{
    public GatewayAccount Account { get; } = account;

    public bool IsDone { get; protected set; }

    public virtual Instant Deadline { get; protected set; } = Instant.Never;

    /// <summary>True while the account's path and connection must stay.</summary>
    public virtual bool HoldsUpstream => true;

    protected GatewayCore Core { get; } = core;

    /// <summary>An event of a transaction with a phone that this exchange owns.</summary>
    public virtual void HandlePhone(Instant now, in SipEvent sipEvent)
    {
    }

    /// <summary>An event of a transaction with the provider that this exchange owns.</summary>
    public virtual void HandleProvider(Instant now, in SipEvent sipEvent)
    {
    }

    /// <summary>The account has a circuit.</summary>
    public virtual void HandlePathReady(Instant now)
    {
    }

    /// <summary>The account is connected with its provider.</summary>
    public virtual void HandleUpstreamReady(Instant now)
    {
    }

    /// <summary>The connection could not be made or is gone; <paramref name="pathLost"/>: the circuit and its associations too.</summary>
    public virtual void HandleUpstreamLost(Instant now, GatewayFailure reason, bool pathLost)
    {
    }

    public virtual void HandleTimeout(Instant now)
    {
    }

    /// <summary>The gateway is closing: end cleanly.</summary>
    public virtual void Shutdown(Instant now) => IsDone = true;
}
