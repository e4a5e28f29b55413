using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Resolvers;

/// <summary>What a question came to. The answers are empty unless it was answered.</summary>
public delegate void ResolveCompleted(Instant now, ResolveOutcome outcome, IReadOnlyList<DnsAnswer> answers, uint ttlSeconds);

/// <summary>The resolver of an exit: libunbound on a thread of its own, answers on the loop's thread. (HOST.RESOLVER)</summary>
/// <remarks>
/// Bounds: <see cref="MaxOpenQueries"/> questions, <see cref="MaxAnswers"/> answers each, one timeout for all.
/// The library caches, randomises ports and case, and minimises names; nothing of a question is logged.
/// </remarks>
public sealed unsafe class UnboundResolver : IReadyHandler, IDisposable
{
    public const int MaxOpenQueries = 256;
    public const int MaxAnswers = 16;
    private const int InternetClass = 1;

    private readonly EventLoop _loop;
    private readonly IntPtr _context;
    private readonly TimeSpan _timeout;
    private readonly Registration _registration;

    // In order of asking, so the first one expires first.
    private readonly LinkedList<Query> _open = new();

    private UnboundResolver(EventLoop loop, IntPtr context, TimeSpan timeout)
    {
        _loop = loop;
        _context = context;
        _timeout = timeout;
        _registration = loop.Register(UnboundCalls.Descriptor(context), this, Interest.Read);
    }

    public static bool IsAvailable => UnboundCalls.IsAvailable;

    public static string MissingMessage =>
        "the resolver library libunbound is missing, and an exit cannot resolve names without it; on Debian install the package libunbound8";

    public Instant NextDeadline => _open.First?.Value.Deadline ?? Instant.Never;

    public long Asked { get; private set; }

    public long TimedOut { get; private set; }

    /// <exception cref="InvalidOperationException">The library is missing or refuses a setting; the message says which.</exception>
    public static UnboundResolver Create(EventLoop loop, ResolverOptions options)
    {
        if (!IsAvailable)
        {
            throw new InvalidOperationException(MissingMessage);
        }

        IntPtr context = UnboundCalls.Create();
        Check(context == IntPtr.Zero ? -1 : 0, "could not be started");
        try
        {
            Configure(context, options);
            return new(loop, context, options.Timeout);
        }
        catch
        {
            UnboundCalls.Delete(context);
            throw;
        }
    }

    /// <summary>Asks; the answer comes later on the loop's thread. What cannot be asked is told at once by the return value.</summary>
    public ResolveOutcome Resolve(Instant now, DnsKind kind, string name, ResolveCompleted completed)
    {
        if (!DnsRecords.IsHostName(name))
        {
            return ResolveOutcome.BadName;
        }

        if (_open.Count >= MaxOpenQueries)
        {
            return ResolveOutcome.Busy;
        }

        Query query = new(this, kind, now + _timeout, completed);
        query.Handle = GCHandle.Alloc(query);
        int id = 0;
        int error = UnboundCalls.ResolveAsync(
            _context, name, TypeOf(kind), InternetClass, GCHandle.ToIntPtr(query.Handle), &OnAnswer, &id);
        if (error != 0)
        {
            query.Handle.Free();
            return ResolveOutcome.Failed;
        }

        query.Id = id;
        query.Node = _open.AddLast(query);
        Asked++;
        return ResolveOutcome.None;
    }

    public void HandleReady(Instant now, Interest ready) => _ = UnboundCalls.Process(_context);

    /// <summary>Gives up the questions whose time is over.</summary>
    public void HandleDeadline(Instant now)
    {
        while (_open.First is { } first && first.Value.Deadline <= now)
        {
            Query query = first.Value;
            _ = UnboundCalls.Cancel(_context, query.Id);
            Forget(query);
            TimedOut++;
            query.Completed(now, ResolveOutcome.Failed, [], 0);
        }
    }

    public void Dispose()
    {
        _registration.Dispose();
        while (_open.First is { } first)
        {
            _ = UnboundCalls.Cancel(_context, first.Value.Id);
            Forget(first.Value);
        }

        UnboundCalls.Delete(_context);
    }

    private static void Configure(IntPtr context, ResolverOptions options)
    {
        Check(UnboundCalls.SetDebugOutput(context, IntPtr.Zero), "refuses to be silent");
        Check(UnboundCalls.SetDebugLevel(context, 0), "refuses to be silent");
        Check(UnboundCalls.SetOption(context, "qname-minimisation:", "yes"), "does not know qname-minimisation");
        Check(UnboundCalls.SetOption(context, "use-caps-for-id:", "no"), "does not know use-caps-for-id");
        Check(UnboundCalls.SetOption(context, "do-not-query-localhost:", options.Forwarders.Count > 0 ? "no" : "yes"),
            "does not know do-not-query-localhost");
        foreach (string forwarder in options.Forwarders)
        {
            Check(UnboundCalls.SetForwarder(context, forwarder), "refuses the forwarder " + forwarder);
        }

        foreach (string source in options.Sources)
        {
            Check(UnboundCalls.SetOption(context, "outgoing-interface:", source), "refuses to ask from " + source);
        }

        // Adding a zone seals the other settings, so it comes last.
        Check(UnboundCalls.UseThread(context, 1), "cannot use a thread");
        if (options.AllowTestDomain)
        {
            Check(UnboundCalls.AddZone(context, "test.", "transparent"), "refuses the zone test.");
        }
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw new InvalidOperationException("the resolver library libunbound " + what);
        }
    }

    private static int TypeOf(DnsKind kind) => kind switch
    {
        DnsKind.A => 1,
        DnsKind.Aaaa => 28,
        DnsKind.Srv => 33,
        DnsKind.Naptr => 35,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnAnswer(void* data, int error, UnboundCalls.Result* result)
    {
        try
        {
            Query query = (Query)GCHandle.FromIntPtr((IntPtr)data).Target!;
            query.Owner.Complete(query, error, result);
        }
        finally
        {
            if (result is not null)
            {
                UnboundCalls.Free(result);
            }
        }
    }

    private void Complete(Query query, int error, UnboundCalls.Result* result)
    {
        Forget(query);
        Instant now = _loop.Clock.Now;
        if (error != 0 || result is null || result->Bogus != 0 || result->ResponseCode is not (0 or 3))
        {
            query.Completed(now, ResolveOutcome.Failed, [], 0);
            return;
        }

        List<DnsAnswer> answers = [];
        for (int index = 0; result->HasData != 0 && result->Data[index] is not null && answers.Count < MaxAnswers; index++)
        {
            if (DnsRecords.TryParse(query.Kind, new(result->Data[index], result->Bytes[index]), out DnsAnswer answer))
            {
                answers.Add(answer);
            }
        }

        ResolveOutcome outcome = answers.Count > 0 ? ResolveOutcome.Answered : ResolveOutcome.NotFound;
        query.Completed(now, outcome, answers, (uint)Math.Max(0, result->TimeToLive));
    }

    private void Forget(Query query)
    {
        _open.Remove(query.Node!);
        query.Handle.Free();
    }

    private sealed class Query(UnboundResolver owner, DnsKind kind, Instant deadline, ResolveCompleted completed)
    {
        public UnboundResolver Owner { get; } = owner;

        public DnsKind Kind { get; } = kind;

        public Instant Deadline { get; } = deadline;

        public ResolveCompleted Completed { get; } = completed;

        public GCHandle Handle { get; set; }

        public LinkedListNode<Query>? Node { get; set; }

        public int Id { get; set; }
    }
}
