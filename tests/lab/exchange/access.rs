//! Who may call: the token, the tenant in the address, the roles (docs/design/exchange-online.md §1.6, "Status" and
//! "Auth").

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    answer::Answer,
    failure::Failure,
    settings::{ForbiddenBody, TenantName},
    world::{Request, World},
};

/// What a challenge of continuous access evaluation asks the next token for
/// (learn.microsoft.com, "Claims challenges, claims requests and client capabilities").
pub const CLAIMS: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1800000000"}}}"#;

/// 401 without a valid token or without the app role, 403 without the directory role, 400 for a tenant by a name that
/// is not taken.
pub fn check(world: &World, request: &Request, tenant: &str) -> Result<(), Box<Answer>> {
    check_token(world, request, tenant)?;
    let by_id = world.application.as_ref().is_some_and(|own| own.tenant_id.eq_ignore_ascii_case(tenant));
    let taken = match world.settings.tenant_name {
        TenantName::Guid => by_id,
        TenantName::Domain => !by_id,
        TenantName::Both => true,
    };
    if !taken {
        let text = format!("The tenant '{tenant}' in the address of the request isn't known to the service.");
        return Err(Box::new(Failure::request(400, text).into_answer(world, request)));
    }
    if !world.settings.has_directory_role {
        return Err(Box::new(forbidden(world, request)));
    }
    Ok(())
}

/// The token alone, as each command of a batch needs it, too.
pub fn check_token(world: &World, request: &Request, tenant: &str) -> Result<(), Box<Answer>> {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let token = bearer.and_then(|bearer| world.tokens.get(bearer)).ok_or_else(|| unauthorized("unknown"))?;
    if token.expires <= world.now() {
        return Err(unauthorized("The token has expired"));
    }
    if !world.is_tenant(tenant) || !world.is_tenant(&token.tenant) {
        return Err(unauthorized("The token is for another tenant"));
    }
    if !world.settings.has_app_role {
        return Err(unauthorized("The token has no app role"));
    }
    if world.settings.cae_challenge && !token.has_claims {
        let challenge = format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000002-0000-0ff1-ce00-000000000000\", error=\"insufficient_claims\", claims=\"{}\"",
            STANDARD.encode(CLAIMS)
        );
        return Err(Box::new(Answer::text(401, "").header("WWW-Authenticate", challenge)));
    }
    Ok(())
}

pub fn unauthorized(reason: &str) -> Box<Answer> {
    let challenge = format!(
        "Bearer client_id=\"00000002-0000-0ff1-ce00-000000000000\", error=\"invalid_token\", \
         error_description=\"{reason}\""
    );
    Box::new(Answer::text(401, "").header("WWW-Authenticate", challenge))
}

/// The roles lack everything, or this cmdlet. The service declares NUL bytes as gzip (measured by azure-auth).
pub fn forbidden(world: &World, request: &Request) -> Answer {
    let nul = Answer::new(403, "application/json", vec![0; 32]);
    match world.settings.forbidden_body {
        ForbiddenBody::NulAsGzip => nul.header("Content-Encoding", "gzip"),
        ForbiddenBody::Nul => nul,
        ForbiddenBody::Html => Answer::html(403, "Forbidden"),
        ForbiddenBody::Json => Failure::new(
            403,
            "Microsoft.Exchange.Configuration.Authorization.CmdletAccessDeniedException",
            "PermissionDenied",
            "The role assigned to the application isn't supported in this scenario.".into(),
        )
        .into_answer(world, request),
    }
}
