//! A stand-in for a directory server that does what real ones do only on bad days: over real TLS, with messages
//! of another LDAP implementation than ours.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    str::FromStr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use der::{Encode as _, EncodePem as _, asn1::Ia5String, asn1::UtcTime, pem::LineEnding};
use ldap3_proto::{
    LdapCodec,
    control::LdapControl,
    proto::{
        LdapBindResponse, LdapMsg, LdapOp, LdapPartialAttribute, LdapResult, LdapResultCode,
        LdapSearchRequest, LdapSearchResultEntry, LdapSearchScope,
    },
};
use p256_of_lab::{
    ecdsa::{DerSignature, SigningKey},
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _},
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
    server::WebPkiClientVerifier,
};
use spki::{SubjectPublicKeyInfoOwned, der::Decode as _};
use tokio_util::{
    bytes::BytesMut,
    codec::{Decoder, Encoder},
};
use x509_cert::{
    Certificate,
    builder::{Builder, CertificateBuilder, Profile},
    der::DecodePem as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
    name::Name,
    serial_number::SerialNumber,
    time::{Time, Validity},
};

const DAY: i64 = 24 * 3600;

/// A CA for servers.
pub struct Authority {
    key: SigningKey,
    name: Name,
    pub pem: String,
}

/// A certificate with its key.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let key = SigningKey::random(&mut rand::rngs::OsRng);
        let name = Name::from_str(&format!("CN={name}")).unwrap();
        let certificate: Certificate =
            builder(Profile::Root, &name, &key, &key, (-10, 10)).build::<DerSignature>().unwrap();
        Self { pem: certificate.to_pem(LineEnding::LF).unwrap(), key, name }
    }

    /// A server's certificate for these DNS names, valid between these days from now.
    pub fn issue(&self, names: &[&str], days: (i64, i64)) -> Identity {
        let key = SigningKey::random(&mut rand::rngs::OsRng);
        let profile = Profile::Leaf {
            issuer: self.name.clone(),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let subject = Name::from_str("CN=dc1").unwrap();
        let mut builder = builder(profile, &subject, &key, &self.key, days);
        if !names.is_empty() {
            let names =
                names.iter().map(|name| GeneralName::DnsName(Ia5String::new(name).unwrap())).collect();
            builder.add_extension(&SubjectAltName(names)).unwrap();
        }
        let certificate = builder.build::<DerSignature>().unwrap().to_der().unwrap();
        let key = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
        Identity { certificate: certificate.into(), key }
    }

    /// A server's certificate that is signed by itself, and as PEM.
    pub fn self_signed(names: &[&str], days: (i64, i64)) -> (Identity, String) {
        let key = SigningKey::random(&mut rand::rngs::OsRng);
        let name = Name::from_str("CN=dc1").unwrap();
        // OpenSSL marks it as a CA by default, so that a chain may not begin with it.
        let mut builder = builder(Profile::Root, &name, &key, &key, days);
        let names = names.iter().map(|name| GeneralName::DnsName(Ia5String::new(name).unwrap())).collect();
        builder.add_extension(&SubjectAltName(names)).unwrap();
        let certificate = builder.build::<DerSignature>().unwrap();
        let pem = certificate.to_pem(LineEnding::LF).unwrap();
        let key = key.to_pkcs8_der().unwrap().as_bytes().to_vec();
        (Identity { certificate: certificate.to_der().unwrap().into(), key }, pem)
    }

    /// A server's certificate that clients of this CA take.
    pub fn good(&self) -> Identity {
        self.issue(&["localhost", "dc1.contoso.test"], (-1, 1))
    }
}

fn builder<'s>(
    profile: Profile,
    subject: &Name,
    key: &SigningKey,
    signer: &'s SigningKey,
    days: (i64, i64),
) -> CertificateBuilder<'s, SigningKey> {
    let public = key.verifying_key().to_public_key_der().unwrap();
    let public = SubjectPublicKeyInfoOwned::from_der(public.as_bytes()).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let time = |day: i64| {
        Time::UtcTime(UtcTime::from_unix_duration(Duration::from_secs((now + day * DAY) as u64)).unwrap())
    };
    let validity = Validity { not_before: time(days.0), not_after: time(days.1) };
    CertificateBuilder::new(profile, SerialNumber::from(4711u32), validity, subject.clone(), public, signer)
        .unwrap()
}

impl Identity {
    /// The certificate, and behind it the key.
    pub fn pem(&self) -> [String; 2] {
        let certificate = Certificate::from_der(&self.certificate).unwrap().to_pem(LineEnding::LF).unwrap();
        let key = SigningKey::from_pkcs8_der(&self.key).unwrap().to_pkcs8_pem(LineEnding::LF).unwrap();
        [certificate, key.to_string()]
    }
}

/// What the stand-in does with a request.
pub enum Reply {
    /// Answers.
    Say(Vec<(LdapOp, Vec<LdapControl>)>),
    /// These bytes, whatever they are.
    Raw(Vec<u8>),
    /// Answers, then the end of the connection.
    SayAndClose(Vec<(LdapOp, Vec<LdapControl>)>),
    /// Nothing, for ever.
    Nothing,
}

/// The TLS settings of a server with this certificate.
pub fn tls(identity: &Identity) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.clone()));
    let builder = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap();
    let certificates = vec![identity.certificate.clone()];
    Arc::new(builder.with_no_client_auth().with_single_cert(certificates, key).unwrap())
}

/// The same of a server that talks to nobody but those who show a certificate of this CA.
pub fn tls_for_clients_of(identity: &Identity, clients: &Authority) -> Arc<ServerConfig> {
    tls_for_clients_with(identity, &clients.pem)
}

