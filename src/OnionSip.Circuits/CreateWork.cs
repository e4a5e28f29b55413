using System;
using System.Security.Cryptography;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The handshake of one CREATE, from the moment it is whole until it has its circuit. (NODE.WORK, CIRCUIT.CREATE)</summary>
/// <remarks>Secrets: the randomness drawn for it and both chains, zeroed by <see cref="Erase"/>.</remarks>
internal sealed class CreateWork : NodeWork
{
    /// <summary>The responder's ephemeral key, then the message of the encapsulation.</summary>
    private const int Draws = 2;
    private const int DrawBytes = 32;

    private readonly RelayCircuitOptions _options;
    private readonly byte[] _create;
    private readonly byte[] _digest;
    private readonly byte[] _keys = GC.AllocateArray<byte>(CircuitKeys.Bytes, pinned: true);
    private DrawnEntropy? _entropy;

    internal CreateWork(RelayCircuitOptions options, LinkAccount account, LinkId link, CircuitId circuit, byte[] create)
    {
        _options = options;
        _create = create;
        _digest = options.DocumentDigest.ToArray();
        Account = account;
        Link = link;
        Circuit = circuit;
    }

    internal LinkAccount Account { get; }

    internal LinkId Link { get; }

    internal CircuitId Circuit { get; }

    internal byte[] Create => _create;

    internal byte[] Created { get; } = new byte[CreateLayout.CreatedBytes];

    internal CircuitDrop Refused { get; private set; }

    internal CreateRequest Request { get; private set; }

    internal CircuitKeys Keys => new(_keys);

    /// <summary>True between being handed out and coming back.</summary>
    internal bool IsOut => _entropy is not null;

    /// <summary>Draws what it needs, so that it can leave the machine.</summary>
    internal void Prepare(Entropy entropy) => _entropy = new DrawnEntropy(entropy, Draws, DrawBytes);

    public override void Run()
    {
        Invariant.Require(_entropy is not null, "a handshake was run before it was handed out");
        CreateResponder responder = new(_options, _digest, _entropy);
        Refused = responder.Answer(_create, Created, Keys, out CreateRequest request);
        Request = request;
    }

    public override void Erase()
    {
        _entropy?.Erase();
        CryptographicOperations.ZeroMemory(_keys);
    }

    /// <summary>What a fragment is that comes under this id meanwhile. (CIRCUIT.CREATE)</summary>
    internal CircuitDrop Compare(ReadOnlySpan<byte> message, in LinkFragment fragment)
    {
        Span<byte> expected = stackalloc byte[WireLayout.CellBytes];
        if (!FragmentFit.Fits(in fragment, _create.Length))
        {
            return CircuitDrop.CircuitInUse;
        }

        new FragmentSplitter(LinkCommand.Create, Circuit, _create).WriteCell(fragment.Index, expected);
        return expected.SequenceEqual(message) ? CircuitDrop.RepeatedFragment : CircuitDrop.CircuitInUse;
    }
}
