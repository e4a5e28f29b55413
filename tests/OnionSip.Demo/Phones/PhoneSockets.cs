using System;
using System.Net;
using System.Net.Sockets;

namespace OnionSip.Demo.Phones;

/// <summary>A phone's signalling socket and pairs for its calls, all bound beforehand.</summary>
public sealed class PhoneSockets : IDisposable
{
    private PhoneSockets(Socket signalling, (Socket Even, Socket Odd)[] media)
    {
        Signalling = signalling;
        Media = media;
    }

    internal Socket Signalling { get; }

    internal (Socket Even, Socket Odd)[] Media { get; }

    /// <param name="address">The phone's.</param>
    /// <param name="useTcp">One TCP connection, or UDP.</param>
    /// <param name="calls">How many calls the phone will make or take.</param>
    public static PhoneSockets Make(IPAddress address, bool useTcp, int calls)
    {
        Socket signalling;
        if (useTcp)
        {
            signalling = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            signalling.Bind(new IPEndPoint(address, 0));
        }
        else
        {
            signalling = Sockets.BindUdp(new(address, 0));
        }

        (Socket, Socket)[] media = new (Socket, Socket)[calls];
        for (int index = 0; index < calls; index++)
        {
            media[index] = Sockets.BindPair(address);
        }

        return new(signalling, media);
    }

    public void Dispose()
    {
        Signalling.Dispose();
        foreach ((Socket even, Socket odd) in Media)
        {
            even.Dispose();
            odd.Dispose();
        }
    }
}
