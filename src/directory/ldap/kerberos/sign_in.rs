//! The sign-in with Kerberos: SASL's mechanism GSSAPI (RFC 4752, 3.1).

use super::{
    super::{
        answer::Answer,
        connection::Connection,
        malformed::Malformed,
        message::sasl_bind_request,
        result::{Asked, SASL_GOES_ON},
        time_left::TimeLeft,
    },
    Granted, SecurityContext, Step,
    fault::Fault,
    sealed::LONGEST,
};
use crate::{
    error::{Error, ErrorId, Result},
    event::Context,
    runtime::runtime,
};

/// The mechanism's name.
const MECHANISM: &str = "GSSAPI";

/// Tokens that go to the server before the context is complete; Kerberos has one, or three with DCE's form.
const MOST_STEPS: usize = 8;

/// The layers of the last step, by their bits.
const NO_LAYER: u8 = 1;
const CONFIDENTIALITY: u8 = 4;

/// Somebody signed in.
pub(in super::super) struct SignedIn {
    pub identity: String,
    /// Where the connection is to be sealed from now on: the context, and how many bytes it seals at once.
    pub layer: Option<(Box<dyn SecurityContext>, usize)>,
}

/// Signs in with `context`; with `sealed` everything after it is to be encrypted by it, else TLS does that.
///
/// Fails with `KerberosUnavailable`, `KerberosTicketMissing`, `KerberosServerUnknown`, `KerberosFailed`, `ClockSkew`,
/// `DirectoryAccountUnusable`, `KerberosSealBroken`, `DirectoryCredentialRejected`, and the errors of the connection.
pub(in super::super) fn sign_in(
    connection: &mut Connection,
    context: Box<dyn SecurityContext>,
    sealed: bool,
    run: &Context,
) -> Result<SignedIn> {
    let server = connection.server().to_owned();
    let mut time = connection.time();
    let (mut context, offer, granted) = complete(connection, context, &mut time, run)?;
    let failed = |fault: Fault| fault.error(&server);
    check(granted, sealed).map_err(|what| weak(&server, what))?;
    let offer = context.unwrap(&offer).map_err(failed)?.bytes;
    let (layer, size) = choose(&offer, sealed).map_err(|what| weak(&server, what))?;
    let room = if sealed { context.room(size).map_err(failed)? } else { 0 };
    if sealed && room == 0 {
        return Err(weak(&server, "takes no messages that are long enough to be sealed"));
    }
    let longest = if sealed { LONGEST } else { 0 };
    let [_, size @ ..] = longest.to_be_bytes();
    // Without a name at its end: whoever signs in acts for himself.
    let choice = context.wrap(&[&[layer][..], &size].concat(), false).map_err(failed)?;
    let identity = context.identity().map_err(failed)?;
    match exchange(connection, &choice, &mut time, run)? {
        Exchanged::Done => {}
        Exchanged::GoesOn(_) => return Err(connection.protocol(Malformed("a sign-in without end"))),
    }
    Ok(SignedIn { identity, layer: sealed.then_some((context, room)) })
}

/// Makes the context complete; it, what the server says of its layers, and what was granted.
fn complete(
    connection: &mut Connection,
    mut context: Box<dyn SecurityContext>,
    time: &mut TimeLeft,
    run: &Context,
) -> Result<(Box<dyn SecurityContext>, Vec<u8>, Granted)> {
    let mut token = Vec::new();
    for _ in 0..MOST_STEPS {
        let (same, step) = step(context, token, connection.server(), time, run)?;
        context = same;
        let (next, granted) = match step {
            Step::Goes(next) => (next, None),
            Step::Complete(next, granted) => (next, Some(granted)),
        };
        token = match exchange(connection, &next, time, run)? {
            Exchanged::GoesOn(token) => token,
            // Who signs somebody in before both have agreed on a layer is not who we mean.
            Exchanged::Done => return Err(connection.protocol(Malformed("a sign-in that ended too early"))),
        };
        if let Some(granted) = granted {
            return Ok((context, token, granted));
        }
    }
    Err(connection.protocol(Malformed("a sign-in without end")))
}

/// A step of the context on a thread of its own, since it may ask other servers and wait for them.
fn step(
    mut context: Box<dyn SecurityContext>,
    token: Vec<u8>,
    server: &str,
    time: &mut TimeLeft,
    run: &Context,
) -> Result<(Box<dyn SecurityContext>, Step)> {
    let done = runtime()?.spawn_blocking(move || {
        let step = context.step(&token);
        (context, step)
    });
    let (context, step) = time
        .wait(server, "Kerberos on this machine", run, done)?
        .map_err(|_| Error::new(ErrorId::Internal, "The thread that signs in with Kerberos ended."))?;
    Ok((context, step.map_err(|fault| fault.error(server))?))
}

/// What the server answered.
enum Exchanged {
    GoesOn(Vec<u8>),
    Done,
}

/// Sends a token, and takes the server's.
fn exchange(
    connection: &mut Connection,
    token: &[u8],
    time: &mut TimeLeft,
    run: &Context,
) -> Result<Exchanged> {
    let id = connection.begin(time, run)?;
    connection.send(&sasl_bind_request(id, MECHANISM, token), time, run)?;
    match connection.receive(id, time, run)? {
        Answer::Bind(result, token) if result.code == SASL_GOES_ON => {
            Ok(Exchanged::GoesOn(token.unwrap_or_default()))
        }
        Answer::Bind(result, _) => {
            result.check(connection.server(), Asked::Kerberos).map(|()| Exchanged::Done)
        }
        _ => Err(connection.protocol(Malformed("another answer than one to the sign-in"))),
    }
}

/// What is missing in what was granted.
fn check(granted: Granted, sealed: bool) -> Result<(), &'static str> {
    match granted {
        Granted { mutual: false, .. } => Err("does not prove who it is"),
        Granted { replay: false, .. } | Granted { sequence: false, .. } => {
            Err("does not protect against messages that are sent again or in another order")
        }
        Granted { confidentiality: false, .. } | Granted { integrity: false, .. } if sealed => {
            Err("does not seal what it sends")
        }
        _ => Ok(()),
    }
}

/// The layer, of those that the server offers, and how many bytes it takes at once (RFC 4752, 3.1).
fn choose(offer: &[u8], sealed: bool) -> Result<(u8, u32), &'static str> {
    let [layers, size @ ..] = *<&[u8; 4]>::try_from(offer).map_err(|_| "makes no proper offer of layers")?;
    let [a, b, c] = size;
    let layer = if sealed { CONFIDENTIALITY } else { NO_LAYER };
    match (layers & layer != 0, sealed) {
        (true, _) => Ok((layer, u32::from_be_bytes([0, a, b, c]))),
        (false, true) => Err("does not offer to seal what it sends"),
        (false, false) => Err("wants a layer of its own inside TLS"),
    }
}

/// The error of a server that does less than is needed.
fn weak(server: &str, what: &str) -> Error {
    let message = format!("Signing in to the server '{server}' with Kerberos failed: it {what}.");
    Error::new(ErrorId::KerberosSealBroken, message)
        .target(server)
        .advice("Use -Encryption Ldaps or StartTls, or check the server's settings for signing and sealing.")
}

#[cfg(test)]
mod tests;
