using System;
using OnionSip.Crypto;

namespace OnionSip.Links;

/// <summary>The REPLY a half-open link gives again, fragment for fragment: never more than was asked. (LINK.REPLY)</summary>
/// <remarks>Bounds: one message; forgotten when the link is confirmed.</remarks>
internal sealed class StoredReply(HandshakeRole role, byte[] message, int asked)
{
    private int _asked = asked;
    private int _answered;

    internal HandshakeRole Role => role;

    internal ReadOnlySpan<byte> Message => message;

    /// <summary>Fragments of the REPLY, parity included.</summary>
    internal int Fragments => HandshakeForm.Fragments(message.Length) + 1;

    /// <summary>Notes one more fragment of the INIT.</summary>
    internal void Ask() => _asked = _asked == int.MaxValue ? _asked : _asked + 1;

    /// <summary>True when fragment <paramref name="index"/> may be sent now; it then counts as sent.</summary>
    internal bool TryAnswer(int index)
    {
        if (index >= Fragments || _answered >= _asked)
        {
            return false;
        }

        _answered++;
        return true;
    }
}
