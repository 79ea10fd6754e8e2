//! The domain controller that Windows itself takes: `DsGetDcNameW` of netapi32. It knows the machine's domain and site, keeps
//! what it found, and asks DNS and the domain controllers where it must ([MS-ADTS] 6.3.6).
#![allow(unsafe_code)]

use std::ptr::{null, null_mut};

use windows_sys::Win32::{
    Foundation::ERROR_SUCCESS,
    NetworkManagement::NetManagement::NetApiBufferFree,
    Networking::ActiveDirectory::{
        DOMAIN_CONTROLLER_INFOW, DS_DIRECTORY_SERVICE_REQUIRED, DS_RETURN_DNS_NAME, DsGetDcNameW,
    },
};

use crate::directory::ldap::network::Controller;

/// Characters of a name at most; DNS has 255.
const NAME: usize = 1024;

/// A domain controller of `domain`, or of this machine's; `None` where Windows knows none. It may take some seconds.
pub(super) fn controller(domain: Option<&str>) -> Option<Controller> {
    let domain: Option<Vec<u16>> = domain.map(|name| name.encode_utf16().chain([0]).collect());
    let name = domain.as_ref().map_or(null(), |name| name.as_ptr());
    let flags = DS_DIRECTORY_SERVICE_REQUIRED | DS_RETURN_DNS_NAME;
    let mut found: *mut DOMAIN_CONTROLLER_INFOW = null_mut();
    // SAFETY: `name` is null or ends with a zero and outlives the call; null stands for none of the others; `found` may be
    // written.
    let status = unsafe { DsGetDcNameW(null(), name, null(), null(), flags, &mut found) };
    if status != ERROR_SUCCESS || found.is_null() {
        return None;
    }
    // SAFETY: after success it points to a structure whose texts are null or end with a zero, until it is freed.
    let controller = unsafe {
        let found = &*found;
        let site = text(found.ClientSiteName);
        text(found.DomainControllerName).zip(text(found.DomainName)).map(|(host, domain)| Controller {
            domain,
            host: host.trim_start_matches('\\').to_owned(),
            site,
        })
    };
    // SAFETY: it came from `DsGetDcNameW`, is freed once, and nothing points into it any more.
    unsafe { NetApiBufferFree(found.cast()) };
    controller
}

/// A copy of a text; `None` for a null pointer and for nothing.
///
/// # Safety
/// `text` is null, or points to UTF-16 that ends with a zero.
unsafe fn text(text: *const u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: none before the zero that ends it lies outside; reading stops there.
    let characters = (0..NAME).map(|at| unsafe { *text.add(at) }).take_while(|character| *character != 0);
    let copied = char::decode_utf16(characters).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(copied).filter(|copied: &String| !copied.is_empty())
}
