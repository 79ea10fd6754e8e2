//! Windows' SSPI with its package Kerberos: whoever runs the process signs in, a user, a service or a gMSA.
#![allow(unsafe_code)]

use std::ptr::{null, null_mut};

use windows_sys::Win32::{
    Foundation::{
        SEC_E_INVALID_TOKEN, SEC_E_LOGON_DENIED, SEC_E_NO_AUTHENTICATING_AUTHORITY, SEC_E_NO_CREDENTIALS,
        SEC_E_OK, SEC_E_SECPKG_NOT_FOUND, SEC_E_TARGET_UNKNOWN, SEC_E_TIME_SKEW, SEC_E_WRONG_PRINCIPAL,
        SEC_I_CONTINUE_NEEDED,
    },
    Security::{
        Authentication::Identity::{
            AcquireCredentialsHandleW, DecryptMessage, DeleteSecurityContext, EncryptMessage,
            FreeContextBuffer, FreeCredentialsHandle, ISC_REQ_CONFIDENTIALITY, ISC_REQ_INTEGRITY,
            ISC_REQ_MUTUAL_AUTH, ISC_REQ_REPLAY_DETECT, ISC_REQ_SEQUENCE_DETECT, ISC_RET_CONFIDENTIALITY,
            ISC_RET_INTEGRITY, ISC_RET_MUTUAL_AUTH, ISC_RET_REPLAY_DETECT, ISC_RET_SEQUENCE_DETECT,
            InitializeSecurityContextW, QueryContextAttributesW, SEC_CHANNEL_BINDINGS,
            SECBUFFER_CHANNEL_BINDINGS, SECBUFFER_DATA, SECBUFFER_PADDING, SECBUFFER_STREAM, SECBUFFER_TOKEN,
            SECBUFFER_VERSION, SECPKG_ATTR_NAMES, SECPKG_ATTR_SIZES, SECPKG_CRED_OUTBOUND,
            SECQOP_WRAP_NO_ENCRYPT, SECURITY_NATIVE_DREP, SecBuffer, SecBufferDesc, SecPkgContext_NamesW,
            SecPkgContext_Sizes,
        },
        Credentials::SecHandle,
    },
};

use super::{
    Granted, Opened, SecurityContext, Step, Wanted,
    fault::{Fault, FaultKind},
};

/// Bytes of the longest token of Kerberos (MaxTokenSize is 48,000).
const LONGEST_TOKEN: usize = 64 * 1024;

/// Bytes that a message needs besides what it protects, whatever the system says: Wine says too few.
const TRAILER: usize = 76;

/// How a sealed message begins (RFC 4121, 4.2.6.2, and RFC 4757, 7.3).
const BEGINNINGS: [&[u8]; 2] = [&[5, 4], &[0x60]];

/// A context that the current user makes with a server.
pub(super) struct SspiContext {
    wanted: Wanted,
    /// Both are made at the first step, which may block.
    credential: Option<SecHandle>,
    context: Option<SecHandle>,
}

// SAFETY: a handle is a number, which any thread may use, one at a time.
unsafe impl Send for SspiContext {}

impl Drop for SspiContext {
    fn drop(&mut self) {
        // SAFETY: what is there was made by the system, and is not used afterwards.
        unsafe {
            if let Some(context) = &self.context {
                DeleteSecurityContext(context);
            }
            if let Some(credential) = &self.credential {
                FreeCredentialsHandle(credential);
            }
        }
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

fn buffer(kind: u32, bytes: &mut [u8]) -> SecBuffer {
    SecBuffer { cbBuffer: bytes.len() as u32, BufferType: kind, pvBuffer: bytes.as_mut_ptr().cast() }
}

fn list(buffers: &mut [SecBuffer]) -> SecBufferDesc {
    SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        cBuffers: buffers.len() as u32,
        pBuffers: buffers.as_mut_ptr(),
    }
}

/// The bytes that a call left in a buffer of `memory`.
fn left<'a>(buffer: &SecBuffer, memory: &'a [u8]) -> &'a [u8] {
    memory.get(..buffer.cbBuffer as usize).unwrap_or_default()
}

/// The fault of a call that ended with this status.
fn fault(status: i32) -> Fault {
    let kind = match status {
        SEC_E_SECPKG_NOT_FOUND => FaultKind::NoLibrary,
        SEC_E_NO_CREDENTIALS => FaultKind::NoTicket,
        SEC_E_LOGON_DENIED => FaultKind::Account,
        SEC_E_TARGET_UNKNOWN | SEC_E_WRONG_PRINCIPAL => FaultKind::ServerUnknown,
        SEC_E_TIME_SKEW => FaultKind::Clock,
        SEC_E_NO_AUTHENTICATING_AUTHORITY => FaultKind::Realm,
        _ => FaultKind::Other,
    };
    Fault::new(kind, std::io::Error::from_raw_os_error(status).to_string())
}

