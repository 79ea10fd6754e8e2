//! Generated files: compared with what is committed, or written anew.

use std::path::Path;

/// Fails if `path` (from the top of the project) holds anything but `generated`; with `SMIME_SYNC_BLESS=1` in
/// the environment, writes it instead. `test` names the tests' program and module, for the message.
pub fn compare_or_bless(path: &str, test: &str, generated: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("SMIME_SYNC_BLESS").is_some_and(|value| value == "1") {
        return std::fs::write(&file, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = committed.lines().zip(generated.lines()).position(|(old, new)| old != new);
    let line = differs.unwrap_or_else(|| committed.lines().count().min(generated.lines().count())) + 1;
    assert!(
        committed == generated,
        "{path} differs from the sources from line {line} on. If the sources are right, run:\n\
         SMIME_SYNC_BLESS=1 cargo test --test {test}"
    );
}
