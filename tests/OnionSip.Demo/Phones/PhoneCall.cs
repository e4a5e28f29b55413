using System;
using System.Diagnostics;
using System.Threading.Tasks;
using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Demo.Phones;

/// <summary>One call of a built-in phone, out or in.</summary>
public sealed class PhoneCall
{
    private readonly BuiltinPhone _phone;
    private readonly TaskCompletionSource<long> _ringing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PhoneCall(BuiltinPhone phone, RtpLine line, SdpSession local)
    {
        _phone = phone;
        Line = line;
        LocalSession = local;
    }

    /// <summary>When the INVITE was first sent, or came.</summary>
    public long BegunTimestamp { get; } = Stopwatch.GetTimestamp();

    /// <summary>When a 180 or 183 came; cancelled if the call ends before.</summary>
    public Task<long> Ringing => _ringing.Task;

    /// <summary>True once answered, false when the call ends before.</summary>
    public Task<bool> Answered => _answered.Task;

    /// <summary>Why the call is over.</summary>
    public Task<string> Ended => _ended.Task;

    /// <summary>The final response that refused the call; null for none.</summary>
    public SipResponse? Refusal { get; private set; }

    public RtpLine Line { get; }

    internal SdpSession LocalSession { get; }

    internal Dialog? Dialog { get; set; }

    internal TransactionId Invite { get; set; }

    internal uint InviteNumber { get; set; }

    internal bool IsOver => _ended.Task.IsCompleted;

    /// <summary>BYE, or CANCEL before the answer.</summary>
    public void HangUp() => _phone.HangUp(this);

    internal void HandleRinging() => _ringing.TrySetResult(Stopwatch.GetTimestamp());

    internal void HandleAnswered(SdpAudio audio)
    {
        if (!audio.TryGetRemote(out PeerAddress remote))
        {
            End("the far side gave no address for audio");
            return;
        }

        Line.Speak(
            remote,
            new(remote.Address, audio.RemoteRtcpPort),
            (byte)audio.Codec.PayloadType,
            audio.Codec.Is("PCMA", 8000) ? G711Law.A : G711Law.Mu);
        _answered.TrySetResult(true);
    }

    internal void Refuse(SipResponse response)
    {
        Refusal = response;
        End(response.RevealStartLine());
    }

    internal void End(string reason)
    {
        if (_ended.TrySetResult(reason))
        {
            Dialog?.Terminate();
            _answered.TrySetResult(false);
            _ringing.TrySetCanceled();
            // Elsewhere: the line's threads may be waiting for the lock that this is called under.
            _ = Task.Run(Line.Dispose);
        }
    }
}
