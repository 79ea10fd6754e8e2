//! What the library is linked to.

use std::process::Command;

#[test]
fn kerberos_is_no_library_that_must_be_there_when_it_is_loaded() {
    let program = std::env::current_exe().unwrap();
    let library = program.with_file_name("libsmime_sync.so");
    let output = Command::new("readelf").arg("-d").arg(&library).output().expect("binutils are installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let needed: Vec<_> = text.lines().filter(|line| line.contains("(NEEDED)")).collect();
    assert!(needed.iter().any(|line| line.contains("libc.so")), "{text}");
    for name in ["krb5", "gss", "com_err", "sasl", "ldap"] {
        assert!(!needed.iter().any(|line| line.contains(name)), "{needed:?}");
    }
}
