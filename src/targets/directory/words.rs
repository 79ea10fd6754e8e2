//! The words of errors about a directory that is written to: its settings have names of their own.

use crate::error::{Error, Result};

/// Settings of a source that a target of another directory has under a name of its own.
const OWN: [&str; 10] = [
    "-AttributeMap",
    "-Server",
    "-Port",
    "-Encryption",
    "-SearchBase",
    "-Filter",
    "-ServerCertificatePath",
    "-Timeout",
    "-SkipCertificateCheck",
    "-Credential",
];

/// The same error about the target: source and target may be on one host.
pub(super) fn of_target(error: Error) -> Error {
    // Nothing else is about a directory.
    if !(5001..=5099).contains(&error.id.code()) {
        return error;
    }
    let message = match error.message.strip_prefix("The server ") {
        Some(rest) => format!("The target's server {rest}"),
        None => error.message,
    };
    Error { message: renamed(&message), advice: renamed(&error.advice), ..error }
}

/// Calls settings as the target has them: `-TargetSearchBase`.
fn renamed(text: &str) -> String {
    let end = |c: char| !(c.is_ascii_alphanumeric() || c == '-');
    let mut renamed = String::with_capacity(text.len());
    for word in text.split_inclusive(end) {
        let name = word.trim_end_matches(end);
        if OWN.contains(&name) {
            renamed.push_str(&word.replacen('-', "-Target", 1));
        } else {
            renamed.push_str(word);
        }
    }
    renamed
}

/// The same of a result.
pub(super) fn told<T>(result: Result<T>) -> Result<T> {
    result.map_err(of_target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorId;

    #[test]
    fn errors_of_the_target_name_its_own_settings() {
        let error = Error::new(ErrorId::DirectoryCertificateUntrusted, "The server 'a' shows a certificate.");
        let told = of_target(error);
        assert_eq!(told.message, "The target's server 'a' shows a certificate.");
        assert!(told.advice.contains("with -TargetServerCertificatePath, or"), "{}", told.advice);
        for (id, due) in [
            (ErrorId::SearchBaseNotFound, "Correct -TargetSearchBase; it"),
            (ErrorId::FilterInvalid, "Correct -TargetFilter; it"),
            (ErrorId::DirectoryTimeout, "with -TargetTimeout."),
            (ErrorId::DirectoryNotWritable, "with -WriteServer."),
            (ErrorId::TargetNotWritable, "Check the path"),
        ] {
            assert!(of_target(Error::new(id, "x")).advice.contains(due), "{id:?}");
        }
    }
}
