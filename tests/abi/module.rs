//! What the module's bridge says of the interface: the constants of the header. `SMIME_SYNC_BLESS=1` writes them anew.

use crate::common::generated::compare_or_bless;

const BLESS: &str = "SMIME_SYNC_BLESS=1 cargo test --test abi module";

#[test]
fn the_bridge_knows_the_constants_of_the_header() {
    let header = crate::header::generated();
    let version = header.lines().find_map(|line| line.strip_prefix("#define SMIME_ABI_VERSION ")).unwrap();
    let statuses = header.lines().filter_map(|line| {
        let (name, value) =
            line.trim().strip_prefix("SMIME_STATUS_")?.strip_suffix(',')?.split_once(" = ")?;
        let (first, rest) = name.split_at(1);
        Some(format!("        internal const int {first}{} = {value};\n", rest.to_lowercase()))
    });
    let statuses: String = statuses.collect();
    let text = format!(
        "// Generated from include/smime_sync.h: {BLESS}
namespace SmimeSync.Native
{{
    /// <summary>The constants of the interface that this assembly is made for.</summary>
    internal static class Abi
    {{
        /// <summary>The version of the interface.</summary>
        internal const uint Version = {version};
    }}

    /// <summary>What the library's functions answer.</summary>
    internal static class Status
    {{
{statuses}    }}
}}
"
    );
    compare_or_bless("powershell/SmimeSync/Native/Abi.cs", "abi module", &text);
}
