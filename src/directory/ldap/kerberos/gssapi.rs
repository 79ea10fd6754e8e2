//! MIT's GSSAPI (RFC 2744), opened when somebody first signs in with Kerberos: without it everything else works.
#![allow(unsafe_code)]

mod types;

use std::{
    ffi::CString,
    ptr::{null, null_mut},
    sync::OnceLock,
};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use self::types::*;
use super::{
    Granted, Opened, SecurityContext, Step, TicketSource, Wanted,
    fault::{Fault, FaultKind},
    status::{self, SUPPLEMENTARY},
};

/// The library's name; Debian has no other without its files for developers.
const LIBRARY: &str = "libgssapi_krb5.so.2";

/// Declares the functions that are used, and looks them up.
macro_rules! functions {
    ($( $field:ident = $symbol:literal: fn($($argument:ty),*); )*) => {
        struct Gssapi { $( $field: unsafe extern "C" fn(*mut u32, $($argument),*) -> u32, )* }

        impl Gssapi {
            fn of(library: &Library) -> Result<Self, libloading::Error> {
                // SAFETY: the types are those of gssapi.h and gssapi_ext.h, and the library is never closed.
                unsafe { Ok(Self { $( $field: *library.get(concat!($symbol, "\0").as_bytes())?, )* }) }
            }
        }
    };
}

functions! {
    import_name = "gss_import_name": fn(*const Buffer, *const Oid, *mut Handle);
    display_name = "gss_display_name": fn(Handle, *mut Buffer, *mut *const Oid);
    release_name = "gss_release_name": fn(*mut Handle);
    acquire = "gss_acquire_cred_from": fn(Handle, u32, *const OidSet, i32, *const KeyValueSet, *mut Handle, *mut *mut OidSet, *mut u32);
    release_credential = "gss_release_cred": fn(*mut Handle);
    init = "gss_init_sec_context": fn(Handle, *mut Handle, Handle, *const Oid, u32, u32, *const ChannelBindings, *const Buffer, *mut *const Oid, *mut Buffer, *mut u32, *mut u32);
    inquire = "gss_inquire_context": fn(Handle, *mut Handle, *mut Handle, *mut u32, *mut *const Oid, *mut u32, *mut i32, *mut i32);
    delete = "gss_delete_sec_context": fn(*mut Handle, *mut Buffer);
    wrap = "gss_wrap": fn(Handle, i32, u32, *const Buffer, *mut i32, *mut Buffer);
    unwrap = "gss_unwrap": fn(Handle, *const Buffer, *mut Buffer, *mut i32, *mut u32);
    size_limit = "gss_wrap_size_limit": fn(Handle, i32, u32, u32, *mut u32);
    display_status = "gss_display_status": fn(u32, i32, *const Oid, *mut u32, *mut Buffer);
    release_buffer = "gss_release_buffer": fn(*mut Buffer);
}

/// The library, opened once and never closed: it keeps things of each thread.
fn gssapi() -> Result<&'static Gssapi, Fault> {
    static OPENED: OnceLock<Result<(Library, Gssapi), String>> = OnceLock::new();
    let open = || {
        // SAFETY: what the system's Kerberos does when it is loaded is what it does in every program.
        let library = unsafe { Library::open(Some(LIBRARY), RTLD_NOW | RTLD_LOCAL) }?;
        let functions = Gssapi::of(&library)?;
        Ok((library, functions))
    };
    match OPENED.get_or_init(|| open().map_err(|e: libloading::Error| e.to_string())) {
        Ok((_, functions)) => Ok(functions),
        Err(reason) => Err(Fault::new(FaultKind::NoLibrary, reason)),
    }
}

/// The bytes that a call made.
fn taken(api: &Gssapi, mut buffer: Buffer) -> Vec<u8> {
    let bytes = match buffer.value.is_null() {
        true => Vec::new(),
        // SAFETY: the library made them, as many as it says, and nobody else has them.
        false => unsafe { std::slice::from_raw_parts(buffer.value.cast::<u8>(), buffer.length) }.to_vec(),
    };
    // SAFETY: the buffer is the library's, and is not used afterwards.
    unsafe { (api.release_buffer)(&mut 0, &mut buffer) };
    bytes
}

/// Something of the library's, given back in its own way.
struct Owned {
    api: &'static Gssapi,
    handle: Handle,
    release: fn(&Gssapi, &mut Handle),
}

impl Drop for Owned {
    fn drop(&mut self) {
        (self.release)(self.api, &mut self.handle);
    }
}

