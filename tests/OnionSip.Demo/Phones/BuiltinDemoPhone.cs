using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Threading.Tasks;
using OnionSip.Demo.Runs;
using OnionSip.Demo.Scores;
using OnionSip.Sip;

namespace OnionSip.Demo.Phones;

/// <summary>The built-in phone in the demo.</summary>
public sealed class BuiltinDemoPhone(PhoneOptions options) : IDemoPhone
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly BuiltinPhone _phone = new(options);
    private PhoneCall? _call;

    public string Kind => "builtin";

    public ReceivedBytes? Record => options.Record;

    public IReadOnlyList<IPEndPoint> AudioSources => LastCall?.Line.Sources ?? [];

    public async Task RegisterAsync()
    {
        SipResponse? response = await _phone.RegisterAsync().ConfigureAwait(false);
        if (response is not { IsSuccess: true })
        {
            throw new DemoException($"{options.Account.User} was not registered: {response?.RevealStartLine() ?? "no answer"}");
        }
    }

    public async Task<DialTimes> DialAsync(string user)
    {
        PhoneCall call = _phone.Dial(user);
        _call = call;
        Task first = await Task.WhenAny(call.Answered, Task.Delay(s_patience)).ConfigureAwait(false);
        if (first != call.Answered || !await call.Answered.ConfigureAwait(false))
        {
            string why = call.Ended.IsCompleted ? await call.Ended.ConfigureAwait(false) : "nobody answered";
            throw new DemoException("the call was not answered: " + why);
        }

        long answered = Stopwatch.GetTimestamp();
        return new(call.BegunTimestamp, call.Ringing.IsCompletedSuccessfully ? await call.Ringing.ConfigureAwait(false) : answered, answered);
    }

    public async Task HangUpAsync()
    {
        PhoneCall? call = LastCall;
        if (call is not null)
        {
            call.HangUp();
            await Task.WhenAny(call.Ended, Task.Delay(s_patience)).ConfigureAwait(false);
        }
    }

    public WaveSound ReadRecording() => LastCall?.Line.Heard ?? new([], Speech.Rate);

    public void Dispose() => _phone.Dispose();

    private PhoneCall? LastCall
    {
        get
        {
            while (_phone.Incoming.TryRead(out PhoneCall? incoming))
            {
                _call = incoming;
            }

            return _call;
        }
    }
}
