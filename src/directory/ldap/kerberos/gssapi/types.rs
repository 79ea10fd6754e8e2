//! The types and numbers of gssapi.h and gssapi_ext.h (RFC 2744) that are used.

use std::{
    ffi::{c_char, c_void},
    ptr::null_mut,
};

/// `gss_buffer_desc`.
#[repr(C)]
pub(super) struct Buffer {
    pub length: usize,
    pub value: *mut c_void,
}

/// `gss_OID_desc`.
#[repr(C)]
pub(super) struct Oid {
    pub length: u32,
    pub elements: *const c_void,
}

/// `gss_OID_set_desc`.
#[repr(C)]
pub(super) struct OidSet {
    pub count: usize,
    pub elements: *const Oid,
}

/// `gss_channel_bindings_struct`.
#[repr(C)]
pub(super) struct ChannelBindings {
    pub initiator_address_type: u32,
    pub initiator_address: Buffer,
    pub acceptor_address_type: u32,
    pub acceptor_address: Buffer,
    pub application_data: Buffer,
}

/// `gss_key_value_element_desc`.
#[repr(C)]
pub(super) struct KeyValue {
    pub key: *const c_char,
    pub value: *const c_char,
}

/// `gss_key_value_set_desc`.
#[repr(C)]
pub(super) struct KeyValueSet {
    pub count: u32,
    pub elements: *const KeyValue,
}

/// A name, a credential or a context of the library's.
pub(super) type Handle = *mut c_void;

/// 1.2.840.113554.1.2.2, Kerberos (RFC 4121, 1).
pub(super) const KERBEROS: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02";
/// 1.2.840.113554.1.2.2.1, a name of Kerberos (RFC 1964, 2.1.1).
pub(super) const PRINCIPAL: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01";
/// 1.2.840.113554.1.2.1.4, a service of a host (RFC 2743, 4.1).
pub(super) const HOST_BASED_SERVICE: &[u8] = b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04";

pub(super) const COMPLETE: u32 = 0;
pub(super) const CONTINUE_NEEDED: u32 = 1;
pub(super) const INITIATE: i32 = 1;
pub(super) const MUTUAL: u32 = 2;
pub(super) const REPLAY: u32 = 4;
pub(super) const SEQUENCE: u32 = 8;
pub(super) const CONFIDENTIALITY: u32 = 16;
pub(super) const INTEGRITY: u32 = 32;
/// The status of the call, or that of the mechanism, as `gss_display_status` takes it.
pub(super) const OF_CALL: i32 = 1;
pub(super) const OF_MECHANISM: i32 = 2;
/// `GSS_C_AF_UNSPEC`.
pub(super) const NO_ADDRESS: u32 = 0;
/// As long as the library likes.
pub(super) const INDEFINITE: u32 = u32::MAX;

pub(super) fn oid(bytes: &'static [u8]) -> Oid {
    Oid { length: bytes.len() as u32, elements: bytes.as_ptr().cast() }
}

/// Bytes that a call reads.
pub(super) fn lent(bytes: &[u8]) -> Buffer {
    Buffer { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
}

/// A place for bytes that a call makes; the caller hands them to [`taken`].
pub(super) const EMPTY: Buffer = Buffer { length: 0, value: null_mut() };
