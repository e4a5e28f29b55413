using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>Where one TCP connection of an exit stands. (NODE.EXIT)</summary>
internal enum ExitStreamState : byte
{
    /// <summary>The host looks a name up.</summary>
    LookingUp,

    /// <summary>The host connects.</summary>
    Connecting,
    Open,
}

/// <summary>One TCP connection of an exit.</summary>
internal sealed class ExitStream(ushort port)
{
    public ushort Port { get; } = port;

    public ExitStreamState State { get; set; } = ExitStreamState.LookingUp;

    /// <summary>Bytes of the TCP side were refused for want of credit: say when there is room.</summary>
    public bool IsHeldBack { get; set; }

    /// <summary>The client sent its last byte.</summary>
    public bool IsClientFinished { get; set; }

    /// <summary>The TCP side sent its last byte.</summary>
    public bool IsRemoteFinished { get; set; }
}
