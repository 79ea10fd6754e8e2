//! `smime_abi_version`, `smime_engine_…`.

use std::sync::Arc;

use crate::{
    error::{Error, ErrorId},
    operation::{Engine, EngineConfig},
};

use super::{
    answer,
    contract::{SMIME_ABI_VERSION, SMIME_CONFIG_LIMIT, SMIME_SECRET_LIMIT, SMIME_SECRET_NAME_LIMIT, Status},
    handle::{EngineHandle, ErrorHandle, HANDLES},
    json,
    pointer::{Input, Output},
};

/// The version of the interface that the loaded library has. Compare it with #SMIME_ABI_VERSION, which is that
/// of this header, before anything else is called; if they differ, call nothing else.
#[unsafe(no_mangle)]
pub extern "C" fn smime_abi_version() -> u32 {
    SMIME_ABI_VERSION
}

/// Creates an engine: the configuration and the secrets that its tasks share. Reads and writes nothing yet.
///
/// \param config the configuration, JSON of the type `EngineConfig`; `{}` for the defaults
/// \param config_len its bytes, #SMIME_CONFIG_LIMIT at most
/// \param out_engine where the engine is written; free it with smime_engine_free()
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidRequest`, `InvalidText`, `InvalidSize`, `NullPointer`, and those
/// of the places that the configuration names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_engine_new(
    config: *const u8,
    config_len: usize,
    out_engine: *mut EngineHandle,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers and lengths.
    let (config, engine, error) =
        unsafe { (Input::new(config, config_len), Output::new(out_engine), Output::new(out_error)) };
    answer(error, || {
        let text = config.text(SMIME_CONFIG_LIMIT, "config")?;
        let slot = engine.required("out_engine")?;
        let config: EngineConfig = json::read(text, ErrorId::InvalidRequest, "The configuration")?;
        slot.write(HANDLES.insert(Arc::new(Engine::new(config)?)));
        Ok(Status::Ok)
    })
}

/// Gives the engine a secret, such as `password`. The engine keeps a copy of its own, which is zeroed when it
/// is replaced and with the engine; zero yours. Never put a secret into a request.
///
/// \param engine the engine
/// \param name the secret's name: UTF-8, not empty
/// \param name_len its bytes, #SMIME_SECRET_NAME_LIMIT at most
/// \param secret the secret: any bytes; passwords are UTF-8
/// \param secret_len its bytes, #SMIME_SECRET_LIMIT at most
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`, `InvalidText`, `InvalidSize`, `NullPointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_engine_set_secret(
    engine: EngineHandle,
    name: *const u8,
    name_len: usize,
    secret: *const u8,
    secret_len: usize,
    out_error: *mut ErrorHandle,
) -> Status {
    // SAFETY: the header asks the caller for valid pointers and lengths.
    let (name, secret, error) =
        unsafe { (Input::new(name, name_len), Input::new(secret, secret_len), Output::new(out_error)) };
    answer(error, || {
        let name = name.text(SMIME_SECRET_NAME_LIMIT, "name")?;
        let secret = secret.bytes(SMIME_SECRET_LIMIT, "secret")?;
        if name.is_empty() {
            return Err(Error::new(ErrorId::InvalidSize, "The parameter 'name' is empty."));
        }
        HANDLES.get::<Engine>(engine)?.set_secret(name, secret);
        Ok(Status::Ok)
    })
}

/// Frees the engine. Its running tasks go on: they keep what they need of it until they end.
///
/// \param engine the engine; 0 is nothing to free, and no error
/// \param out_error where the error is written on failure; may be NULL
///
/// \return #SMIME_STATUS_OK. Errors: `InvalidHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn smime_engine_free(engine: EngineHandle, out_error: *mut ErrorHandle) -> Status {
    // SAFETY: the header asks the caller for a valid pointer.
    let error = unsafe { Output::new(out_error) };
    answer(error, || {
        if engine != 0 {
            HANDLES.remove::<Engine>(engine)?;
        }
        Ok(Status::Ok)
    })
}
