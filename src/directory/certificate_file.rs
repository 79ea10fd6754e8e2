//! Certificates out of the files in which people have them: .cer, .pem, .p7b, .pfx. Private keys stay in there.

use std::{io::Read, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::{
    certificate::{Certificate, PfxProblem, ValueContent, ValueProblem, is_pfx, read_bundle, read_pfx},
    error::{Error, ErrorId, Result},
    regular_file,
};

/// The largest file that is read: many certificates, and no mistake.
const MAX_FILE: u64 = 4 << 20;

/// The certificates in the file at `path`, in their order, CA certificates that came along included. `password` is
/// that of a PFX file; private keys are neither kept nor handed out.
/// Fails with `CertificateUnreadable`, or `CertificatePasswordWrong` where a PFX file does not open with it.
pub fn read(path: &Path, password: Option<&[u8]>) -> Result<Vec<Certificate>> {
    let name = path.display().to_string();
    let failed = |e: &std::io::Error| Error::io(ErrorId::CertificateUnreadable, "Cannot read", path, e);
    let mut bytes = Vec::new();
    let file = regular_file::open(path).map_err(|e| failed(&e))?;
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|e| failed(&e))?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(unreadable(&name, &format!("it has more than {MAX_FILE} bytes")));
    }
    if !is_pfx(&bytes) {
        return of_content(&name, read_bundle(&bytes));
    }
    read_pfx(&bytes, password.unwrap_or_default()).map_err(|problem| match problem {
        PfxProblem::Unreadable(reason) => unreadable(&name, &reason),
        PfxProblem::WrongPassword(reason) => wrong_password(&name, &reason),
    })
}

/// The certificates in `text`, base64 of what a file holds; `name` is how messages name it.
/// Fails with `CertificateUnreadable`.
pub fn read_base64(name: &str, text: &str) -> Result<Vec<Certificate>> {
    if text.len() as u64 > MAX_FILE {
        return Err(unreadable(name, &format!("it has more than {MAX_FILE} characters")));
    }
    let bytes = BASE64.decode(text.trim()).map_err(|e| unreadable(name, &format!("it is no base64: {e}")))?;
    of_content(name, read_bundle(&bytes))
}

/// A certificate that could not be read among those that could makes the whole unreadable: somebody who gives a
/// file wants all of it.
fn of_content(name: &str, content: ValueContent) -> Result<Vec<Certificate>> {
    for problem in &content.problems {
        match problem {
            ValueProblem::Unreadable(reason) => return Err(unreadable(name, reason)),
            ValueProblem::UnreadableCertificate(position, reason) => {
                return Err(unreadable(name, &format!("certificate {position}: {reason}")));
            }
            ValueProblem::MalformedSignedData(reason) => return Err(unreadable(name, reason)),
            ValueProblem::CutShort => return Err(unreadable(name, "it holds too many certificates")),
            _ => {}
        }
    }
    Ok(content.certificates)
}

fn unreadable(name: &str, reason: &str) -> Error {
    Error::new(ErrorId::CertificateUnreadable, format!("No certificate can be read from '{name}': {reason}."))
        .target(name)
}

fn wrong_password(name: &str, reason: &str) -> Error {
    Error::new(ErrorId::CertificatePasswordWrong, format!("The PFX file '{name}' can't be opened: {reason}."))
        .target(name)
}