/// Bytes of a message of RFC 4121 (4.2.4, 4.2.6.2) besides those that it protects, with the encryption of RFC 3962.
fn overhead(message: &[u8]) -> usize {
    let extra = message.get(4..6).and_then(|extra| extra.try_into().ok()).map_or(0, u16::from_be_bytes);
    let sealed = is_sealed(message);
    // A header; where it is sealed, a confounder, the header again and a checksum.
    16 + usize::from(extra) + if sealed { 16 + 16 + 12 } else { 0 }
}

/// Whether a message says that it is encrypted.
fn is_sealed(message: &[u8]) -> bool {
    message.get(2).is_some_and(|flags| flags & 2 != 0)
}

/// The binding in the form of `SEC_CHANNEL_BINDINGS`: its lengths and offsets, then the bytes.
fn bindings(application_data: &[u8]) -> Vec<u8> {
    let size = size_of::<SEC_CHANNEL_BINDINGS>() as u32;
    let fields = [0, 0, 0, 0, 0, 0, application_data.len() as u32, size];
    let mut bytes: Vec<u8> = fields.iter().flat_map(|field: &u32| field.to_ne_bytes()).collect();
    bytes.extend_from_slice(application_data);
    bytes
}

impl SspiContext {
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted, credential: None, context: None }
    }

    fn acquire(&mut self) -> Result<SecHandle, Fault> {
        if let Some(credential) = self.credential {
            return Ok(credential);
        }
        let mut credential = SecHandle::default();
        // SAFETY: the name lives as long as the call; without other data it is the current user.
        let status = unsafe {
            AcquireCredentialsHandleW(
                null(),
                wide("Kerberos").as_ptr(),
                SECPKG_CRED_OUTBOUND,
                null(),
                null(),
                None,
                null(),
                &mut credential,
                null_mut(),
            )
        };
        if status != SEC_E_OK {
            return Err(fault(status));
        }
        Ok(*self.credential.insert(credential))
    }

    fn made(&self) -> Result<&SecHandle, Fault> {
        self.context.as_ref().ok_or_else(|| Fault::new(FaultKind::Other, "the context has not begun"))
    }

    fn sizes(&self) -> Result<SecPkgContext_Sizes, Fault> {
        let mut sizes = SecPkgContext_Sizes::default();
        // SAFETY: the attribute's structure is this one.
        let status =
            unsafe { QueryContextAttributesW(self.made()?, SECPKG_ATTR_SIZES, (&raw mut sizes).cast()) };
        if status == SEC_E_OK { Ok(sizes) } else { Err(fault(status)) }
    }

    /// Opens a message that lies in these buffers; the quality of its protection.
    fn decrypt(&self, buffers: &mut [SecBuffer]) -> Result<u32, i32> {
        let Some(context) = &self.context else { return Err(SEC_E_INVALID_TOKEN) };
        let mut quality = 0;
        // SAFETY: the buffers lie in memory that lives as long as the call.
        let status = unsafe { DecryptMessage(context, &list(buffers), 0, &mut quality) };
        if status == SEC_E_OK { Ok(quality) } else { Err(status) }
    }
}

impl SecurityContext for SspiContext {
    fn step(&mut self, token: &[u8]) -> Result<Step, Fault> {
        let credential = self.acquire()?;
        let flags = ISC_REQ_MUTUAL_AUTH | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT;
        let layer = ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY;
        let flags = if self.wanted.sealed { flags | layer } else { flags };
        let target = wide(&format!("ldap/{}", self.wanted.server));
        let mut token = token.to_vec();
        let mut binding = self.wanted.binding.as_deref().map(bindings);
        let mut inputs = Vec::new();
        if self.context.is_some() {
            inputs.push(buffer(SECBUFFER_TOKEN, &mut token));
        }
        if let Some(binding) = &mut binding {
            inputs.push(buffer(SECBUFFER_CHANNEL_BINDINGS, binding));
        }
        let input = list(&mut inputs);
        let mut memory = vec![0; LONGEST_TOKEN];
        let mut outputs = [buffer(SECBUFFER_TOKEN, &mut memory)];
        let mut output = list(&mut outputs);
        let (mut made, mut granted) = (SecHandle::default(), 0);
        // SAFETY: names and buffers live as long as the call, which makes a context or goes on with ours.
        let status = unsafe {
            InitializeSecurityContextW(
                &credential,
                self.context.as_ref().map_or(null(), |context| context),
                target.as_ptr(),
                flags,
                0,
                SECURITY_NATIVE_DREP,
                if inputs.is_empty() { null() } else { &input },
                0,
                &mut made,
                &mut output,
                &mut granted,
                null_mut(),
            )
        };
        if status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED {
            return Err(fault(status));
        }
        self.context.get_or_insert(made);
        let [output] = &outputs;
        let token = left(output, &memory).to_vec();
        if status == SEC_I_CONTINUE_NEEDED {
            return Ok(Step::Goes(token));
        }
        let has = |flag| granted & flag != 0;
        let granted = Granted {
            mutual: has(ISC_RET_MUTUAL_AUTH),
            replay: has(ISC_RET_REPLAY_DETECT),
            sequence: has(ISC_RET_SEQUENCE_DETECT),
            confidentiality: has(ISC_RET_CONFIDENTIALITY),
            integrity: has(ISC_RET_INTEGRITY),
        };
        Ok(Step::Complete(token, granted))
    }

