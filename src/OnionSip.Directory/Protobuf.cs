using System;
using Google.Protobuf;

namespace OnionSip.Directory;

/// <summary>The one place that knows that the protobuf library throws on malformed input. (DIRECTORY.ERRORS)</summary>
internal static class Protobuf
{
    public static bool TryParse<TMessage>(MessageParser<TMessage> parser, ReadOnlySpan<byte> source, out TMessage? message)
        where TMessage : class, IMessage<TMessage>
    {
        try
        {
            message = parser.ParseFrom(source);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            message = null;
            return false;
        }
    }
}