fn release_name(api: &Gssapi, name: &mut Handle) {
    // SAFETY: it is the library's name, or null.
    unsafe { (api.release_name)(&mut 0, name) };
}

fn release_credential(api: &Gssapi, credential: &mut Handle) {
    // SAFETY: it is the library's credential, or null.
    unsafe { (api.release_credential)(&mut 0, credential) };
}

fn delete(api: &Gssapi, context: &mut Handle) {
    // SAFETY: it is the library's context, or null; no token is wanted.
    unsafe { (api.delete)(&mut 0, context, null_mut()) };
}

/// A context that the current user, or a keytab's, makes with a server.
pub(super) struct GssapiContext {
    wanted: Wanted,
    tickets: TicketSource,
    /// Made at the first step, which may block.
    begun: Option<Begun>,
}

struct Begun {
    server: Owned,
    credential: Owned,
    context: Owned,
}

// SAFETY: the library's handles may be used by any thread, by one at a time.
unsafe impl Send for GssapiContext {}

impl GssapiContext {
    pub fn new(wanted: Wanted, tickets: TicketSource) -> Self {
        Self { wanted, tickets, begun: None }
    }

    fn begin(&self) -> Result<Begun, Fault> {
        let api = gssapi()?;
        let server = self.name(api, &format!("ldap@{}", self.wanted.server), HOST_BASED_SERVICE)?;
        let credential = self.credential(api)?;
        Ok(Begun { server, credential, context: Owned { api, handle: null_mut(), release: delete } })
    }

    fn name(&self, api: &'static Gssapi, text: &str, form: &'static [u8]) -> Result<Owned, Fault> {
        let (mut minor, mut name) = (0, Owned { api, handle: null_mut(), release: release_name });
        // SAFETY: text and form live as long as the call, which makes a name or nothing.
        let major =
            unsafe { (api.import_name)(&mut minor, &lent(text.as_bytes()), &oid(form), &mut name.handle) };
        self.checked(api, major, minor).map(|()| name)
    }

    fn credential(&self, api: &'static Gssapi) -> Result<Owned, Fault> {
        let principal = match (&self.tickets.keytab, &self.tickets.principal) {
            (Some(_), Some(principal)) => Some(self.name(api, principal, PRINCIPAL)?),
            _ => None,
        };
        let text = |text: &str| {
            CString::new(text).map_err(|_| {
                Fault::new(FaultKind::NoTicket, "the name of a ticket cache or keytab has a NUL")
            })
        };
        let mut texts = Vec::new();
        for (name, value) in self.tickets.store() {
            texts.push((text(name)?, text(&value)?));
        }
        let elements: Vec<_> =
            texts.iter().map(|(key, value)| KeyValue { key: key.as_ptr(), value: value.as_ptr() }).collect();
        let store = KeyValueSet { count: elements.len() as u32, elements: elements.as_ptr() };
        let store = if elements.is_empty() { null() } else { &raw const store };
        let mechanism = oid(KERBEROS);
        let mechanisms = OidSet { count: 1, elements: &raw const mechanism };
        let (mut minor, mut credential) = (0, Owned { api, handle: null_mut(), release: release_credential });
        let name = principal.as_ref().map_or(null_mut(), |name| name.handle);
        // SAFETY: names, texts and sets live as long as the call, which makes a credential or nothing.
        let major = unsafe {
            (api.acquire)(
                &mut minor,
                name,
                INDEFINITE,
                &mechanisms,
                INITIATE,
                store,
                &mut credential.handle,
                null_mut(),
                null_mut(),
            )
        };
        self.checked(api, major, minor).map(|()| credential)
    }

    fn begun(&self) -> Result<&Begun, Fault> {
        self.begun.as_ref().ok_or_else(|| Fault::new(FaultKind::Other, "the context has not begun"))
    }

    /// The fault of a call that ended so.
    fn checked(&self, api: &Gssapi, major: u32, minor: u32) -> Result<(), Fault> {
        if major == COMPLETE {
            return Ok(());
        }
        let said = [said(api, major, OF_CALL), said(api, minor, OF_MECHANISM)].join(": ");
        Err(Fault::new(status::kind(major, minor, self.tickets.has_keytab()), said))
    }
}

/// The library's own words for a status.
fn said(api: &Gssapi, status: u32, of: i32) -> String {
    let (mut more, mut text) = (0, EMPTY);
    let mechanism = oid(KERBEROS);
    // SAFETY: the mechanism lives as long as the call, which makes a text.
    unsafe { (api.display_status)(&mut 0, status, of, &mechanism, &mut more, &mut text) };
    String::from_utf8_lossy(&taken(api, text)).into_owned()
}

