using System;
using System.ComponentModel;
using System.Runtime.InteropServices;
using OnionSip.Hosting.Loops;
using OnionSip.Links;

namespace OnionSip.Hosting.Shards;

/// <summary>The filter by which the system hands a datagram to the shard its receiver index names. (HOST.SHARDS)</summary>
/// <remarks>
/// Shape: a classic BPF program over the datagram. Bytes 0 to 2 are the receiver index; when it is not 0, the shard is its low four
///        bits. A handshake (index 0) and a shard that there is not leave the choice to the system's hash of the addresses.
/// </remarks>
internal static unsafe class ShardSteering
{
    /// <summary>Shards at most: what four bits of an index can name.</summary>
    internal const int MaxShards = LinkParameters.MaxShards;

    private const int SocketLevel = 1;
    private const int AttachOption = 51;
    private const ushort LoadHalfAt = 0x28;
    private const ushort LoadByteAt = 0x30;
    private const ushort LoadLength = 0x80;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort And = 0x54;
    private const ushort ReturnConstant = 0x06;
    private const ushort ReturnAccumulator = 0x16;
    private const int IndexBytes = 3;
    private const int InstructionBytes = 8;

    /// <exception cref="Win32Exception">The system does not take it.</exception>
    internal static void Attach(int socket)
    {
        byte[] program = Program();
        fixed (byte* start = program)
        {
            ProgramHeader header = new() { Count = (ushort)(program.Length / InstructionBytes), Start = start };
            if (UnixCalls.SetOption(socket, SocketLevel, AttachOption, &header, (uint)sizeof(ProgramHeader)) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
        }
    }

    private static byte[] Program()
    {
        // Jumps count instructions to skip: when true, when false.
        ReadOnlySpan<(ushort Code, byte IfTrue, byte IfFalse, uint Value)> instructions =
        [
            (LoadLength, 0, 0, 0),
            (JumpIfAtLeast, 0, 4, IndexBytes),
            (LoadHalfAt, 0, 0, 0),
            (JumpIfEqual, 0, 3, 0),
            (LoadByteAt, 0, 0, 2),
            (JumpIfEqual, 0, 1, 0),
            (ReturnConstant, 0, 0, uint.MaxValue),
            (LoadByteAt, 0, 0, 2),
            (And, 0, 0, MaxShards - 1),
            (ReturnAccumulator, 0, 0, 0),
        ];
        byte[] program = new byte[instructions.Length * InstructionBytes];
        for (int index = 0; index < instructions.Length; index++)
        {
            (ushort code, byte ifTrue, byte ifFalse, uint value) = instructions[index];
            Span<byte> place = program.AsSpan(index * InstructionBytes, InstructionBytes);
            MemoryMarshal.Write(place, code);
            place[2] = ifTrue;
            place[3] = ifFalse;
            MemoryMarshal.Write(place[4..], value);
        }

        return program;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramHeader
    {
        internal ushort Count;
        internal byte* Start;
    }
}
