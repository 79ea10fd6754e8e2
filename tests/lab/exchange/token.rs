//! Entra ID's token endpoint for client credentials with a certificate (docs/design/exchange-online.md §1.6, "Auth"),
//! checked strictly.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};
use sha1::Digest as _;

use super::{
    access,
    answer::Answer,
    clock::rfc3339,
    world::{Request, Token, World, form},
};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const SCOPE: &str = "https://outlook.office365.com/.default";
/// Entra allows clocks to differ by so many seconds.
const TOLERANCE: f64 = 300.0;
/// An assertion that lasts longer than a day is refused.
const LONGEST_ASSERTION: f64 = 24.0 * 3600.0;

/// A refusal: OAuth's error, the AADSTS number and text.
struct Refusal(&'static str, u32, String);

type Checked<T> = Result<T, Refusal>;

/// `POST /{tenant}/oauth2/v2.0/token`.
pub fn sign_in(world: &mut World, tenant: &str, request: &Request) -> Answer {
    match check(world, tenant, request) {
        Ok(checked) => {
            world.used_assertions.insert(checked.assertion_id);
            issue(world, checked.has_claims)
        }
        Err(refusal) => {
            world.statistics.sign_ins_refused += 1;
            refuse(world.now(), refusal)
        }
    }
}

/// The documented answer; the token looks like a JWT, so that its expiry can be read, and is opaque otherwise.
fn issue(world: &mut World, has_claims: bool) -> Answer {
    let lifetime = world.settings.token_lifetime;
    let (token, _) = make_token(world, has_claims);
    let seconds = lifetime as i64;
    Answer::json(
        200,
        &json!({
            "token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": token,
        }),
    )
    .header("Cache-Control", "no-store, no-cache")
}

/// A new token and when it expires. Its `tid` is the tenant's GUID, by whatever name it was asked for.
pub fn make_token(world: &mut World, has_claims: bool) -> (String, f64) {
    let now = world.now();
    let tenant = world.application.as_ref().map(|own| own.tenant_id.clone()).unwrap_or_default();
    let expires = now + world.settings.token_lifetime;
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let client_id = world.application.as_ref().map(|application| application.client_id.clone());
    let token = format!(
        "{}.{}.{}",
        part(json!({ "typ": "JWT", "alg": "RS256" })),
        part(json!({
            "aud": "https://outlook.office365.com", "iat": now as i64, "nbf": now as i64, "exp": expires as i64,
            "appid": client_id, "tid": tenant, "roles": ["Exchange.ManageAsApp"],
        })),
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
    );
    world.tokens.retain(|_, token| token.expires > now);
    world.tokens.insert(token.clone(), Token { tenant, expires, has_claims });
    world.statistics.tokens_issued += 1;
    (token, expires)
}

/// The documented error body.
fn refuse(now: f64, Refusal(error, code, text): Refusal) -> Answer {
    let (trace, correlation) = (uuid::Uuid::new_v4().to_string(), uuid::Uuid::new_v4().to_string());
    let time = rfc3339(now).replace('T', " ");
    let status = if error == "invalid_client" { 401 } else { 400 };
    Answer::json(
        status,
        &json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"
            ),
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        }),
    )
}

/// What comes of a right request.
struct Granted {
    assertion_id: String,
    has_claims: bool,
}

/// Refuses what is not right.
fn check(world: &World, tenant: &str, request: &Request) -> Checked<Granted> {
    let invalid_request = |text: &str| Refusal("invalid_request", 900_144, text.to_owned());
    let content_type = request.header("content-type").unwrap_or_default();
    if content_type.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
        return Err(invalid_request("The request body must be application/x-www-form-urlencoded."));
    }
    let body =
        std::str::from_utf8(&request.body).map_err(|_| invalid_request("The request body is no text."))?;
    let fields = form(body);
    let field = |name: &str| {
        let missing = format!("The request body must contain the following parameter: '{name}'.");
        fields.get(name).map(String::as_str).ok_or(Refusal("invalid_request", 900_144, missing))
    };
    if !world.is_tenant(tenant) {
        return Err(Refusal(
            "invalid_request",
            90_002,
            format!(
                "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
            ),
        ));
    }
    if field("grant_type")? != "client_credentials" {
        let text = "The app requested an unsupported grant type.".to_owned();
        return Err(Refusal("unsupported_grant_type", 70_003, text));
    }
    let client_id = field("client_id")?;
    let application = world.application.as_ref().filter(|own| own.client_id.eq_ignore_ascii_case(client_id));
    let application = application.ok_or_else(|| {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{tenant}'. This can \
             happen if the application has not been installed by the administrator of the tenant."
        );
        Refusal("unauthorized_client", 700_016, text)
    })?;
    check_scope(field("scope")?)?;
    if field("client_assertion_type")? != ASSERTION_TYPE {
        let text = "The client_assertion_type must be the JWT bearer type.".to_owned();
        return Err(Refusal("invalid_request", 900_144, text));
    }
    let endpoint = format!("{}{}", world.base, request.path);
    let allowed = &world.settings.assertion_algorithms;
    let claims = verify(field("client_assertion")?, &application.certificates, allowed)?;
    let assertion_id = check_claims(world, &claims, client_id, &endpoint)?;
    let has_claims = fields.get("claims").map(|text| check_request_of_claims(text)).transpose()?.is_some();
    Ok(Granted { assertion_id, has_claims })
}

