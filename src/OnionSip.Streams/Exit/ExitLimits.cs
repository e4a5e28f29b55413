using System;

namespace OnionSip.Streams;

/// <summary>Limits of an exit; the names are those of specs/parameters.md. (EXIT.LIMITS)</summary>
public static class ExitLimits
{
    /// <summary>exit.max_rules: of a policy.</summary>
    public const int MaxRules = 256;

    /// <summary>exit.unheard_packets: to an address before anything was heard from it.</summary>
    public const int UnheardPackets = 250;

    /// <summary>exit.unheard_bytes: the same in bytes.</summary>
    public const int UnheardBytes = 64_000;

    /// <summary>exit.unheard_packets_per_second: after that.</summary>
    public const int UnheardPacketsPerSecond = 5;

    /// <summary>exit.association_packets_per_second: outwards, whoever was heard; also the burst.</summary>
    public const int AssociationPacketsPerSecond = 64;

    /// <summary>exit.inbound_packets_per_second: of one association; also the burst.</summary>
    public const int InboundPacketsPerSecond = 128;

    /// <summary>exit.remembered_addresses: of one association.</summary>
    public const int RememberedAddresses = 16;

    /// <summary>
    /// exit.destination_packets_per_second: to one address that was heard, over all associations; also the burst.
    /// </summary>
    public const int DestinationPacketsPerSecond = 3_200;

    /// <summary>
    /// exit.destination_unheard_packets_per_second: to one address not yet heard, over all associations.
    /// </summary>
    public const int DestinationUnheardPacketsPerSecond = 50;

    /// <summary>exit.destination_unheard_burst</summary>
    public const int DestinationUnheardBurst = 1_000;

    /// <summary>
    /// exit.relay_unheard_packets_per_second: to all addresses not yet heard; ten times that is the burst.
    /// </summary>
    public const int RelayUnheardPacketsPerSecond = 2_000;

    /// <summary>exit.max_destinations: that the relay keeps account of.</summary>
    public const int MaxDestinations = 8_192;

    /// <summary>exit.max_connections_per_circuit</summary>
    public const int MaxConnectionsPerCircuit = 8;

    /// <summary>exit.max_connections</summary>
    public const int MaxConnections = 4_096;

    /// <summary>exit.max_associations_per_circuit</summary>
    public const int MaxAssociationsPerCircuit = 8;

    /// <summary>exit.max_associations</summary>
    public const int MaxAssociations = 4_096;

    /// <summary>exit.max_resolutions_per_circuit: under way at once.</summary>
    public const int MaxResolutionsPerCircuit = 8;

    /// <summary>exit.max_resolutions</summary>
    public const int MaxResolutions = 256;

    /// <summary>exit.requests_per_second: new requests of one kind from one circuit.</summary>
    public const int RequestsPerSecond = 2;

    /// <summary>exit.request_burst</summary>
    public const int RequestBurst = 16;

    /// <summary>exit.forget_address: an address no longer consented to may be forgotten after this silence.</summary>
    public static readonly TimeSpan ForgetAddress = TimeSpan.FromSeconds(60);
}
