//! A client that does everything right unless it is told otherwise.

use std::{io, net::TcpStream, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rsa_of_lab::{
    pkcs1v15, pss,
    sha2::{Digest as _, Sha256},
    signature::{RandomizedSigner as _, SignatureEncoding as _, Signer as _},
};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use serde_json::{Value, json};

use crate::common::{
    certificates::NOW,
    exchange::{
        Application, StandIn, TENANT,
        http::{self, Reply},
    },
};

pub struct Client {
    pub stand_in: StandIn,
    pub application: Application,
    tls: Arc<ClientConfig>,
    pub token: String,
}

/// The anchor that CIPP sends with everything.
pub const ANCHOR: &str =
    "APP:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@11111111-aaaa-4bbb-8ccc-222222222222";

/// One connection that is kept.
pub type Connection = StreamOwned<ClientConnection, TcpStream>;

impl Client {
    /// A stand-in at the tests' time, and a client that has signed in.
    pub fn new() -> Self {
        let mut client = Self::signed_out();
        let reply = client.sign_in(&client.claims(), "PS256");
        client.token = reply.json()["access_token"].as_str().expect("a token").to_owned();
        client
    }

    pub fn signed_out() -> Self {
        let stand_in = StandIn::start();
        stand_in.set_time(NOW.0);
        let application = stand_in.register_application();
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(stand_in.authority.as_bytes()).unwrap();
        roots.add(authority).unwrap();
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { stand_in, application, tls: Arc::new(tls), token: String::new() }
    }

    pub fn connect(&self) -> Connection {
        let port = self.stand_in.https.rsplit(':').next().unwrap();
        let socket = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
        socket.set_nodelay(true).unwrap();
        let session = ClientConnection::new(self.tls.clone(), "localhost".try_into().unwrap()).unwrap();
        StreamOwned::new(session, socket)
    }

    pub fn send(&self, path: &str, headers: &[(String, String)], body: &[u8]) -> io::Result<Reply> {
        http::send(&mut self.connect(), "POST", path, headers, body)
    }

    /// The claims of a good assertion.
    pub fn claims(&self) -> Value {
        let id = &self.application.client_id;
        json!({
            "aud": format!("{}/{TENANT}/oauth2/v2.0/token", self.stand_in.https),
            "iss": id, "sub": id, "jti": format!("{:x}", rand::random::<u128>()),
            "nbf": NOW.0, "exp": NOW.0 + 600,
        })
    }

    /// The header of a good assertion.
    pub fn header(&self, algorithm: &str) -> Value {
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&self.application.certificate));
        json!({ "alg": algorithm, "typ": "JWT", "x5t#S256": thumbprint })
    }

    pub fn assertion(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let key = self.application.key.clone();
        let signature = match header["alg"].as_str() {
            Some("RS256") => pkcs1v15::SigningKey::<Sha256>::new(key).sign(signed.as_bytes()).to_vec(),
            _ => {
                let key = pss::BlindedSigningKey::<Sha256>::new(key);
                key.sign_with_rng(&mut rand::rngs::OsRng, signed.as_bytes()).to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub fn sign_in(&self, claims: &Value, algorithm: &str) -> Reply {
        self.sign_in_with(TENANT, &self.form(&self.assertion(&self.header(algorithm), claims)))
    }

    pub fn form(&self, assertion: &str) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "client_credentials".into()),
            ("client_id", self.application.client_id.clone()),
            ("scope", "https://outlook.office365.com/.default".into()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".into()),
            ("client_assertion", assertion.to_owned()),
        ]
    }

    pub fn sign_in_with(&self, tenant: &str, form: &[(&str, String)]) -> Reply {
        let mut url = reqwest::Url::parse("http://localhost").unwrap();
        url.query_pairs_mut().extend_pairs(form);
        let headers = [("Content-Type".into(), "application/x-www-form-urlencoded".into())];
        self.send(&format!("/{tenant}/oauth2/v2.0/token"), &headers, url.query().unwrap().as_bytes()).unwrap()
    }

    /// The headers that docs/design/exchange-online.md §1.6 names, without those that are optional.
    pub fn headers(&self) -> Vec<(String, String)> {
        let own = [
            ("Authorization", format!("Bearer {}", self.token)),
            ("Accept", "application/json".into()),
            ("Content-Type", "application/json".into()),
            ("X-AnchorMailbox", ANCHOR.into()),
            ("client-request-id", "01234567-89ab-4cde-8f01-23456789abcd".into()),
            ("Prefer", "odata.maxpagesize=1000".into()),
            ("Accept-Language", "en-US".into()),
        ];
        own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    pub fn path(operation: &str) -> String {
        format!("/adminapi/beta/{TENANT}/{operation}")
    }

    /// Runs a cmdlet.
    pub fn run(&self, cmdlet: &str, parameters: Value) -> Reply {
        self.run_with(&self.headers(), &body(cmdlet, parameters))
    }

    pub fn run_with(&self, headers: &[(String, String)], body: &Value) -> Reply {
        self.send(&Self::path("InvokeCommand"), headers, body.to_string().as_bytes()).unwrap()
    }

    /// Runs cmdlets as one batch, as it should be sent.
    pub fn batch(&self, commands: &[(&str, Value)]) -> Reply {
        self.batch_with("odata.continue-on-error", &self.batch_body(commands))
    }

    pub fn batch_with(&self, prefer: &str, body: &Value) -> Reply {
        self.send(&Self::path("$batch"), &self.batch_headers(prefer), body.to_string().as_bytes()).unwrap()
    }

    pub fn batch_headers(&self, prefer: &str) -> Vec<(String, String)> {
        replace(&self.headers(), "Prefer", Some(prefer))
    }

    /// Each command with the headers that it needs of its own.
    pub fn batch_body(&self, commands: &[(&str, Value)]) -> Value {
        let requests: Vec<Value> = commands
            .iter()
            .enumerate()
            .map(|(position, (cmdlet, parameters))| {
                json!({
                    "id": position.to_string(), "method": "POST", "url": Self::path("InvokeCommand"),
                    "headers": {
                        "Authorization": format!("Bearer {}", self.token), "X-AnchorMailbox": ANCHOR,
                        "Content-Type": "application/json", "Accept-Language": "en-US",
                        "Prefer": "odata.maxpagesize=1000;odata.continue-on-error",
                    },
                    "body": body(cmdlet, parameters.clone()),
                })
            })
            .collect();
        json!({ "requests": requests })
    }
}

/// The responses of a batch in the order of its requests; of one that is missing `null`.
pub fn responses(reply: &Reply, count: usize) -> Vec<Value> {
    let all = reply.json()["responses"].as_array().unwrap().clone();
    let by_id = |id: usize| {
        all.iter().find(|one| one["id"].as_str().and_then(|own| own.parse().ok()) == Some(id)).cloned()
    };
    (0..count).map(|id| by_id(id).unwrap_or_default()).collect()
}

pub fn body(cmdlet: &str, parameters: Value) -> Value {
    json!({ "CmdletInput": { "CmdletName": cmdlet, "Parameters": parameters } })
}

/// The headers with another value of one, or without it.
pub fn replace(headers: &[(String, String)], name: &str, value: Option<&str>) -> Vec<(String, String)> {
    let mut out: Vec<_> = headers.iter().filter(|(other, _)| other != name).cloned().collect();
    out.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    out
}

/// `-UserCertificate` or `-UserSMimeCertificate` of a recipient, as integers.
pub fn certificates(identity: &str, property: &str, values: &[Vec<u8>]) -> Value {
    let data: Vec<Value> = values.iter().map(|value| json!({ "Data": value })).collect();
    let annotation = format!("{property}@odata.type");
    json!({ "Identity": identity, annotation: "#Collection(Exchange.ByteArrayType)", property: data })
}

/// A mailbox to add.
pub fn mailbox(address: &str) -> Value {
    json!({ "PrimarySmtpAddress": address, "RecipientTypeDetails": "UserMailbox" })
}

/// Where the text of an error is (docs/design/exchange-online.md §1.6, "Error text").
pub fn error_text(reply: &Reply) -> String {
    let body = reply.json();
    assert_eq!(body["error"]["message"], "Invalid Operation");
    let text = body["error"]["innererror"]["internalexception"]["message"].as_str().unwrap().to_owned();
    let detail = body["error"]["details"][0]["message"].as_str().unwrap();
    let exception = reply.header("x-exceptiontype").unwrap();
    assert!(detail.ends_with(&format!("|{exception}|{text}")), "{detail}");
    text
}
