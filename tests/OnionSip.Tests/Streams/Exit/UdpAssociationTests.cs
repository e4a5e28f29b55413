using System;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>EXIT.CONSENT, EXIT.UNHEARD, EXIT.RATE, EXIT.DESTINATION, EXIT.ICMP, EXIT.INBOUND, EXIT.LIMITS</summary>
public sealed class UdpAssociationTests
{
    private const int VoiceBytes = 172;

    private static readonly PeerAddress s_victim = new(ForbiddenAddressesTests.Address("8.1.2.3"), 40_000);
    private static readonly PeerAddress s_other = new(ForbiddenAddressesTests.Address("8.1.2.4"), 40_000);
    private static readonly ExitRules s_rules = new(new([]), ForbiddenAddressesTests.Policy("accept udp *:1024-65535"));

    /// <summary>The attack works with consent off, and is stopped by it.</summary>
    [Theory]
    [InlineData(false, 60_000)]
    [InlineData(true, 0)]
    public void FloodToAnEndpointNobodyNamed_NeedsConsentToBeOff(bool enforces, int arrived)
    {
        UdpAssociation association = new(s_rules, new(), false, enforces);
        Assert.Equal(arrived, Flood(association, s_victim, seconds: 60, perSecond: 1_000));
    }

    [Theory]
    [InlineData(false, 60_000, 60_000)]
    [InlineData(true, 500, 600)]
    public void FloodToAConsentedButSilentVictim_IsATrickle(bool enforces, int least, int most)
    {
        UdpAssociation association = new(s_rules, new(), false, enforces);
        association.SetConsent(At(0), [s_victim]);
        // 250 packets, then 5 a second.
        Assert.InRange(Flood(association, s_victim, seconds: 60, perSecond: 1_000), least, most);
    }

    [Fact]
    public void VoiceBeforeAnythingIsHeard_GetsFiveSecondsThenATrickle()
    {
        UdpAssociation association = Consented(s_victim);
        int inFiveSeconds = 0;
        int inTheNextTen = 0;
        for (int packet = 0; packet < 750; packet++)
        {
            bool sent = association.CheckOutbound(At(packet * 20), in s_victim, VoiceBytes) == ExitVerdict.Allowed;
            inFiveSeconds += sent && packet < 250 ? 1 : 0;
            inTheNextTen += sent && packet >= 250 ? 1 : 0;
        }

        Assert.Equal(250, inFiveSeconds);
        Assert.InRange(inTheNextTen, 49, 51);
        Assert.Equal(500 - inTheNextTen, association.Drops[ExitVerdict.Unheard]);
    }

    [Fact]
    public void LargePacketsBeforeAnythingIsHeard_AreLimitedByBytes()
    {
        UdpAssociation association = Consented(s_victim);
        int sent = 0;
        for (int packet = 0; packet < 100; packet++)
        {
            sent += association.CheckOutbound(At(packet * 16), in s_victim, 1_500) == ExitVerdict.Allowed ? 1 : 0;
        }

        Assert.InRange(sent * 1_500, 60_000, ExitLimits.UnheardBytes + (8 * 1_500));
    }

    [Fact]
    public void ConsentGivenAgain_RenewsNothing()
    {
        UdpAssociation association = Consented(s_victim);
        int sent = 0;
        for (int round = 0; round < 600; round++)
        {
            Instant now = At(round * 100);
            Assert.Equal(ExitVerdict.Allowed, association.SetConsent(now, round % 2 == 0 ? [s_other] : [s_victim]));
            for (int packet = 0; packet < 10 && round % 2 == 1; packet++)
            {
                sent += association.CheckOutbound(now, in s_victim, 20) == ExitVerdict.Allowed ? 1 : 0;
            }
        }

        Assert.InRange(sent, 250, 250 + (60 * 5) + 1);
    }

    [Fact]
    public void HeardOnEitherPort_SendsAtMostSixtyFourASecond()
    {
        PeerAddress rtcp = s_victim with { Port = 40_001 };
        UdpAssociation association = Consented(s_victim, rtcp);
        Assert.Equal(ExitVerdict.Allowed, association.CheckInbound(At(0), in rtcp, 60));
        int sent = Flood(association, s_victim, seconds: 30, perSecond: 500);
        Assert.InRange(sent, 30 * 64, 31 * 64);
        Assert.NotEqual(0, association.Drops[ExitVerdict.AssociationRate]);
    }

    [Fact]
    public void OrdinaryVoice_IsNeverLimitedOnceHeard()
    {
        UdpAssociation association = Consented(s_victim);
        association.CheckInbound(At(0), in s_victim, VoiceBytes);
        Assert.Equal(50 * 60, Flood(association, s_victim, seconds: 60, perSecond: 50));
    }

    [Fact]
    public void ManyAssociationsToOneVictim_ShareItsBudget()
    {
        DestinationBudget shared = new();
        Assert.InRange(FloodFromMany(shared, ownBudgets: false), 1_000, 1_000 + (10 * 50) + 10);
        // The attack it stops: with a budget each, a hundred associations make a flood.
        Assert.InRange(FloodFromMany(shared, ownBudgets: true), 100 * 250, 100 * 300);
    }

