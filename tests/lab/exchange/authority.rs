//! The stand-in's HTTPS certificate and the CA that signs it, made anew at each start.

use std::{str::FromStr as _, sync::Arc, time::Duration};

use der::{
    Encode as _, EncodePem as _,
    asn1::{Ia5String, OctetString, UtcTime},
    pem::LineEnding,
};
use p256_of_lab::{
    ecdsa::{DerSignature, SigningKey},
    pkcs8::{EncodePrivateKey as _, EncodePublicKey as _},
};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use spki::{SubjectPublicKeyInfoOwned, der::Decode as _};
use x509_cert::{
    Certificate,
    builder::{Builder, CertificateBuilder, Profile},
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::Name,
    serial_number::SerialNumber,
    time::{Time, Validity},
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// 2020-01-01 and 2049-01-01: whatever clock a test sets, TLS is none of its subjects.
const VALIDITY: [u64; 2] = [1_577_836_800, 2_493_072_000];

/// The settings of the HTTPS side, and the CA's certificate as PEM.
pub fn make() -> Result<(Arc<ServerConfig>, String), Failure> {
    let authority_key = SigningKey::random(&mut rand::rngs::OsRng);
    let server_key = SigningKey::random(&mut rand::rngs::OsRng);
    let authority_name = Name::from_str("CN=Exchange Online stand-in CA")?;
    let root = build(Profile::Root, &authority_name, 1, &authority_key, &authority_key, false)?;
    let leaf =
        Profile::Leaf { issuer: authority_name, enable_key_agreement: false, enable_key_encipherment: false };
    let server = build(leaf, &Name::from_str("CN=localhost")?, 2, &server_key, &authority_key, true)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.to_pkcs8_der()?.as_bytes().to_vec()));
    let mut configuration =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![server.to_der()?.into()], key)?;
    configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((Arc::new(configuration), root.to_pem(LineEnding::LF)?))
}

fn build(
    profile: Profile,
    subject: &Name,
    serial: u32,
    key: &SigningKey,
    signer: &SigningKey,
    is_server: bool,
) -> Result<Certificate, Failure> {
    let public = SubjectPublicKeyInfoOwned::from_der(key.verifying_key().to_public_key_der()?.as_bytes())?;
    let time = |seconds| UtcTime::from_unix_duration(Duration::from_secs(seconds)).map(Time::UtcTime);
    let validity = Validity { not_before: time(VALIDITY[0])?, not_after: time(VALIDITY[1])? };
    let serial = SerialNumber::from(serial);
    let mut builder = CertificateBuilder::new(profile, serial, validity, subject.clone(), public, signer)?;
    if is_server {
        let mut names = vec![GeneralName::IpAddress(OctetString::new([127, 0, 0, 1])?)];
        for name in ["localhost", "outlook.office365.test"] {
            names.push(GeneralName::DnsName(Ia5String::new(name)?));
        }
        builder.add_extension(&SubjectAltName(names))?;
    }
    Ok(builder.build::<DerSignature>()?)
}
