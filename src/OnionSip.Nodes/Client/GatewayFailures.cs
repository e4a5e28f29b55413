using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What an exit's status means to the gateway. (NODE.GATEWAY)</summary>
internal static class GatewayFailures
{
    public static GatewayFailure Of(ControlStatus status) => status switch
    {
        ControlStatus.Refused => GatewayFailure.Refused,
        ControlStatus.Busy => GatewayFailure.Busy,
        ControlStatus.Unreachable => GatewayFailure.Unreachable,
        ControlStatus.NotFound => GatewayFailure.NotFound,
        _ => GatewayFailure.Closed,
    };
}