    [Fact]
    public void ManyVictims_ShareTheRelaysBudget()
    {
        DestinationBudget budget = new();
        int sent = 0;
        for (uint victim = 0; victim < 200; victim++)
        {
            for (int packet = 0; packet < 250; packet++)
            {
                ExitVerdict verdict = budget.TryTake(At(0), IpAddress.FromIPv4(0x08000000 + victim), false);
                sent += verdict == ExitVerdict.Allowed ? 1 : 0;
            }
        }

        Assert.Equal(ExitLimits.RelayUnheardPacketsPerSecond * 10, sent);
        Assert.Equal(ExitVerdict.RelayRate, budget.TryTake(At(0), s_victim.Address, false));
        Assert.Equal(ExitVerdict.Allowed, budget.TryTake(At(0), s_victim.Address, true));
    }

    [Fact]
    public void FullDestinationTable_ForgetsOnlyWhoOwesNothing()
    {
        DestinationBudget budget = new(maxDestinations: 4);
        for (uint victim = 0; victim < 4; victim++)
        {
            Assert.Equal(ExitVerdict.Allowed, budget.TryTake(At(0), IpAddress.FromIPv4(0x08000000 + victim), false));
        }

        Assert.Equal(ExitVerdict.TableFull, budget.TryTake(At(0), s_victim.Address, false));
        Assert.Equal(ExitVerdict.Allowed, budget.TryTake(At(1_000), s_victim.Address, false));
        Assert.Equal(4, budget.Count);
    }

    [Fact]
    public void HeardDestination_IsCappedAcrossAssociations()
    {
        DestinationBudget budget = new();
        int sent = 0;
        for (int packet = 0; packet < 10_000; packet++)
        {
            sent += budget.TryTake(At(packet / 10), s_victim.Address, true) == ExitVerdict.Allowed ? 1 : 0;
        }

        Assert.InRange(sent, ExitLimits.DestinationPacketsPerSecond, (2 * ExitLimits.DestinationPacketsPerSecond) + 1);
        Assert.Equal(ExitVerdict.DestinationRate, budget.TryTake(At(999), s_victim.Address, true));
    }

    [Fact]
    public void IcmpError_StopsThatEndpointUntilItIsHeardOrNamedAgain()
    {
        PeerAddress rtcp = s_victim with { Port = 40_001 };
        UdpAssociation association = Consented(s_victim, rtcp);
        association.HandleIcmpError(in rtcp);
        Assert.Equal(ExitVerdict.Stopped, association.CheckOutbound(At(1), in rtcp, 60));
        Assert.Equal(ExitVerdict.Allowed, association.CheckOutbound(At(1), in s_victim, 60));
        association.CheckInbound(At(2), in rtcp, 60);
        Assert.Equal(ExitVerdict.Allowed, association.CheckOutbound(At(3), in rtcp, 60));
        association.HandleIcmpError(in rtcp);
        Assert.Equal(ExitVerdict.Stopped, association.CheckOutbound(At(4), in rtcp, 60));
        association.SetConsent(At(5), [s_victim, rtcp]);
        Assert.Equal(ExitVerdict.Allowed, association.CheckOutbound(At(6), in rtcp, 60));
    }

    [Fact]
    public void Inbound_IsTakenFromConsentedAddressesOnly()
    {
        UdpAssociation association = new(s_rules, new(), false);
        Assert.Equal(ExitVerdict.NotConsented, association.CheckInbound(At(0), in s_victim, 100));
        association.SetConsent(At(0), [s_victim]);
        PeerAddress otherPort = s_victim with { Port = 2_000 };
        Assert.Equal(ExitVerdict.Allowed, association.CheckInbound(At(0), in otherPort, 100));
        Assert.Equal(ExitVerdict.NotConsented, association.CheckInbound(At(0), in s_other, 100));
        Assert.Equal(ExitVerdict.TooLong, association.CheckInbound(At(0), in s_victim, 1_501));
        association.SetConsent(At(0), [s_other]);
        Assert.Equal(ExitVerdict.NotConsented, association.CheckInbound(At(0), in s_victim, 100));
        Assert.Equal(3, association.Drops[ExitVerdict.NotConsented]);
    }

    [Fact]
    public void InboundFlood_IsCapped()
    {
        UdpAssociation association = Consented(s_victim);
        int taken = 0;
        for (int packet = 0; packet < 10_000; packet++)
        {
            taken += association.CheckInbound(At(packet / 10), in s_victim, 100) == ExitVerdict.Allowed ? 1 : 0;
        }

        Assert.InRange(taken, ExitLimits.InboundPacketsPerSecond, (2 * ExitLimits.InboundPacketsPerSecond) + 1);
    }