/// The same of those who show a certificate of this one, or itself.
pub fn tls_for_clients_with(identity: &Identity, root: &str) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    let root = Certificate::from_pem(root).unwrap().to_der().unwrap();
    roots.add(root.into()).unwrap();
    let check =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.clone()));
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let certificates = vec![identity.certificate.clone()];
    Arc::new(builder.with_client_cert_verifier(check).with_single_cert(certificates, key).unwrap())
}

/// Starts a server on the loopback interface; its port. It ends with the test's process.
pub fn serve(identity: &Identity, answer: impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static) -> u16 {
    let (configuration, answer) = (tls(identity), Arc::new(answer));
    accept(move |socket| {
        let tls = ServerConnection::new(configuration.clone()).unwrap();
        // The client may hang up at any time; that is no failure of the stand-in.
        let _ = talk(StreamOwned::new(tls, socket), &*answer);
    })
}

/// Starts a server that does as told with each plain connection; its port.
pub fn accept(each: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let each = Arc::new(each);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let each = each.clone();
            std::thread::spawn(move || each(socket));
        }
    });
    port
}

fn talk(
    mut stream: StreamOwned<ServerConnection, TcpStream>,
    answer: &dyn Fn(&LdapMsg) -> Reply,
) -> std::io::Result<()> {
    let (mut received, mut codec) = (BytesMut::new(), LdapCodec::new(Some(1 << 20), None));
    loop {
        while let Some(request) = codec.decode(&mut received)? {
            let (answers, close) = match answer(&request) {
                Reply::Nothing => continue,
                Reply::Raw(bytes) => {
                    stream.write_all(&bytes)?;
                    stream.flush()?;
                    continue;
                }
                Reply::Say(answers) => (answers, false),
                Reply::SayAndClose(answers) => (answers, true),
            };
            let mut bytes = BytesMut::new();
            for (op, ctrl) in answers {
                let unasked = matches!(op, LdapOp::ExtendedResponse(_));
                codec.encode(
                    LdapMsg { msgid: if unasked { 0 } else { request.msgid }, op, ctrl },
                    &mut bytes,
                )?;
            }
            stream.write_all(&bytes)?;
            stream.flush()?;
            if close {
                return Ok(());
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk)? {
            0 => return Ok(()),
            count => received.extend_from_slice(&chunk[..count]),
        }
    }
}

pub const BASE: &str = "DC=contoso,DC=test";

/// Signs everybody in, shows a root DSE and the search base, and leaves the other searches to `search`.
pub fn directory(
    search: impl Fn(&LdapSearchRequest, &[LdapControl]) -> Reply + Send + Sync + 'static,
) -> impl Fn(&LdapMsg) -> Reply + Send + Sync + 'static {
    move |request| match &request.op {
        LdapOp::BindRequest(_) => Reply::Say(vec![bound(LdapResultCode::Success, "")]),
        LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base && wanted.base.is_empty() => {
            let root = entry(
                "",
                &[("defaultNamingContext", &[BASE.as_bytes()]), ("currentTime", &[b"20261125120000.0Z"])],
            );
            Reply::Say(vec![root, done(LdapResultCode::Success, "")])
        }
        LdapOp::SearchRequest(wanted) if wanted.scope == LdapSearchScope::Base && wanted.base == BASE => {
            Reply::Say(vec![entry(BASE, &[]), done(LdapResultCode::Success, "")])
        }
        LdapOp::SearchRequest(wanted) => search(wanted, &request.ctrl),
        _ => Reply::Nothing,
    }
}

pub type Said = (LdapOp, Vec<LdapControl>);

fn result(code: LdapResultCode, message: &str) -> LdapResult {
    LdapResult { code, matcheddn: String::new(), message: message.into(), referral: Vec::new() }
}

/// How a sign-in ended.
pub fn bound(code: LdapResultCode, message: &str) -> Said {
    (LdapOp::BindResponse(LdapBindResponse { res: result(code, message), saslcreds: None }), vec![])
}

/// How a search ended.
pub fn done(code: LdapResultCode, message: &str) -> Said {
    (LdapOp::SearchResultDone(result(code, message)), vec![])
}

/// The end of a page; there are more.
pub fn more(cookie: &[u8]) -> Said {
    let (op, _) = done(LdapResultCode::Success, "");
    (op, vec![LdapControl::SimplePagedResults { size: 0, cookie: cookie.to_vec() }])
}

/// An object.
pub fn entry(dn: &str, attributes: &[(&str, &[&[u8]])]) -> Said {
    let attribute = |(name, values): &(&str, &[&[u8]])| LdapPartialAttribute {
        atype: name.to_string(),
        vals: values.iter().map(|value| value.to_vec()).collect(),
    };
    let attributes = attributes.iter().map(attribute).collect();
    (LdapOp::SearchResultEntry(LdapSearchResultEntry { dn: dn.into(), attributes }), vec![])
}

/// A user with a GUID made of `number`, an address and these attributes.
pub fn user(number: u8, attributes: &[(&str, &[&[u8]])]) -> Said {
    let (guid, mail) = ([number; 16], format!("user{number}@contoso.test"));
    let guid: &[&[u8]] = &[&guid];
    let mail: &[&[u8]] = &[mail.as_bytes()];
    let mut all: Vec<(&str, &[&[u8]])> =
        vec![("objectClass", &[b"user"]), ("objectGUID", guid), ("mail", mail)];
    all.extend(attributes);
    entry(&format!("CN=User {number},{BASE}"), &all)
}
