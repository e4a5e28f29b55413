using System;

namespace OnionSip.Crypto;

/// <summary>Every label that separates one use of a key from another; the table is in the specification. (CRYPTO.LABELS)</summary>
/// <remarks>Bounds: ASCII, at most <see cref="MaxBytes"/> bytes, no zero byte, none is used for two purposes.</remarks>
public static class Labels
{
    public const int MaxBytes = 32;

    public static ReadOnlySpan<byte> LinkPrologue => "onionsip 1 link"u8;
    public static ReadOnlySpan<byte> CircuitPrologue => "onionsip 1 circuit"u8;
    public static ReadOnlySpan<byte> EndToEndPrologue => "onionsip 1 end to end"u8;
    public static ReadOnlySpan<byte> LinkRatchet => "onionsip 1 link ratchet"u8;
    public static ReadOnlySpan<byte> HopForwardKeys => "onionsip 1 hop forward"u8;
    public static ReadOnlySpan<byte> HopBackwardKeys => "onionsip 1 hop backward"u8;
    public static ReadOnlySpan<byte> HopRatchet => "onionsip 1 hop ratchet"u8;
    public static ReadOnlySpan<byte> Cookie => "onionsip 1 cookie"u8;
    public static ReadOnlySpan<byte> FragmentMac => "onionsip 1 fragment mac"u8;
    public static ReadOnlySpan<byte> DescriptorSignature => "onionsip 1 descriptor"u8;
    public static ReadOnlySpan<byte> NetworkId => "onionsip 1 network id"u8;
    public static ReadOnlySpan<byte> NetworkDocumentSignature => "onionsip 1 network document"u8;
}
