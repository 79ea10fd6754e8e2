// Generated from include/smime_sync.h: SMIME_SYNC_BLESS=1 cargo test --test abi module
namespace SmimeSync.Native
{
    /// <summary>The constants of the interface that this assembly is made for.</summary>
    internal static class Abi
    {
        /// <summary>The version of the interface.</summary>
        internal const uint Version = 1;
    }

    /// <summary>What the library's functions answer.</summary>
    internal static class Status
    {
        internal const int Error = -1;
        internal const int Ok = 0;
        internal const int Events = 1;
        internal const int Timeout = 2;
        internal const int Finished = 3;
    }
}
