using System.Globalization;
using System.IO;
using System.Text;

namespace OnionSip.Demo.Providers;

/// <summary>The configuration of the demo's Kamailio: registrar and record-routing proxy with digest authentication, all in memory.</summary>
/// <remarks>Each message is written to its log as it was received, after TLS was taken off, together with the source address.</remarks>
internal static class KamailioConfig
{
    /// <summary>What the lines of received messages begin with.</summary>
    internal const string RecordMark = "received-message ";

    internal static string WriteTo(string folder, ProviderOptions options, string certificateFile, string keyFile)
    {
        File.WriteAllText(Path.Combine(folder, "tls.cfg"), $"""
            [server:default]
            method = TLSv1.2+
            verify_certificate = no
            require_certificate = no
            certificate = {certificateFile}
            private_key = {keyFile}

            [client:default]
            method = TLSv1.2+
            verify_certificate = no

            """);
        string file = Path.Combine(folder, "kamailio.cfg");
        File.WriteAllText(file, Main
            .Replace("ADDRESS", options.Address.ToString(), System.StringComparison.Ordinal)
            .Replace("TLSPORT", options.TlsPort.ToString(CultureInfo.InvariantCulture), System.StringComparison.Ordinal)
            .Replace("SIPPORT", options.Port.ToString(CultureInfo.InvariantCulture), System.StringComparison.Ordinal)
            .Replace("DOMAIN", options.Domain, System.StringComparison.Ordinal)
            .Replace("FOLDER", folder, System.StringComparison.Ordinal)
            .Replace("ACCOUNTS", Accounts(options), System.StringComparison.Ordinal));
        return file;
    }

    private static string Accounts(ProviderOptions options)
    {
        StringBuilder text = new();
        foreach ((string user, string password) in options.Accounts)
        {
            text.Append(CultureInfo.InvariantCulture, $"    $sht(passwords=>{user}) = \"{password}\";\n");
        }

        return text.ToString();
    }

    private const string Main = """
        #!KAMAILIO
        listen=udp:ADDRESS:SIPPORT
        listen=tcp:ADDRESS:SIPPORT
        listen=tls:ADDRESS:TLSPORT
        enable_tls=yes
        alias="DOMAIN"
        auto_aliases=no
        dns=no
        rev_dns=no
        children=2
        tcp_children=2
        tcp_connection_lifetime=3605
        log_stderror=yes
        debug=1
        received_route_mode=1

        loadmodule "kex.so"
        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "rr.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "usrloc.so"
        loadmodule "registrar.so"
        loadmodule "siputils.so"
        loadmodule "textops.so"
        loadmodule "xlog.so"
        loadmodule "htable.so"
        loadmodule "auth.so"
        loadmodule "tls.so"

        modparam("tls", "config", "FOLDER/tls.cfg")
        modparam("xlog", "buf_size", 131072)
        modparam("htable", "htable", "passwords=>size=4;")
        modparam("usrloc", "db_mode", 0)
        modparam("registrar", "max_expires", 600)
        modparam("rr", "append_fromtag", 1)
        modparam("tm", "fr_timer", 5000)
        modparam("tm", "fr_inv_timer", 60000)

        event_route[htable:mod-init] {
        ACCOUNTS}

        # The bytes as they came, for the claims that the demo checks.
        event_route[core:msg-received] {
            xlog("L_ERR", "received-message $rcv(srcip) $rcv(srcport) $rcv(proto) $(rcv(buf){s.encode.base64})\n");
        }

        request_route {
            if (!mf_process_maxfwd_header("10")) {
                sl_send_reply("483", "Too Many Hops");
                exit;
            }
            force_rport();
            if (is_method("CANCEL")) {
                if (t_check_trans()) t_relay();
                exit;
            }
            if (has_totag()) {
                route(INSIDE);
                exit;
            }
            t_check_trans();
            if (is_method("REGISTER")) {
                route(REGISTRAR);
                exit;
            }
            if (is_method("OPTIONS") && uri==myself && $rU==$null) {
                sl_send_reply("200", "OK");
                exit;
            }
            if (from_uri==myself && !is_method("ACK")) {
                if ($au == $null || $sht(passwords=>$au) == $null || !pv_proxy_authenticate("$fd", "$sht(passwords=>$au)", "0")) {
                    proxy_challenge("$fd", "1");
                    exit;
                }
                if ($au != $fU) {
                    sl_send_reply("403", "Not Your Account");
                    exit;
                }
                consume_credentials();
            }
            if (is_method("INVITE|SUBSCRIBE")) record_route();
            if (uri==myself && !lookup("location")) {
                sl_send_reply("480", "Not Registered");
                exit;
            }
            route(SEND);
        }

        route[INSIDE] {
            if (loose_route()) {
                route(SEND);
            } else if (is_method("ACK")) {
                if (t_check_trans()) t_relay();
            } else {
                sl_send_reply("404", "No Such Dialog");
            }
        }

        route[REGISTRAR] {
            if ($au == $null || $sht(passwords=>$au) == $null || !pv_www_authenticate("$td", "$sht(passwords=>$au)", "0")) {
                www_challenge("$td", "1");
                exit;
            }
            if ($au != $tU) {
                sl_send_reply("403", "Not Your Account");
                exit;
            }
            if (!save("location")) sl_reply_error();
        }

        route[SEND] {
            if (!t_relay()) sl_reply_error();
            exit;
        }

        """;
}
