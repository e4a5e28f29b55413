using System.Globalization;
using System.IO;
using System.Net;

namespace OnionSip.Demo.Phones;

/// <summary>The configuration of a baresip without sound card, display or terminal.</summary>
internal static class BaresipConfig
{
    private static readonly string[] s_moduleFolders =
    [
        "/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules",
        "/usr/lib/x86_64-linux-gnu/baresip/modules", "/usr/lib/aarch64-linux-gnu/baresip/modules",
    ];

    /// <summary>Where its modules are; null when they are not installed.</summary>
    internal static string? Modules => System.Array.Find(s_moduleFolders, static folder => File.Exists(Path.Combine(folder, "sndfile.so")));

    internal static void WriteTo(string folder, PhoneOptions options, int sipPort, int controlPort, string speechFile, string recordings)
    {
        // No jitter buffer: what it still holds at the end of a call would be missing in the recording.
        // 1.0.0 plays a file by aufile at the rate of the file, and records by the filter sndfile; the sink aubridge hears nothing.
        File.WriteAllText(Path.Combine(folder, "config"), $"""
            poll_method epoll
            sip_listen {options.Address}:{sipPort}
            net_interface {options.MediaAddress ?? options.Address}
            rtp_ports 33000-33998
            rtp_stats yes
            jitter_buffer_delay 0-0
            audio_source aufile,{speechFile}
            audio_player aubridge,nil
            audio_alert aubridge,nil
            ausrc_srate 8000
            ausrc_channels 1
            auplay_srate 8000
            auplay_channels 1
            ausrc_format s16
            auplay_format s16
            auenc_format s16
            audec_format s16
            snd_path {recordings}
            ctrl_tcp_listen {options.Address}:{controlPort}
            module_path {Modules}
            module g711.so
            module sndfile.so
            module aufile.so
            module aubridge.so
            module_tmp account.so
            module_app menu.so
            module_app ctrl_tcp.so

            """);
        PhoneAccount account = options.Account;
        string transport = options.UseTcp ? "tcp" : "udp";
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"<sip:{account.User}@{account.Domain};transport={transport}>;auth_user={account.User};auth_pass={account.Password};outbound=\"sip:{options.Proxy};transport={transport}\";regint=60;answermode=manual;audio_codecs={options.Codec}/8000/1;ptime=20");
        File.WriteAllText(Path.Combine(folder, "accounts"), line + "\n");
        File.WriteAllText(Path.Combine(folder, "contacts"), string.Empty);
    }
}
