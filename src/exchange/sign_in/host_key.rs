//! A key that stays in the caller's certificate store: the caller signs.

use std::sync::atomic::{AtomicBool, Ordering};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

use super::{
    assertion::{Algorithm, Claims, assertion, digest_of, signing_input},
    key_file::public_key,
};
use crate::{
    certificate::{Certificate, KeyAlgorithm},
    error::{Error, ErrorId, Result},
    event::{Answer, Context, Question, QuestionKind, Signing},
};

/// A certificate of the caller's store.
pub(super) struct HostKey {
    pub certificate: Certificate,
    public_key: Vec<u8>,
    thumbprint: String,
    context: Context,
    /// Whether the key could not sign with PS256: keys of older providers can't.
    only_rs256: AtomicBool,
}

impl HostKey {
    /// Asks the caller for the certificate with this thumbprint, on the calling thread.
    /// Fails with `ProfileInvalid`, `SignInCertificateUnusable`, `InvalidAnswer`, `Canceled`.
    pub(super) fn find(thumbprint: &str, context: &Context) -> Result<Self> {
        let thumbprint = normalised(thumbprint)?;
        let answer = ask(context, &thumbprint, None, String::new())?;
        if let Some(failure) = answer.failure {
            let what = format!("can't be had: {}", failure.message);
            return Err(unusable(&thumbprint, &what));
        }
        let der = decoded(answer.certificate.as_deref(), &thumbprint, "certificate")?;
        let certificate = Certificate::from_der(&der)
            .map_err(|reason| unusable(&thumbprint, &format!("can't be read: {reason}")))?;
        if hex::encode_upper(certificate.thumbprint) != thumbprint {
            let what = format!("was asked for, but the caller gave '{}'", certificate.subject);
            return Err(unusable(&thumbprint, &what));
        }
        let Some(public_key) = public_key(&certificate) else {
            let kind = match &certificate.key.algorithm {
                KeyAlgorithm::Rsa => "RSA that can't be read".to_owned(),
                other => other.name(),
            };
            let what = format!("('{}') has a key of the kind {kind}; Entra takes RSA", certificate.subject);
            return Err(unusable(&thumbprint, &what));
        };
        let only_rs256 = AtomicBool::new(false);
        Ok(Self { certificate, public_key, thumbprint, context: context.clone(), only_rs256 })
    }

    /// An assertion, signed by the caller with PS256, or RS256 where the key can't do that. Blocks.
    /// Fails with `SignInCertificateUnusable`, `InvalidAnswer`, `Canceled`.
    pub(super) fn assertion(&self, claims: &Claims<'_>) -> Result<String> {
        if !self.only_rs256.load(Ordering::Relaxed) {
            if let Ok(done) = self.signed(Algorithm::Ps256, claims)? {
                return Ok(done);
            }
            self.only_rs256.store(true, Ordering::Relaxed);
        }
        self.signed(Algorithm::Rs256, claims)?
            .map_err(|reason| unusable(&self.thumbprint, &format!("could not sign: {reason}")))
    }

    /// An assertion, or why the key could not sign it.
    fn signed(&self, algorithm: Algorithm, claims: &Claims<'_>) -> Result<Result<String, String>> {
        let input = signing_input(algorithm, &self.certificate, claims);
        let digest = BASE64_STANDARD.encode(digest_of(&input));
        let answer = ask(&self.context, &self.thumbprint, Some(algorithm), digest)?;
        if let Some(failure) = answer.failure {
            return Ok(Err(failure.message));
        }
        let signature = decoded(answer.signature.as_deref(), &self.thumbprint, "signature")?;
        let check = match algorithm {
            Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
            Algorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        };
        let fits = UnparsedPublicKey::new(check, &self.public_key).verify(input.as_bytes(), &signature);
        Ok(match fits {
            Ok(()) => Ok(assertion(&input, &signature)),
            Err(_) => Err(format!("its {algorithm} signature does not fit the certificate")),
        })
    }
}

fn ask(context: &Context, thumbprint: &str, algorithm: Option<Algorithm>, digest: String) -> Result<Answer> {
    let question = Question {
        id: 0,
        kind: QuestionKind::Sign,
        target: thumbprint.to_owned(),
        action: "Sign in to Entra with this certificate".into(),
        command: None,
        signing: Some(Signing {
            thumbprint: thumbprint.to_owned(),
            algorithm: algorithm.map(|algorithm| algorithm.to_string()),
            digest,
        }),
    };
    let answer = context.ask(vec![question])?.pop();
    answer.ok_or_else(|| invalid(thumbprint, "answered nothing"))
}

fn decoded(text: Option<&str>, thumbprint: &str, what: &str) -> Result<Vec<u8>> {
    let bytes = text.and_then(|text| BASE64_STANDARD.decode(text).ok());
    bytes.ok_or_else(|| invalid(thumbprint, &format!("gave no {what} in base64")))
}

/// 40 hexadecimal digits in upper case. What Windows' dialogs put between and before them is skipped.
fn normalised(thumbprint: &str) -> Result<String> {
    let between = |c: &char| !matches!(c, ' ' | ':' | '-' | '\u{200e}' | '\u{200f}' | '\u{feff}');
    let digits: String = thumbprint.chars().filter(between).collect();
    if digits.len() == 40 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digits.to_ascii_uppercase());
    }
    let message = format!("-CertificateThumbprint '{thumbprint}' is not a SHA-1 of 40 hexadecimal digits.");
    Err(Error::new(ErrorId::ProfileInvalid, message).target(thumbprint))
}

fn invalid(thumbprint: &str, what: &str) -> Error {
    let message = format!("The caller was asked for the certificate {thumbprint} and {what}.");
    Error::new(ErrorId::InvalidAnswer, message).target(thumbprint)
}

fn unusable(thumbprint: &str, what: &str) -> Error {
    let message = format!("The certificate {thumbprint} {}.", what.trim_end_matches('.'));
    Error::new(ErrorId::SignInCertificateUnusable, message).target(thumbprint)
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
            match normalised(text) {
                Ok(found) => assert!(right && found == plain, "{text}"),
                Err(error) => assert!(!right && error.id == ErrorId::ProfileInvalid, "{text}"),
            }
        }
    }
}
