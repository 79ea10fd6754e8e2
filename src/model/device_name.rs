//! Names that Windows keeps for devices, whatever folder they are asked for in.

/// Whether Windows takes a file of this name for a device, in any case and whatever comes behind its first dot.
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
pub fn is_device_name(file_name: &str) -> bool {
    let stem = file_name.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_port =
        |number: &str| matches!(number.as_bytes(), [b'0'..=b'9']) || matches!(number, "¹" | "²" | "³");
    matches!(stem.as_str(), "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") || port.is_some_and(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_in_any_case_and_with_any_extension() {
        for name in [
            "con",
            "CON.json",
            "Nul.tar.gz",
            "aux ",
            "COM1",
            "com0",
            "lpt9.x",
            "LPT²",
            "com¹.json",
            "CONIN$",
            "conout$.txt",
        ] {
            assert!(is_device_name(name), "{name}");
        }
        for name in ["", "cons", "com", "com10", "com1a", "console.json", "a.con", "lpt", "conin", "comé"] {
            assert!(!is_device_name(name), "{name}");
        }
    }
}
