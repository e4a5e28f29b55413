using System;
using System.Collections.Generic;
using System.Text;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Between RESOLVED and <see cref="DnsAnswer"/>. (WIRE.CONTROL)</summary>
internal static class DnsAnswers
{
    public static List<DnsAnswer> Read(in ResolvedMessage resolved)
    {
        List<DnsAnswer> answers = [];
        AnswerReader reader = resolved.Answers;
        while (reader.TryReadAddress(out IpAddress address))
        {
            answers.Add(new() { Address = address });
        }

        while (reader.TryReadSrv(out SrvAnswer srv))
        {
            answers.Add(new() { Priority = srv.Priority, Weight = srv.Weight, Port = srv.Port, Target = Text(srv.Target) });
        }

        while (reader.TryReadNaptr(out NaptrAnswer naptr))
        {
            answers.Add(new()
            {
                Priority = naptr.Order,
                Weight = naptr.Preference,
                Flags = Text(naptr.Flags),
                Service = Text(naptr.Service),
                Regexp = Text(naptr.Regexp),
                Target = Text(naptr.Replacement),
            });
        }

        return answers;
    }

    /// <summary>Writes as many answers as fit; returns the message's length.</summary>
    public static int Write(Span<byte> message, ushort request, ResolveKind kind, uint ttlSeconds, IReadOnlyList<DnsAnswer> answers)
    {
        ResolvedWriter writer = new(message, request, kind, ttlSeconds);
        foreach (DnsAnswer answer in answers)
        {
            bool added = kind switch
            {
                ResolveKind.Srv => writer.TryAddSrv(answer.Priority, answer.Weight, answer.Port, Encoding.ASCII.GetBytes(answer.Target)),
                ResolveKind.Naptr => writer.TryAddNaptr(new NaptrAnswer
                {
                    Order = answer.Priority,
                    Preference = answer.Weight,
                    Flags = Encoding.ASCII.GetBytes(answer.Flags),
                    Service = Encoding.ASCII.GetBytes(answer.Service),
                    Regexp = Encoding.ASCII.GetBytes(answer.Regexp),
                    Replacement = Encoding.ASCII.GetBytes(answer.Target),
                }),
                _ => writer.TryAddAddress(answer.Address),
            };
            if (!added && writer.Count >= WireLayout.MaxAnswers)
            {
                break;
            }
        }

        return writer.Bytes;
    }

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii);
}
