//! Pages of a list (docs/design/exchange-online.md §1.6, "Paging"): their size, where the next one begins, and what goes
//! wrong with some.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2_of_lab::{Digest as _, Sha256};

use super::{
    answer::Answer,
    failure::Failure,
    object::Place,
    settings::PageTrouble,
    world::{Request, World},
};

/// Pages hold so many unless `odata.maxpagesize` says otherwise.
const DEFAULT_SIZE: usize = 1000;

/// `odata.maxpagesize` among the preferences; None if it is no number between 1 and 1000.
pub fn size(prefer: &str) -> Option<usize> {
    let mut size = DEFAULT_SIZE;
    for one in prefer.split([',', ';']) {
        let (name, value) = one.split_once('=').unwrap_or((one, ""));
        if name.trim().eq_ignore_ascii_case("odata.maxpagesize") {
            size = value.trim().parse().ok().filter(|number| (1..=DEFAULT_SIZE).contains(number))?;
        }
    }
    Some(size)
}

/// A mark that names the body that it belongs to: a page is fetched with the same body again.
fn token(request: &Request, next: Place) -> String {
    let digest = hex::encode(Sha256::digest(&request.body));
    let text = format!("{}:{}:{}", next.position, next.shown, digest.get(..16).unwrap_or_default());
    URL_SAFE_NO_PAD.encode(text)
}

/// Where the page that is asked for begins.
pub fn from(request: &Request) -> Result<Place, Failure> {
    let Some(given) = request.parameter("$skiptoken") else { return Ok(Place::default()) };
    let decoded = URL_SAFE_NO_PAD.decode(&given).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let place = decoded.and_then(|text| {
        let mut parts = text.split(':').map(str::parse);
        Some(Place { position: parts.next()?.ok()?, shown: parts.next()?.ok()? })
    });
    place
        .filter(|place| token(request, *place) == given)
        .ok_or_else(|| Failure::request(400, "The $skiptoken does not belong to this request's body."))
}

/// The address of the next page; another host or port of the service may serve it.
pub fn link(
    world: &World,
    request: &Request,
    tenant: &str,
    next: Place,
    select: Option<&[String]>,
) -> String {
    let base = world.settings.next_link_base.as_ref().unwrap_or(&world.base);
    let select = select.map(|names| format!("$select={}&", names.join(","))).unwrap_or_default();
    let token = token(request, next);
    format!("{}/adminapi/beta/{tenant}/InvokeCommand?{select}$skiptoken={token}", base.trim_end_matches('/'))
}

/// Makes the answer late, large or an error.
pub fn disturb(trouble: &PageTrouble, mut body: Value) -> Answer {
    let answer = match trouble.status {
        Some(status) => Answer::html(status, "The page could not be made"),
        None => {
            let missing = (trouble.mebibytes << 20).saturating_sub(body.to_string().len());
            if missing > 0
                && let Some(first) = body["value"].as_array_mut().and_then(|all| all.first_mut())
            {
                first["ProtocolSettings"] = json!("x".repeat(missing));
            }
            Answer::json(200, &body)
        }
    };
    Answer { delay: trouble.seconds, ..answer }
}
