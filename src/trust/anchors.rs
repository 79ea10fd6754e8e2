//! The CA certificates that a profile trusts.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    certificate::{Certificate, ValueProblem, read_bundle},
    error::{Error, ErrorId, Result},
    model::Fingerprint,
    regular_file,
};

/// File names in an anchor folder that are taken for certificates; others, such as a README, are skipped.
const EXTENSIONS: [&str; 7] = ["cer", "crt", "der", "pem", "p7b", "p7c", "p7s"];

/// Larger files are refused: the e-mail roots of all the world are less than one megabyte.
const MAX_FILE: u64 = 16 << 20;

/// The anchors, found by name.
#[derive(Debug, Clone, Default)]
pub struct TrustAnchors {
    by_subject: HashMap<String, Vec<Certificate>>,
}

impl TrustAnchors {
    /// These certificates as anchors. With none of them, no chain is trusted.
    pub fn new(certificates: impl IntoIterator<Item = Certificate>) -> Self {
        let mut anchors = Self::default();
        for certificate in certificates {
            let same_name = anchors.by_subject.entry(certificate.subject.key.clone()).or_default();
            if !same_name.contains(&certificate) {
                same_name.push(certificate);
            }
        }
        anchors
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_subject.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_subject.is_empty()
    }

    /// All of them, in the order of their fingerprints.
    pub fn certificates(&self) -> Vec<&Certificate> {
        let mut all: Vec<_> = self.by_subject.values().flatten().collect();
        all.sort_by_key(|certificate| certificate.fingerprint);
        all
    }

    /// The same for the same set of anchors, whatever files they came from; part of the policy's fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        let all: Vec<u8> = self.certificates().iter().flat_map(|anchor| anchor.fingerprint.0).collect();
        Fingerprint::of(&all)
    }

    /// Those whose subject is the name with that key.
    pub(super) fn named(&self, key: &str) -> &[Certificate] {
        self.by_subject.get(key).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Reads anchors from files, or from folders of files (`.cer`, `.crt`, `.der`, `.pem`, `.p7b`, `.p7c`, `.p7s`;
/// not from folders inside): PEM with one or many certificates, DER, PKCS#7. Every CA certificate is an anchor,
/// self-signed or not.
///
/// Fails with `TrustAnchorMissing` where a path does not exist or no certificate is found, and with
/// `TrustAnchorUnreadable`, naming the file, for a file that can't be read or that holds anything but CA
/// certificates.
pub fn load_anchors(paths: &[PathBuf]) -> Result<TrustAnchors> {
    let mut certificates = Vec::new();
    for path in paths {
        for file in files_of(path)? {
            certificates.extend(read_file(&file)?);
        }
    }
    if certificates.is_empty() {
        return Err(none_found(paths));
    }
    Ok(TrustAnchors::new(certificates))
}

fn none_found(paths: &[PathBuf]) -> Error {
    if paths.is_empty() {
        return Error::new(ErrorId::TrustAnchorMissing, "No trust anchors are given.");
    }
    let list: Vec<_> = paths.iter().map(|path| format!("'{}'", path.display())).collect();
    let message = format!(
        "No CA certificate was found in {} (files ending in .{}).",
        list.join(", "),
        EXTENSIONS.join(", .")
    );
    Error::new(ErrorId::TrustAnchorMissing, message).target(list.join(", "))
}

fn files_of(path: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |cause: std::io::Error| {
        let missing = cause.kind() == std::io::ErrorKind::NotFound;
        let id = if missing { ErrorId::TrustAnchorMissing } else { ErrorId::TrustAnchorUnreadable };
        Error::io(id, "Cannot read the trust anchors", path, &cause)
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let extension = file.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        if EXTENSIONS.contains(&extension.as_str()) && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

fn read_file(file: &Path) -> Result<Vec<Certificate>> {
    let refused = |reason: String| {
        Error::new(ErrorId::TrustAnchorUnreadable, format!("The trust anchor '{}' {reason}.", file.display()))
            .target(file.display().to_string())
    };
    let io = |cause| Error::io(ErrorId::TrustAnchorUnreadable, "Cannot read the trust anchor", file, &cause);
    let found = fs::metadata(file).map_err(io)?;
    if found.len() > MAX_FILE {
        return Err(refused(format!("is larger than {MAX_FILE} bytes")));
    }
    let content = read_bundle(&regular_file::read(file).map_err(io)?);
    for problem in &content.problems {
        match problem {
            ValueProblem::Unreadable(reason) => return Err(refused(format!("can't be read: {reason}"))),
            ValueProblem::UnreadableCertificate(position, reason) => {
                return Err(refused(format!("has an unreadable certificate, number {position}: {reason}")));
            }
            ValueProblem::MalformedSignedData(reason) | ValueProblem::MalformedBlocks(reason) => {
                return Err(refused(format!("is damaged: {reason}")));
            }
            ValueProblem::CutShort => return Err(refused("holds too many certificates".to_owned())),
            _ => {}
        }
    }
    if let Some(other) = content.certificates.iter().find(|certificate| !certificate.is_ca()) {
        let whose = &other.subject;
        return Err(refused(format!("holds the certificate of {whose}, which is not a CA certificate")));
    }
    Ok(content.certificates)
}
