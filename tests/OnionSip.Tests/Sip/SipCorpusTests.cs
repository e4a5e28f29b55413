using System;
using System.Buffers;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>
/// Every message, cut, split, extended, written again and mutated. (SIP.MESSAGE, SIP.STREAM, SIP.WRITER)
/// </summary>
public sealed class SipCorpusTests
{
    private const int Mutations = 200_000;
    private const ulong Seed = 4_475;

    [Fact]
    public void EveryTruncation_IsRefusedOrShorter()
    {
        foreach ((string name, byte[] octets) in SipCorpus.All())
        {
            bool whole = SipMessage.TryParse(octets, out SipMessage? message) == SipParse.Accepted;
            bool declared = whole && message!.Headers.Has("Content-Length");
            int needed = octets.AsSpan().IndexOf("\r\n\r\n"u8) + 4 + (declared ? message!.Body.Length : 0);
            for (int length = 0; length < octets.Length; length++)
            {
                SipParse result = SipMessage.TryParse(octets.AsSpan(0, length), out SipMessage? cut);
                Assert.Equal(result == SipParse.Accepted, cut is not null);
                if (whole)
                {
                    Assert.True(length >= needed == (result == SipParse.Accepted), $"{name} cut at {length}: {result}");
                }
            }
        }
    }

    [Fact]
    public void EveryTrailingOctet_IsIgnoredBehindADeclaredBody()
    {
        foreach ((string name, byte[] octets) in SipCorpus.All())
        {
            if (SipMessage.TryParse(octets, out SipMessage? message) != SipParse.Accepted
                || !message!.Headers.Has("Content-Length"))
            {
                continue;
            }

            for (int extra = 0; extra < 256; extra++)
            {
                Assert.Equal(SipParse.Accepted, SipMessage.TryParse([.. octets, (byte)extra], out SipMessage? longer));
                Assert.True(longer!.Body.Span.SequenceEqual(message.Body.Span), name);
            }
        }
    }

    [Fact]
    public void EverySplit_GivesTheStreamParserTheSameMessage()
    {
        foreach ((string name, byte[] octets) in SipCorpus.All())
        {
            if (SipMessage.TryParse(octets, out SipMessage? message) != SipParse.Accepted
                || !message!.Headers.Has("Content-Length"))
            {
                continue;
            }

            // What stands behind the message is another one to a stream.
            int length = octets.AsSpan().IndexOf("\r\n\r\n"u8) + 4 + message.Body.Length;
            for (int cut = 0; cut <= length; cut++)
            {
                SipStreamParser parser = new(SipStreamRole.Server);
                Assert.True(parser.Append(octets.AsSpan(0, cut)));
                if (cut < length)
                {
                    Assert.Equal(SipStreamItem.NeedMore, parser.Next(out _, out _));
                }

                Assert.True(parser.Append(octets.AsSpan(cut, length - cut)));
                Assert.True(parser.Next(out SipMessage? found, out _) == SipStreamItem.Message, name);
                Assert.Equal(Describe(message), Describe(found!));
            }
        }
    }

    [Fact]
    public void ReadThenWritten_IsTheSameMessageAndStable()
    {
        int count = 0;
        foreach ((string name, byte[] octets) in SipCorpus.All())
        {
            ArrayBufferWriter<byte> first = new();
            if (SipMessage.TryParse(octets, out SipMessage? message) != SipParse.Accepted
                || !SipWriter.TryWrite(message!, first))
            {
                continue;
            }

            Assert.True(SipMessage.TryParse(first.WrittenSpan, out SipMessage? again) == SipParse.Accepted, name);
            Assert.Equal(Describe(message!), Describe(again!));
            Assert.Equal(first.WrittenSpan.ToArray(), SipWriter.Write(again!));
            count++;
        }

        // All that are accepted but intmeth, whose NUL may not be written.
        Assert.Equal(SharedData.Exists ? 3 + 28 + 10 + 13 : 3, count);
    }

