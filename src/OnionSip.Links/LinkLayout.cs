namespace OnionSip.Links;

/// <summary>Types of datagrams with receiver index 0. (LINK.HANDSHAKE-DATAGRAM)</summary>
internal enum HandshakeType : byte
{
    Hello = 1,
    Cookie = 2,
    Init = 3,
    Reply = 4,
}

/// <summary>Offsets and sizes of handshake datagrams and their payloads, in bytes. (LINK.HANDSHAKE-DATAGRAM)</summary>
internal static class LinkLayout
{
    internal const int TypeOffset = 3;
    internal const int HandshakeIdOffset = 8;
    internal const int HandshakeIdBytes = 8;

    internal const int VersionOffset = 4;
    internal const int NonceOffset = 8;
    internal const int NonceBytes = 16;
    internal const int CookieOffset = 24;
    internal const int CookieBytes = 32;
    internal const int HelloFillOffset = NonceOffset + NonceBytes;
    internal const int CookieFillOffset = CookieOffset + CookieBytes;

    internal const int FragmentIndexOffset = 4;
    internal const int FragmentCountOffset = 5;
    internal const int LastLengthOffset = 6;
    internal const int RoleOffset = 7;
    internal const int MacOffset = 16;
    internal const int MacBytes = 16;
    internal const int FragmentOffset = MacOffset + MacBytes;
    internal const int FragmentBytes = 248;

    /// <summary>Data fragments of the longest handshake message, without parity.</summary>
    internal const int MaxFragments = 6;

    /// <summary>INIT and REPLY carry payloads of the same size. (LINK.INIT-PAYLOAD, LINK.REPLY-PAYLOAD)</summary>
    internal const int PayloadBytes = 16;
    internal const int PayloadVersionOffset = 0;
    internal const int PayloadSuitesOffset = 1;
    internal const int PayloadIndexOffset = 2;
    internal const int PayloadStampOffset = 5;
    internal const int PayloadShardOffset = 13;
}
