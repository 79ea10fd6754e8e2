//! A certificate of the caller's store, whose key stays there: the caller signs.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::digest;

use crate::{
    error::{Error, ErrorId, Result},
    event::{Answer, Context, Question, QuestionKind, Signing},
};

/// A certificate that the caller has the key of.
#[derive(Clone)]
pub(crate) struct StoreKey {
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    thumbprint: String,
    purpose: Purpose,
    context: Context,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Purpose {
    /// The parameter that named it.
    pub parameter: &'static str,
    /// What its key is asked to do, as the caller is told.
    pub action: &'static str,
    /// The error of one that can't be used for it.
    pub unusable: ErrorId,
}

impl StoreKey {
    /// Asks the caller for the certificate with this thumbprint, on the calling thread.
    /// Fails with `ProfileInvalid`, the purpose's error, `InvalidAnswer`, `Canceled`.
    pub fn find(thumbprint: &str, purpose: Purpose, context: &Context) -> Result<Self> {
        let thumbprint = normalised(thumbprint, purpose.parameter)?;
        let mut found = Self { certificate: Vec::new(), thumbprint, purpose, context: context.clone() };
        let answer = found.ask(None, String::new())?;
        if let Some(failure) = answer.failure {
            return Err(found.unusable(&format!("can't be had: {}", failure.message)));
        }
        let certificate = found.decoded(answer.certificate.as_deref(), "certificate")?;
        let given = hex::encode_upper(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate));
        if given != found.thumbprint {
            return Err(found.unusable(&format!("was asked for, but the caller gave {given}")));
        }
        found.certificate = certificate;
        Ok(found)
    }

    /// The signature of a digest by the key, as the algorithm's name of RFC 7518 says; the inner error is why the key could not
    /// make it. Blocks. Fails with `InvalidAnswer`, `Canceled`.
    pub fn sign(&self, algorithm: &str, digest: &[u8]) -> Result<Result<Vec<u8>, String>> {
        let answer = self.ask(Some(algorithm), BASE64_STANDARD.encode(digest))?;
        if let Some(failure) = answer.failure {
            return Ok(Err(failure.message));
        }
        self.decoded(answer.signature.as_deref(), "signature").map(Ok)
    }

    /// The error of a certificate that can't be used; `what` follows its thumbprint.
    pub fn unusable(&self, what: &str) -> Error {
        let message = format!("The certificate {} {}.", self.thumbprint, what.trim_end_matches('.'));
        Error::new(self.purpose.unusable, message).target(&self.thumbprint)
    }

    fn ask(&self, algorithm: Option<&str>, digest: String) -> Result<Answer> {
        let question = Question {
            id: 0,
            kind: QuestionKind::Sign,
            target: self.thumbprint.clone(),
            action: self.purpose.action.into(),
            command: None,
            signing: Some(Signing {
                thumbprint: self.thumbprint.clone(),
                algorithm: algorithm.map(str::to_owned),
                digest,
            }),
        };
        let answer = self.context.ask(vec![question])?.pop();
        answer.ok_or_else(|| self.invalid("answered nothing"))
    }

    fn decoded(&self, text: Option<&str>, what: &str) -> Result<Vec<u8>> {
        let bytes = text.and_then(|text| BASE64_STANDARD.decode(text).ok());
        bytes.ok_or_else(|| self.invalid(&format!("gave no {what} in base64")))
    }

    fn invalid(&self, what: &str) -> Error {
        let message = format!("The caller was asked for the certificate {} and {what}.", self.thumbprint);
        Error::new(ErrorId::InvalidAnswer, message).target(&self.thumbprint)
    }
}

/// 40 hexadecimal digits in upper case. What Windows' dialogs put between and before them is skipped.
fn normalised(thumbprint: &str, parameter: &str) -> Result<String> {
    let between = |c: &char| !matches!(c, ' ' | ':' | '-' | '\u{200e}' | '\u{200f}' | '\u{feff}');
    let digits: String = thumbprint.chars().filter(between).collect();
    if digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digits.to_ascii_uppercase());
    }
    let message = format!("{parameter} '{thumbprint}' is not a SHA-1 of 40 hexadecimal digits.");
    Err(Error::new(ErrorId::ProfileInvalid, message).target(thumbprint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_taken_as_windows_shows_it() {
        let plain = "0123456789ABCDEF0123456789ABCDEF01234567";
        for (text, right) in [
            (plain, true),
            ("0123456789abcdef0123456789abcdef01234567", true),
            ("\u{200e}01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef 01 23 45 67", true),
            ("01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67", true),
            ("0123456789ABCDEF0123456789ABCDEF0123456", false),
            ("0123456789ABCDEF0123456789ABCDEF0123456G", false),
            ("", false),
        ] {
            match normalised(text, "-CertificateThumbprint") {
                Ok(found) => assert!(right && found == plain, "{text}"),
                Err(error) => assert!(!right && error.id == ErrorId::ProfileInvalid, "{text}"),
            }
        }
    }
}
