//! Managed identities: the instance metadata service of virtual machines, and App Service
//! (learn.microsoft.com "How to use managed identities to acquire an access token", and the same for App Service).

use serde_json::json;

use super::{
    answer::Answer,
    token,
    world::{Request, World},
};

const RESOURCES: [&str; 2] = ["https://outlook.office365.com", "https://outlook.office365.com/"];

/// Answers on the metadata port.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    world.statistics.identity_requests += 1;
    let is_app_service = match request.path.as_str() {
        "/metadata/identity/oauth2/token" => false,
        "/msi/token" => true,
        _ => {
            return Answer::json(
                404,
                &json!({ "error": "not_found", "error_description": "No such endpoint." }),
            );
        }
    };
    if request.method != "GET" {
        return Answer::json(405, &json!({ "error": "method_not_allowed", "error_description": "Use GET." }));
    }
    if is_app_service && request.header("x-identity-header") != Some(&world.settings.managed_identity.secret)
    {
        return Answer::json(
            401,
            &json!({ "statusCode": 401, "message": "The header X-IDENTITY-HEADER is wrong." }),
        );
    }
    let bad =
        |error: &str, text: &str| Answer::json(400, &json!({ "error": error, "error_description": text }));
    if !is_app_service && request.header("metadata") != Some("true") {
        return bad("invalid_request", "Required metadata header not specified");
    }
    let version = if is_app_service { "2019-08-01" } else { "2018-02-01" };
    if request.parameter("api-version").as_deref() != Some(version) {
        return bad("invalid_request", "Required query variable 'api-version' is missing or not supported");
    }
    let Some(resource) = request.parameter("resource").filter(|text| RESOURCES.contains(&text.as_str()))
    else {
        return bad("invalid_resource", "AADSTS500011: The resource principal was not found in the tenant.");
    };
    let identity = &mut world.settings.managed_identity;
    if identity.failures > 0 {
        identity.failures -= 1;
        let body = json!({ "error": "temporarily_unavailable", "error_description": "Too many requests" });
        let answer = Answer::json(identity.failing_status, &body);
        return if identity.failing_status == 429 { answer.header("Retry-After", "1") } else { answer };
    }
    let asked = request.parameter("client_id");
    let is_known = asked.is_none() || asked == identity.client_id;
    if !identity.assigned || !is_known {
        return bad("invalid_request", "Identity not found");
    }
    issue(world, &resource, asked, is_app_service)
}

/// All numbers are text, as both services write them.
fn issue(world: &mut World, resource: &str, client_id: Option<String>, is_app_service: bool) -> Answer {
    let now = world.now();
    let (token, expires) = token::make_token(world, false);
    let mut body = json!({
        "access_token": token,
        "expires_on": (expires as i64).to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    if let Some(client_id) = client_id {
        body["client_id"] = client_id.into();
    }
    if !is_app_service {
        body["refresh_token"] = "".into();
        body["expires_in"] = ((expires - now) as i64).to_string().into();
        body["not_before"] = (now as i64).to_string().into();
    }
    Answer::json(200, &body)
}