    fn wrap(&mut self, plain: &[u8], encrypted: bool) -> Result<Vec<u8>, Fault> {
        let sizes = self.sizes()?;
        let (mut token, mut data) =
            (vec![0; (sizes.cbSecurityTrailer as usize).max(TRAILER)], plain.to_vec());
        let mut padding = vec![0; sizes.cbBlockSize as usize];
        let mut buffers = [
            buffer(SECBUFFER_TOKEN, &mut token),
            buffer(SECBUFFER_DATA, &mut data),
            buffer(SECBUFFER_PADDING, &mut padding),
        ];
        let quality = if encrypted { 0 } else { SECQOP_WRAP_NO_ENCRYPT };
        // SAFETY: the buffers lie in memory that lives as long as the call.
        let status = unsafe { EncryptMessage(self.made()?, quality, &list(&mut buffers), 0) };
        if status != SEC_E_OK {
            return Err(fault(status));
        }
        let [in_token, in_data, in_padding] = &buffers;
        let parts = [left(in_token, &token), left(in_data, &data), left(in_padding, &padding)];
        // Windows puts the beginning into the token's buffer, Wine into that of the data, and nothing into the third.
        let begins = |part: &[u8]| BEGINNINGS.iter().any(|beginning| part.starts_with(beginning));
        let [token, data, padding] = parts;
        Ok(match begins(token) || !begins(data) {
            true => [token, data, padding].concat(),
            false => [data, token].concat(),
        })
    }

    fn unwrap(&mut self, message: &[u8]) -> Result<Opened, Fault> {
        let seal = |status| Fault { kind: FaultKind::Seal, ..fault(status) };
        let mut memory = message.to_vec();
        let mut buffers = [buffer(SECBUFFER_STREAM, &mut memory), buffer(SECBUFFER_DATA, &mut [])];
        let done = self.decrypt(&mut buffers);
        let (quality, data) = match done {
            Ok(quality) => {
                let [_, data] = &buffers;
                // What was opened lies somewhere in the message.
                let begin = data.pvBuffer.addr().wrapping_sub(memory.as_ptr().addr());
                let end = begin.saturating_add(data.cbBuffer as usize);
                (quality, memory.get(begin..end).unwrap_or_default().to_vec())
            }
            // Wine takes no message as a whole: it wants as many bytes as there will be, and the rest behind them.
            Err(SEC_E_INVALID_TOKEN) => {
                let size = message.len().saturating_sub(overhead(message));
                let mut memory = message.to_vec();
                let (data, token) = memory.split_at_mut(size);
                let mut buffers = [buffer(SECBUFFER_DATA, data), buffer(SECBUFFER_TOKEN, token)];
                let quality = self.decrypt(&mut buffers).map_err(seal)?;
                let [opened, _] = &buffers;
                (
                    if is_sealed(message) { quality } else { SECQOP_WRAP_NO_ENCRYPT },
                    left(opened, data).to_vec(),
                )
            }
            Err(status) => return Err(seal(status)),
        };
        Ok(Opened { bytes: data, encrypted: quality != SECQOP_WRAP_NO_ENCRYPT })
    }

    fn room(&mut self, size: u32) -> Result<usize, Fault> {
        let sizes = self.sizes()?;
        let besides = (sizes.cbSecurityTrailer as usize).max(TRAILER) + sizes.cbBlockSize as usize;
        Ok((size as usize).saturating_sub(besides))
    }

    fn identity(&mut self) -> Result<String, Fault> {
        let mut names = SecPkgContext_NamesW::default();
        // SAFETY: the attribute's structure is this one; the name in it is ours to free.
        let name = unsafe {
            let status = QueryContextAttributesW(self.made()?, SECPKG_ATTR_NAMES, (&raw mut names).cast());
            if status != SEC_E_OK || names.sUserName.is_null() {
                return Ok(current_user());
            }
            let length = (0..).take_while(|at| *names.sUserName.add(*at) != 0).count();
            let name = String::from_utf16_lossy(std::slice::from_raw_parts(names.sUserName, length));
            FreeContextBuffer(names.sUserName.cast());
            name
        };
        Ok(name)
    }
}

/// Who runs the process, where the context does not say it.
fn current_user() -> String {
    let variable = |name| std::env::var(name).unwrap_or_default();
    format!("{}\\{}", variable("USERDOMAIN"), variable("USERNAME"))
}
