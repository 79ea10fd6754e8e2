//! ML-DSA (FIPS 204), pure and with an empty context, as RFC 9881 §2 and RFC 9882 §3 have it.

use ml_dsa::{MlDsa44, MlDsa65, MlDsa87, MlDsaParams, Signature, VerifyingKey};

use super::{SignatureFailure, Signed};

pub fn check(signed: &Signed<'_>, name: &str) -> Result<(), SignatureFailure> {
    let right = match name {
        "ML-DSA-44" => is_right::<MlDsa44>(signed),
        "ML-DSA-65" => is_right::<MlDsa65>(signed),
        "ML-DSA-87" => is_right::<MlDsa87>(signed),
        _ => return Err(signed.unsupported("")),
    };
    if right { Ok(()) } else { Err(SignatureFailure::Wrong) }
}

fn is_right<P: MlDsaParams>(signed: &Signed<'_>) -> bool {
    let key = signed.key.try_into().map(|octets| VerifyingKey::<P>::decode(&octets));
    match (key, Signature::<P>::try_from(signed.signature)) {
        (Ok(key), Ok(signature)) => key.verify_with_context(signed.data, &[], &signature),
        _ => false,
    }
}