impl SecurityContext for GssapiContext {
    fn step(&mut self, token: &[u8]) -> Result<Step, Fault> {
        if self.begun.is_none() {
            self.begun = Some(self.begin()?);
        }
        let flags = MUTUAL | REPLAY | SEQUENCE;
        let flags = if self.wanted.sealed { flags | CONFIDENTIALITY | INTEGRITY } else { flags };
        let bindings = self.wanted.binding.as_deref().map(|binding| ChannelBindings {
            initiator_address_type: NO_ADDRESS,
            initiator_address: EMPTY,
            acceptor_address_type: NO_ADDRESS,
            acceptor_address: EMPTY,
            application_data: lent(binding),
        });
        let (mut minor, mut granted, mut output) = (0, 0, EMPTY);
        let Some(begun) = &mut self.begun else { return Err(Fault::new(FaultKind::Other, "")) };
        let api = begun.context.api;
        // SAFETY: everything lives as long as the call, which takes the context and makes it or leaves it as it is.
        let major = unsafe {
            (api.init)(
                &mut minor,
                begun.credential.handle,
                &mut begun.context.handle,
                begun.server.handle,
                &oid(KERBEROS),
                flags,
                0,
                bindings.as_ref().map_or(null(), |bindings| bindings),
                &lent(token),
                null_mut(),
                &mut output,
                &mut granted,
                null_mut(),
            )
        };
        let output = taken(api, output);
        if major == CONTINUE_NEEDED {
            return Ok(Step::Goes(output));
        }
        self.checked(api, major, minor)?;
        let has = |flag| granted & flag != 0;
        let granted = Granted {
            mutual: has(MUTUAL),
            replay: has(REPLAY),
            sequence: has(SEQUENCE),
            confidentiality: has(CONFIDENTIALITY),
            integrity: has(INTEGRITY),
        };
        Ok(Step::Complete(output, granted))
    }

    fn wrap(&mut self, plain: &[u8], encrypted: bool) -> Result<Vec<u8>, Fault> {
        let context = &self.begun()?.context;
        let (mut minor, mut is_encrypted, mut output) = (0, 0, EMPTY);
        // SAFETY: the context is complete, and the bytes live as long as the call.
        let major = unsafe {
            (context.api.wrap)(
                &mut minor,
                context.handle,
                encrypted.into(),
                0,
                &lent(plain),
                &mut is_encrypted,
                &mut output,
            )
        };
        let output = taken(context.api, output);
        self.checked(context.api, major, minor)?;
        if encrypted && is_encrypted == 0 {
            return Err(Fault::new(FaultKind::Seal, "the library did not encrypt"));
        }
        Ok(output)
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Opened, Fault> {
        let context = &self.begun()?.context;
        let (mut minor, mut is_encrypted, mut output) = (0, 0, EMPTY);
        // SAFETY: the context is complete, and the bytes live as long as the call.
        let major = unsafe {
            (context.api.unwrap)(
                &mut minor,
                context.handle,
                &lent(message),
                &mut output,
                &mut is_encrypted,
                null_mut(),
            )
        };
        let bytes = taken(context.api, output);
        if major & SUPPLEMENTARY != 0 {
            return Err(Fault::new(FaultKind::Seal, said(context.api, major, OF_CALL)));
        }
        self.checked(context.api, major, minor).map_err(|fault| Fault { kind: FaultKind::Seal, ..fault })?;
        Ok(Opened { bytes, encrypted: is_encrypted != 0 })
    }

    fn room(&mut self, size: u32) -> Result<usize, Fault> {
        let context = &self.begun()?.context;
        let (mut minor, mut room) = (0, 0);
        // SAFETY: the context is complete.
        let major = unsafe { (context.api.size_limit)(&mut minor, context.handle, 1, 0, size, &mut room) };
        self.checked(context.api, major, minor).map(|()| room as usize)
    }

    fn identity(&mut self) -> Result<String, Fault> {
        let context = &self.begun()?.context;
        let api = context.api;
        let (mut minor, mut name) = (0, Owned { api, handle: null_mut(), release: release_name });
        // SAFETY: the context is complete; the call makes a name, and is asked for nothing else.
        let major = unsafe {
            (api.inquire)(
                &mut minor,
                context.handle,
                &mut name.handle,
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        };
        self.checked(api, major, minor)?;
        let mut text = EMPTY;
        // SAFETY: the name is the library's; the call makes a text.
        let major = unsafe { (api.display_name)(&mut minor, name.handle, &mut text, null_mut()) };
        let text = taken(api, text);
        self.checked(api, major, minor)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}