    [Fact]
    public void Mutations_NeverThrowAndStayBounded()
    {
        List<(string Name, byte[] Octets)> corpus = SipCorpus.All();
        SeededEntropy entropy = new(Seed);
        int accepted = 0;
        long[] results = new long[32];
        for (int round = 0; round < Mutations; round++)
        {
            byte[] octets = Mutate(entropy, corpus);
            try
            {
                SipParse result = Exercise(octets);
                results[(int)result]++;
                accepted += result == SipParse.Accepted ? 1 : 0;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {Seed} round {round}: {exception}\n{Convert.ToHexString(octets)}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{Mutations} mutations, {accepted} accepted");
        Assert.InRange(accepted, 1_000, Mutations - 1_000);
        Assert.True(Array.FindAll(results, count => count > 0).Length >= 12);
    }

    // Everything a gateway might touch on a message it was handed.
    private static SipParse Exercise(byte[] octets)
    {
        SipParse result = SipMessage.TryParse(octets, out SipMessage? message, out SipRefusal? refusal);
        if (refusal is not null)
        {
            SipWriter.TryWrite(refusal.BuildResponse(TransactionHarness.Remote, "t"), new ArrayBufferWriter<byte>());
        }

        SipStreamParser parser = new(SipStreamRole.Server);
        if (parser.Append(octets))
        {
            while (parser.Next(out _, out _) is not (SipStreamItem.NeedMore or SipStreamItem.Broken))
            {
            }
        }

        if (message is null)
        {
            return result;
        }

        Touch(message);
        TransactionTable table = new(new SeededEntropy(1));
        table.HandleMessage(Instant.Zero, new SipPeer(SipTransport.Udp, TransactionHarness.Remote), message);
        while (table.PollEvent(out SipEvent sipEvent))
        {
            if (sipEvent is { Kind: SipEventKind.Request, Message: SipRequest request })
            {
                table.Respond(Instant.Zero, sipEvent.Transaction, SipResponse.For(request, 200, null, "t"));
                Dialog.AsServer(request, "t", 1)?.CreateRequest("BYE");
            }
        }

        table.HandleTimeout(Instant.FromMilliseconds(60_000));
        return result;
    }

    private static void Touch(SipMessage message)
    {
        _ = (message.TopVia.RPort, message.TopVia.Received, message.From.Tag, message.To.Reveal(), message.CSeq,
            message.CallId);
        message.TryGetContacts(out List<ContactValue> contacts);
        foreach (ContactValue contact in contacts)
        {
            _ = (contact.ExpiresSeconds, contact.Instance, contact.Reveal(),
                contact.Address?.Uri.Matches(message.From.Uri));
        }

        foreach (string name in (string[])["Reason", "Retry-After", "Event", "Content-Type", "Supported", "Allow"])
        {
            _ = (message.GetTokens(name), message.GetWords(name), message.TryGetNumber(name, out _));
        }

        _ = (message.GetWarnings(), message.TryGetRAck(out _));
        if (DigestChallenge.TryParseAll(message.Headers, "WWW-Authenticate", out List<DigestChallenge> challenges))
        {
            challenges.ForEach(
                challenge => message.Headers.TryAdd("X", challenge.WithoutAuthInt()?.Reveal() ?? string.Empty));
        }

        DigestCredentials.TryParseAll(message.Headers, "Authorization", out _);
        SipWriter.TryWrite(message, new ArrayBufferWriter<byte>());
    }

    private static byte[] Mutate(SeededEntropy entropy, List<(string Name, byte[] Octets)> corpus)
    {
        List<byte> octets = [.. corpus[entropy.NextInt32(corpus.Count)].Octets];
        int changes = 1 + entropy.NextInt32(4);
        for (int change = 0; change < changes && octets.Count > 0; change++)
        {
            int at = entropy.NextInt32(octets.Count);
            int length = Math.Min(1 + entropy.NextInt32(40), octets.Count - at);
            switch (entropy.NextInt32(6))
            {
                case 0:
                    octets[at] = (byte)entropy.NextInt32(256);
                    break;
                case 1:
                    octets[at] = (byte)"\r\n\0 \t\"<>;,:=@%\\*[]?0"[entropy.NextInt32(20)];
                    break;
                case 2:
                    octets.RemoveRange(at, length);
                    break;
                case 3:
                    octets.InsertRange(at, octets.GetRange(at, length));
                    break;
                case 4:
                    octets.Insert(at, (byte)"\r\n\0 \t\"<>;,:=@%\\*[]?0"[entropy.NextInt32(20)]);
                    break;
                default:
                    byte[] other = corpus[entropy.NextInt32(corpus.Count)].Octets;
                    int from = entropy.NextInt32(other.Length);
                    octets.InsertRange(at, other[from..Math.Min(other.Length, from + length)]);
                    break;
            }
        }

        return [.. octets];
    }

    private static string Describe(SipMessage message)
    {
        List<string> lines = [message.RevealStartLine()];
        for (int index = 0; index < message.Headers.Count; index++)
        {
            if (message.Headers[index].Name != "Content-Length")
            {
                lines.Add(message.Headers[index].Name + ": " + message.Headers[index].Value);
            }
        }

        // Order between different names is the writer's, within one name the sender's.
        List<(string Name, int Index, string Line)> keyed = [];
        for (int index = 1; index < lines.Count; index++)
        {
            keyed.Add((lines[index][..lines[index].IndexOf(':')], index, lines[index]));
        }

        keyed.Sort(
            (left, right) => (string.CompareOrdinal(left.Name, right.Name), left.Index.CompareTo(right.Index)) switch
        {
            (0, var order) => order,
            (var order, _) => order,
        });
        return lines[0] + "\n" + string.Join(
            "\n", keyed.ConvertAll(item => item.Line)) + "\n" + Convert.ToHexString(message.Body.Span);
    }
}
