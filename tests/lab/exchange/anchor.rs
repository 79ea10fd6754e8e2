//! `X-AnchorMailbox`: which forms there are, and which of them a write may have (docs/design/exchange-online.md §1.6,
//! "Anchor values").

use super::{
    failure::Failure,
    settings::{Anchor, AnchorRefusal},
    world::{Request, World},
};

/// The arbitration mailbox that every tenant has.
const SYSTEM_MAILBOX: &str = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

/// Refuses a request whose anchor has no form that the service is known to take.
pub fn check(world: &World, request: &Request) -> Result<(), Failure> {
    let refused = "The header X-AnchorMailbox is missing or has an unknown form.";
    let value = request.header("x-anchormailbox").ok_or_else(|| Failure::request(400, refused))?;
    let routed = request.header("parameter-based-routing") == Some("true");
    is_known(world, value, routed).then_some(()).ok_or_else(|| Failure::request(400, refused))
}

/// Refuses a write whose anchor leads to a server that may not write.
pub fn check_write(world: &World, request: &Request) -> Result<(), Failure> {
    let value = request.header("x-anchormailbox").unwrap_or_default();
    if form(world, value).is_some_and(|form| world.settings.write_anchors.contains(&form)) {
        return Ok(());
    }
    // The words of mardahl/ExchangeOnlineScripts#2 and Microsoft365DSC#3648.
    let (exception, text) = match world.settings.anchor_refusal {
        AnchorRefusal::TargetDc => (
            "Microsoft.Exchange.Data.Directory.ADOperationException",
            "The operation couldn't be performed because the server is wrong: Source server \
             'AM0PR01MB0001.eurprd01.prod.exchangelabs.com' doesn't have write permission to target DC \
             'AM0PR01A01DC001.EURPR01A001.PROD.OUTLOOK.COM'.",
        ),
        AnchorRefusal::InsufficientRights => (
            "Microsoft.Exchange.Data.Directory.ADOperationException",
            "Active Directory operation failed on AM0PR01A01DC001.EURPR01A001.PROD.OUTLOOK.COM. This error is not \
             retriable. Additional information: Insufficient access rights to perform the operation.",
        ),
    };
    Err(Failure::new(400, exception, "PermissionDenied", text.into()))
}

fn form(world: &World, value: &str) -> Option<Anchor> {
    let (kind, rest) = value.split_once(':')?;
    let is_id =
        |text: &str| world.application.as_ref().is_some_and(|own| own.tenant_id.eq_ignore_ascii_case(text));
    match kind {
        "APP" => rest
            .split_once('@')
            .filter(|(name, org)| *name == SYSTEM_MAILBOX && is_id(org))
            .map(|_| Anchor::SystemMailbox),
        "SMTP" => is_address(rest).then_some(Anchor::Address),
        "UPN" => rest
            .split_once('@')
            .filter(|(name, org)| *name == "OAuthUser" && world.is_tenant(org))
            .map(|_| Anchor::OAuthUser),
        "TID" => world.is_tenant(rest).then_some(Anchor::Tenant),
        _ => None,
    }
}

fn is_known(world: &World, value: &str, routed: bool) -> bool {
    let Some((kind, rest)) = value.split_once(':') else { return false };
    let is_guid = |text: &str| uuid::Uuid::try_parse(text).is_ok();
    match kind {
        "UPN" => is_address(rest),
        "APP" => {
            rest.split_once('@').is_some_and(|(name, org)| name == SYSTEM_MAILBOX && world.is_tenant(org))
        }
        // The module sends these only together with the other header.
        "SMTP" => routed && is_address(rest),
        "MBX" => routed && rest.split_once('@').is_some_and(|(id, org)| is_guid(id) && world.is_tenant(org)),
        "TID" => world.is_tenant(rest),
        _ => false,
    }
}

fn is_address(text: &str) -> bool {
    matches!(text.split_once('@'), Some((local, domain)) if !local.is_empty() && !domain.is_empty())
}
