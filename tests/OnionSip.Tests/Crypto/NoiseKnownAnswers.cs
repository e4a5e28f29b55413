using System;
using OnionSip.Crypto;

namespace OnionSip.Tests.Crypto;

/// <summary>One public vector of each plain pattern (cacophony project), so that a bare checkout proves the engine.</summary>
internal static class NoiseKnownAnswers
{
    public static string Of(HandshakePattern pattern) => pattern switch
    {
        HandshakePattern.NK => NK,
        HandshakePattern.IK => IK,
        HandshakePattern.XK => XK,
        _ => throw new ArgumentException("no public vector", nameof(pattern)),
    };

    private const string NK = """
        {
        "init_prologue": "4a6f686e2047616c74",
        "init_ephemeral": "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        "init_remote_static": "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
        "resp_prologue": "4a6f686e2047616c74",
        "resp_static": "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
        "resp_ephemeral": "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
        "handshake_hash": "2efa38a9c7c93ac98f3a097af25c2f58b9e7673787717bc27e98827118c2c1a5",
        "messages": [
        {"payload": "4c756477696720766f6e204d69736573",
         "ciphertext": "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79448134d00711fdb390a0d178fa008f6d47d2891e5ea18ae136c3b4c23ac384efb0"},
        {"payload": "4d757272617920526f746862617264",
         "ciphertext": "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088438ea16e3701bc0d77744f117bee22451c9afa7f4cdbbcff00c04a8ee0913c88"},
        {"payload": "462e20412e20486179656b",
         "ciphertext": "a62de29ce27cb80245d440d986ed816c156e9d757d7008df2198b0"},
        {"payload": "4361726c204d656e676572",
         "ciphertext": "174a35f11c689f4530d7208618e0564ae12f2f50ba8eb4df5382ff"},
        {"payload": "4a65616e2d426170746973746520536179",
         "ciphertext": "337e475ebb8eae60f91974c4e455a5af38d1d8628d1803b160d60442874b0a1777"},
        {"payload": "457567656e2042f6686d20766f6e2042617765726b",
         "ciphertext": "047e80e060b7bb08b53c5a23dfe9920cae135b9d1dc6302fc475003062723700366346ac9d"}
        ]}
        """;

    private const string IK = """
        {
        "init_prologue": "4a6f686e2047616c74",
        "init_static": "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "init_ephemeral": "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        "init_remote_static": "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
        "resp_prologue": "4a6f686e2047616c74",
        "resp_static": "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
        "resp_ephemeral": "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
        "handshake_hash": "0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7",
        "messages": [
        {"payload": "4c756477696720766f6e204d69736573",
         "ciphertext": "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944718da798efbcd91528520204f904b9bd6c7413dccdc214d951e15253e39987f18146e8cd0873654207148333479d4d16c289f0294b29960a72f48e0b7bba2e89083169825e59642148d492020664ccf7"},
        {"payload": "4d757272617920526f746862617264",
         "ciphertext": "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088435361e70b2ed446e6c9ec387d1d6b3b840f194e373979d241b203c4acafccf5"},
        {"payload": "462e20412e20486179656b",
         "ciphertext": "050e9f3c8fac16b68dbce8f8c4bfbf6617c897f9ada4aa29aa19c8"},
        {"payload": "4361726c204d656e676572",
         "ciphertext": "344233a6cabb7141d80f3da2fedc311d9646bbb0f505afe403a667"},
        {"payload": "4a65616e2d426170746973746520536179",
         "ciphertext": "62cdeeb172ad7ade7aa7d9e069da5790f12331bfa00177787a1d0810c67dc3b2b4"},
        {"payload": "457567656e2042f6686d20766f6e2042617765726b",
         "ciphertext": "029bead1b40992327044d409d9a1f3ad8f36c3c452775d557e18bbeb2e8dfcead32d514024"}
        ]}
        """;

    private const string XK = """
        {
        "init_prologue": "4a6f686e2047616c74",
        "init_static": "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
        "init_ephemeral": "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
        "init_remote_static": "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
        "resp_prologue": "4a6f686e2047616c74",
        "resp_static": "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
        "resp_ephemeral": "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b",
        "handshake_hash": "cefffc5d1074126cc980ebfe902587ff36ba61dc77d4447ebe0f96dc22ae59d7",
        "messages": [
        {"payload": "4c756477696720766f6e204d69736573",
         "ciphertext": "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944a3785af283c991bab613473804356ef6931f83acf64f99c274b93570857cfc5e"},
        {"payload": "4d757272617920526f746862617264",
         "ciphertext": "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088433a4534805fa9fe4eb8343ace6609160c767ad9b832e8eea1d9b7a2111818dd"},
        {"payload": "462e20412e20486179656b",
         "ciphertext": "5d8e67b9c1b8e36f5dc674bc5cd2ce243fb5d1710fa57de0370da7cc979015398eaad94603b05498ba9a613d2fd923dcaa6fd4288dfd8d70f419bf737efb4cd37f5da37ebb728849318c82"},
        {"payload": "4361726c204d656e676572",
         "ciphertext": "3205e1265f809505e6edc092839d3156745d2abafbfd946b261e41"},
        {"payload": "4a65616e2d426170746973746520536179",
         "ciphertext": "470bcb1ae099555ff0d729500df550418d6ee5149d9e40bd2f4c6b3d263cc818d5"},
        {"payload": "457567656e2042f6686d20766f6e2042617765726b",
         "ciphertext": "d7187ed9d217ba6e91cf596e4871012ccedf7b5bed0d4cb8f7affb020fa17a95a23371e0f6"}
        ]}
        """;
}
