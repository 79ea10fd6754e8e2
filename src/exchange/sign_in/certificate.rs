//! Signing in as an application with a certificate: client credentials with an assertion
//! (<https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>, second case).

use std::{sync::Arc, time::Duration};

use reqwest::{
    Url,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue},
};
use tokio_util::sync::CancellationToken;

use super::{
    AccessToken, Surroundings,
    assertion::{Algorithm, Claims, assertion, signing_input},
    claims_request::requested,
    entra::{Asked, read},
    host_key::HostKey,
    key_file::KeyPair,
    renewal::{Challenge, Failed, Issuer, Repetition},
};
use crate::{
    certificate::Certificate,
    error::{Error, ErrorId, Result},
    exchange::{
        clock::Clock,
        cloud::Cloud,
        http::{HttpClient, HttpFailure, HttpRequest},
    },
    model::Timestamp,
    profile::ExchangeOnlineSettings,
};

/// Who has the key.
pub(super) enum Signer {
    /// We have it, from a file.
    Key(Box<KeyPair>),
    /// The caller has it, and is asked for each signature.
    Host(Arc<HostKey>),
}

impl Signer {
    fn certificate(&self) -> &Certificate {
        match self {
            Self::Key(pair) => &pair.certificate,
            Self::Host(key) => &key.certificate,
        }
    }
}

/// An application with its certificate.
pub(super) struct CertificateSignIn {
    http: HttpClient,
    clock: Clock,
    cancel: CancellationToken,
    time_limit: Duration,
    endpoint: Url,
    scope: String,
    tenant: String,
    app_id: String,
    signer: Signer,
}

impl CertificateSignIn {
    /// Fails with `ProfileInvalid`, and `SignInCertificateUnusable` for a certificate that is not valid now.
    pub(super) fn of(
        settings: &ExchangeOnlineSettings,
        app_id: &str,
        cloud: &Cloud,
        signer: Signer,
        from: &Surroundings<'_>,
    ) -> Result<Self> {
        check_time(signer.certificate(), from.clock.timestamp())?;
        Ok(Self {
            http: from.http.clone(),
            clock: from.clock.clone(),
            cancel: from.context.cancel.clone(),
            time_limit: settings.connection.time_limit(),
            endpoint: cloud.token_endpoint(&settings.organization)?,
            scope: cloud.scope(),
            tenant: settings.organization.clone(),
            app_id: app_id.to_owned(),
            signer,
        })
    }

    async fn attempt(&self, challenge: Option<&Challenge>) -> Result<AccessToken, Failed> {
        let assertion = self.assertion().await.map_err(Failed::for_good)?;
        let request = self.request(&assertion, challenge);
        let answer = self.http.send(request, self.time_limit).await;
        let answer = answer.map_err(|HttpFailure { error, .. }| {
            // A token can be asked for any number of times.
            let passing = error.id == ErrorId::ExchangeUnreachable;
            Failed { error, again: passing.then_some(Duration::from_secs(1)) }
        })?;
        let certificate = hex::encode_upper(self.signer.certificate().thumbprint);
        let asked = Asked { tenant: &self.tenant, app_id: &self.app_id, certificate: &certificate };
        read(answer, &asked, self.clock.timestamp())
    }

    async fn assertion(&self) -> Result<String> {
        let now = self.clock.timestamp();
        check_time(self.signer.certificate(), now)?;
        match &self.signer {
            Signer::Key(pair) => {
                let claims = Claims { audience: self.endpoint.as_str(), app_id: &self.app_id, now };
                let input = signing_input(Algorithm::Ps256, &pair.certificate, &claims);
                Ok(assertion(&input, &pair.sign(input.as_bytes())?))
            }
            Signer::Host(key) => {
                let (key, audience, app_id) = (key.clone(), self.endpoint.clone(), self.app_id.clone());
                let asking = tokio::task::spawn_blocking(move || {
                    key.assertion(&Claims { audience: audience.as_str(), app_id: &app_id, now })
                });
                asking.await.map_err(|e| {
                    Error::new(ErrorId::Internal, format!("The question for a signature ended early: {e}"))
                })?
            }
        }
    }

    fn request(&self, assertion: &str, challenge: Option<&Challenge>) -> HttpRequest {
        let mut form = self.endpoint.clone();
        form.query_pairs_mut()
            .append_pair("client_id", &self.app_id)
            .append_pair("scope", &self.scope)
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            .append_pair("client_assertion", assertion)
            .extend_pairs(challenge.map(|challenge| ("claims", requested(&challenge.claims))));
        let body = form.query().unwrap_or_default().as_bytes().to_vec();
        let mut request = HttpRequest::post(self.endpoint.clone(), body);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(CONTENT_TYPE, form);
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        request
    }
}

impl Issuer for CertificateSignIn {
    async fn issue(&self, challenge: Option<&Challenge>) -> Result<AccessToken> {
        let mut repetition = Repetition::default();
        loop {
            match self.attempt(challenge).await {
                Ok(token) => return Ok(token),
                Err(failed) => repetition.after(failed, &self.clock, &self.cancel).await?,
            }
        }
    }
}

/// Fails with `SignInCertificateUnusable` for a certificate that is not valid at `now`.
fn check_time(certificate: &Certificate, now: Timestamp) -> Result<()> {
    let Certificate { subject, not_before, not_after, .. } = certificate;
    let what = if now > *not_after {
        format!("expired at {not_after}")
    } else if now < *not_before {
        format!("is not valid before {not_before}, and it is {now} now")
    } else {
        return Ok(());
    };
    let message = format!("The certificate '{subject}' {what}, so it can't be used to sign in.");
    Err(Error::new(ErrorId::SignInCertificateUnusable, message)
        .target(hex::encode_upper(certificate.thumbprint))
        .advice("Register a new certificate with the application and give it to the profile."))
}