/// The parameter `claims` must be JSON that holds what the challenge asked for; a client may add its capabilities.
fn check_request_of_claims(text: &str) -> Checked<()> {
    let wrong = |what: &str| Refusal("invalid_request", 900_144, format!("The parameter 'claims' {what}."));
    let asked: Value = serde_json::from_str(text).map_err(|_| wrong("is no JSON"))?;
    let challenge: Value = serde_json::from_str(access::CLAIMS).unwrap_or_default();
    let (asked, challenge) = (&asked["access_token"]["nbf"], &challenge["access_token"]["nbf"]);
    (asked == challenge).then_some(()).ok_or_else(|| wrong("lacks what the service asked for"))
}

fn check_scope(scope: &str) -> Checked<()> {
    if scope == SCOPE {
        return Ok(());
    }
    if scope.ends_with("/.default") {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for the input \
             parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        return Err(Refusal("invalid_scope", 70_011, text));
    }
    let text = format!(
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with \
         /.default suffixed to the resource identifier (application ID URI)."
    );
    Err(Refusal("invalid_scope", 1_002_012, text))
}

fn malformed(what: &str) -> Refusal {
    Refusal("invalid_client", 50_027, format!("JWT token is invalid or malformed: {what}."))
}

fn unknown_key(reason: &str) -> Refusal {
    Refusal(
        "invalid_client",
        700_027,
        format!("Client assertion failed signature validation. [Reason - {reason}]"),
    )
}

/// Header and signature; the claims.
fn verify(assertion: &str, certificates: &[String], allowed: &[String]) -> Checked<Value> {
    let parts: Vec<&str> = assertion.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else {
        return Err(malformed("it has no three parts"));
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed("a part is no base64url"));
    let object = |part: &str| {
        serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| malformed("a part is no JSON"))
    };
    let (header, claims) = (object(header)?, object(payload)?);
    if header["typ"] != "JWT" {
        return Err(malformed("typ is not JWT"));
    }
    let algorithm = header["alg"].as_str().unwrap_or_default();
    let parameters: &dyn ring::signature::VerificationAlgorithm = match algorithm {
        _ if !allowed.iter().any(|one| one == algorithm) => return Err(malformed("alg is not allowed")),
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "RS256" => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(malformed("alg is unknown")),
    };
    let der = registered(&header, certificates)?;
    let (_, certificate) = x509_parser::parse_x509_certificate(&der)
        .map_err(|_| unknown_key("The registered certificate is broken."))?;
    let key = UnparsedPublicKey::new(parameters, certificate.public_key().subject_public_key.data.to_vec());
    let (signed, _) = assertion.rsplit_once('.').unwrap_or_default();
    key.verify(signed.as_bytes(), &decode(signature)?).map_err(|_| {
        unknown_key("The provided signature value did not match the expected signature value.")
    })?;
    Ok(claims)
}

/// The registered certificate that `x5t#S256` or `x5t` names.
fn registered(header: &Value, certificates: &[String]) -> Checked<Vec<u8>> {
    let sha256 = header["x5t#S256"].as_str();
    let sha1 = header["x5t"].as_str();
    if sha256.is_none() && sha1.is_none() {
        return Err(unknown_key("The header names no certificate."));
    }
    for pem in certificates {
        let Ok(der) = CertificateDer::from_pem_slice(pem.as_bytes()) else { continue };
        let is = |named: Option<&str>, digest: &[u8]| {
            named.is_none_or(|text| text == URL_SAFE_NO_PAD.encode(digest))
        };
        if is(sha256, &sha2_of_lab::Sha256::digest(&der)) && is(sha1, &sha1::Sha1::digest(&der)) {
            return Ok(der.to_vec());
        }
    }
    let thumbprint = sha1.or(sha256).unwrap_or_default();
    Err(unknown_key(&format!("The key was not found., Thumbprint of key used by client: '{thumbprint}'")))
}

/// Audience, issuer, subject, id and times.
fn check_claims(world: &World, claims: &Value, client_id: &str, endpoint: &str) -> Checked<String> {
    if claims["aud"] != endpoint {
        let text = "Client assertion audience claim does not match Realm issuer. Review the documentation at \
                    https://learn.microsoft.com/entra/identity-platform/certificate-credentials.";
        return Err(Refusal("invalid_client", 700_023, text.to_owned()));
    }
    if claims["iss"] != client_id || claims["sub"] != client_id {
        let text = "Client assertion application identifier doesn't match 'client_id' parameter.";
        return Err(Refusal("invalid_client", 700_021, text.to_owned()));
    }
    let (Some(from), Some(until)) = (claims["nbf"].as_f64(), claims["exp"].as_f64()) else {
        return Err(malformed("nbf or exp is missing"));
    };
    let now = world.now();
    if from > now + TOLERANCE || until <= now || until - from > LONGEST_ASSERTION {
        let text = format!(
            "Client assertion is not within its valid time range. Current time: {}, assertion valid from {}, \
             expiry time of assertion {}. Review the documentation at \
             https://learn.microsoft.com/entra/identity-platform/certificate-credentials.",
            rfc3339(now),
            rfc3339(from),
            rfc3339(until)
        );
        return Err(Refusal("invalid_client", 700_024, text));
    }
    let id = claims["jti"].as_str().filter(|id| !id.is_empty()).ok_or_else(|| malformed("jti is missing"))?;
    if world.used_assertions.contains(id) {
        // RFC 7523 §3 item 7; which number Entra gives it is not documented.
        return Err(malformed("its jti was used before"));
    }
    Ok(id.to_owned())
}