    [Fact]
    public void RefusedConsent_ChangesNothing()
    {
        UdpAssociation association = Consented(s_victim);
        Assert.Equal(ExitVerdict.ForbiddenAddress, association.SetConsent(
            At(1), [s_other, new(ForbiddenAddressesTests.Address("127.0.0.1"), 4_000)]));
        Assert.Equal(ExitVerdict.WrongFamily, association.SetConsent(
            At(1), [new(ForbiddenAddressesTests.Address("2a01::1"), 4_000)]));
        Assert.Equal(ExitVerdict.Policy, association.SetConsent(At(1), [s_other with { Port = 1_000 }]));
        Assert.Equal(ExitVerdict.AmplifierPort, association.SetConsent(At(1), [s_other with { Port = 5_353 }]));
        Assert.Equal(ExitVerdict.BadPort, association.SetConsent(At(1), [s_other with { Port = 0 }]));
        Assert.Equal(ExitVerdict.Allowed, association.CheckOutbound(At(2), in s_victim, 100));
        Assert.Equal(ExitVerdict.NotConsented, association.CheckOutbound(At(2), in s_other, 100));
        Assert.Equal(ExitVerdict.TooLong, association.CheckOutbound(At(2), in s_victim, 1_501));
    }

    [Fact]
    public void EndlessNewAddresses_AreRefusedUntilOldOnesAreForgotten()
    {
        UdpAssociation association = new(s_rules, new(), false);
        Instant now = At(100_000);
        for (uint address = 0; address < ExitLimits.RememberedAddresses; address++)
        {
            PeerAddress endpoint = new(IpAddress.FromIPv4(0x09000000 + address), 4_000);
            Assert.Equal(ExitVerdict.Allowed, association.SetConsent(now, [endpoint]));
            Assert.Equal(ExitVerdict.Allowed, association.CheckOutbound(now, in endpoint, 100));
        }

        Assert.Equal(ExitVerdict.TooManyAddresses, association.SetConsent(now, [s_victim]));
        Assert.Equal(ExitVerdict.Allowed, association.SetConsent(now + ExitLimits.ForgetAddress, [s_victim]));
    }

    [Fact]
    public void Admission_LimitsACircuitAndTheRelay()
    {
        ExitAdmission admission = new();
        CircuitExitUse circuit = new(1);
        int taken = 0;
        while (admission.TryTake(At(0), circuit, ExitRequest.Association) == ControlStatus.None)
        {
            taken++;
        }

        Assert.Equal(ExitLimits.MaxAssociationsPerCircuit, taken);
        admission.Release(circuit, ExitRequest.Association);
        Assert.Equal(ControlStatus.None, admission.TryTake(At(0), circuit, ExitRequest.Association));
        admission.ReleaseAll(circuit);
        Assert.Equal((0, 0), (admission.Count(ExitRequest.Association), circuit.Count(ExitRequest.Association)));

        int overAll = 0;
        for (int index = 0; index < 1_000; index++)
        {
            overAll += admission.TryTake(At(0), new(index), ExitRequest.Resolution) == ControlStatus.None ? 1 : 0;
        }

        Assert.Equal(ExitLimits.MaxResolutions, overAll);
    }

    [Fact]
    public void Admission_LimitsHowFastACircuitAsks()
    {
        ExitAdmission admission = new();
        CircuitExitUse circuit = new(1);
        int taken = 0;
        for (int request = 0; request < 1_000; request++)
        {
            if (admission.TryTake(At(request * 10), circuit, ExitRequest.Connection) == ControlStatus.None)
            {
                admission.Release(circuit, ExitRequest.Connection);
                taken++;
            }
        }

        Assert.InRange(
            taken, ExitLimits.RequestBurst, ExitLimits.RequestBurst + (10 * ExitLimits.RequestsPerSecond) + 1);
    }

    private static Instant At(int milliseconds) => Instant.FromMilliseconds(1_000 + milliseconds);

    private static UdpAssociation Consented(params PeerAddress[] endpoints)
    {
        UdpAssociation association = new(s_rules, new(), false);
        Assert.Equal(ExitVerdict.Allowed, association.SetConsent(At(0), endpoints));
        return association;
    }

    private static int Flood(UdpAssociation association, PeerAddress to, int seconds, int perSecond)
    {
        int sent = 0;
        for (int packet = 0; packet < seconds * perSecond; packet++)
        {
            Instant now = new(At(0).Ticks + (packet * (TimeSpan.TicksPerSecond / perSecond)));
            sent += association.CheckOutbound(now, in to, VoiceBytes) == ExitVerdict.Allowed ? 1 : 0;
        }

        return sent;
    }

    private static int FloodFromMany(DestinationBudget shared, bool ownBudgets)
    {
        UdpAssociation[] associations = new UdpAssociation[100];
        for (int index = 0; index < associations.Length; index++)
        {
            associations[index] = new(s_rules, ownBudgets ? new() : shared, false);
            associations[index].SetConsent(At(0), [s_victim]);
        }

        int sent = 0;
        for (int packet = 0; packet < 1_000; packet++)
        {
            foreach (UdpAssociation association in associations)
            {
                ExitVerdict verdict = association.CheckOutbound(At(packet * 10), in s_victim, VoiceBytes);
                sent += verdict == ExitVerdict.Allowed ? 1 : 0;
            }
        }

        return sent;
    }
}
