//! What the exported functions make of good and bad JSON, called as a host would.

// It is a caller of the C interface.
#![allow(unsafe_code)]

use proptest::prelude::*;
use serde_json::Value;
use smime_sync::ffi::{
    contract::{
        SMIME_CONFIG_LIMIT, SMIME_REQUEST_LIMIT, SMIME_SECRET_LIMIT, SMIME_SECRET_NAME_LIMIT, Status,
    },
    engine_api::*,
    object_api::*,
    task_api::*,
};

/// The error that a call wrote, read through the ABI and freed.
fn read_error(status: Status, error: u64) -> Option<Value> {
    if status != Status::Error {
        assert_eq!(error, 0, "no error is written on success");
        return None;
    }
    let (mut buffer, mut code, mut none) = (0, 0, 0);
    // SAFETY: all places are alive and of the right type.
    unsafe {
        assert_eq!(smime_error_json(error, &mut buffer, &mut none), Status::Ok);
        assert_eq!(smime_error_code(error, &mut code, &mut none), Status::Ok);
        assert_eq!(smime_error_free(error, &mut none), Status::Ok);
    }
    let body: Value = serde_json::from_slice(&read_buffer(buffer)).unwrap();
    assert_eq!(body["Code"], code);
    Some(body)
}

fn read_buffer(buffer: u64) -> Vec<u8> {
    let (mut data, mut len, mut none) = (std::ptr::null(), 0, 0);
    // SAFETY: all places are alive; the bytes are copied before the buffer is freed.
    unsafe {
        assert_eq!(smime_buffer_data(buffer, &mut data, &mut none), Status::Ok);
        assert_eq!(smime_buffer_len(buffer, &mut len, &mut none), Status::Ok);
        let bytes = std::slice::from_raw_parts(data, len).to_vec();
        assert_eq!(smime_buffer_free(buffer, &mut none), Status::Ok);
        bytes
    }
}

fn new_engine(config: &[u8]) -> Result<u64, Value> {
    let (mut engine, mut error) = (0, 0);
    // SAFETY: pointer and length are those of a slice; both places are alive.
    let status = unsafe { smime_engine_new(config.as_ptr(), config.len(), &mut engine, &mut error) };
    read_error(status, error).map_or(Ok(engine), Err)
}

fn start(engine: u64, request: &[u8]) -> Result<u64, Value> {
    let (mut task, mut error) = (0, 0);
    // SAFETY: as above.
    let status = unsafe { smime_task_start(engine, request.as_ptr(), request.len(), &mut task, &mut error) };
    read_error(status, error).map_or(Ok(task), Err)
}

fn send(task: u64, answers: &[u8]) -> Result<(), Value> {
    let mut error = 0;
    // SAFETY: as above.
    let status = unsafe { smime_task_send(task, answers.as_ptr(), answers.len(), &mut error) };
    read_error(status, error).map_or(Ok(()), Err)
}

fn set_secret(engine: u64, name: &[u8], secret: &[u8]) -> Result<(), Value> {
    let mut error = 0;
    // SAFETY: as above.
    let status = unsafe {
        smime_engine_set_secret(engine, name.as_ptr(), name.len(), secret.as_ptr(), secret.len(), &mut error)
    };
    read_error(status, error).map_or(Ok(()), Err)
}

fn free(engine: u64, task: u64) {
    // SAFETY: a NULL place for the error is allowed.
    unsafe {
        assert_eq!(smime_task_free(task, std::ptr::null_mut()), Status::Ok);
        assert_eq!(smime_engine_free(engine, std::ptr::null_mut()), Status::Ok);
    }
}

fn assert_refused(result: Result<impl Sized, Value>, id: &str, part: &str) {
    let Err(body) = result else { panic!("{part}: not refused") };
    let message = body["Message"].as_str().unwrap();
    assert!(body["Id"] == id && message.contains(part), "{body} is not {id} with '{part}'");
    assert!(!body["Advice"].as_str().unwrap().is_empty());
}

#[test]
fn a_request_that_is_not_exactly_one_is_refused_with_the_field_and_the_reason() {
    let engine = new_engine(b"{}").unwrap();
    for (request, part) in [
        (r#"{"Operation":"GetRule","Colour":"red"}"#, "unknown field `Colour`"),
        (r#"{"Operation":"Sync","ProfileName":"a","WhatIff":true}"#, "unknown field `WhatIff`"),
        (
            r#"{"Operation":"Sync","ProfileName":"a","Credential":{"UserName":"u","Password":"p"}}"#,
            "unknown field `Password`",
        ),
        (
            r#"{"Operation":"NewProfile","Profile":{"Name":"a","Source":"Ldif","Target":"Folder","Sauce":1}}"#,
            "unknown field `Sauce`",
        ),
        (r#"{"Operation":"Sync"}"#, "missing field `ProfileName`"),
        (r#"{"Operation":"Sync","ProfileName":"a","ProfileName":"b"}"#, "duplicate field `ProfileName`"),
        (r#"{"Operation":"GetRule","Operation":"Sync"}"#, "duplicate field `Operation`"),
        (r#"{"Operation":"Sync","ProfileName":"a","WhatIf":"yes"}"#, "expected a boolean"),
        (r#"{"Operation":"Sync","ProfileName":"a","AllowRemoval":-1}"#, "expected u32"),
        (r#"{"Operation":"Sync","ProfileName":"a","AllowReplacement":-1}"#, "expected u32"),
        (r#"{"Operation":"Dance"}"#, "unknown variant `Dance`"),
        (r#"{"operation":"GetRule"}"#, "missing field `Operation`"),
        (r#"{"Operation":"GetRule"} x"#, "trailing characters"),
        (r#"{"Operation":"GetRule""#, "EOF"),
        (r#"[]"#, "missing field `Operation`"),
        (r#"7"#, "expected internally tagged enum"),
        ("", "EOF"),
    ] {
        assert_refused(start(engine, request.as_bytes()), "InvalidRequest", part);
    }
    let deep = format!(r#"{{"Operation":"SetProfile","Name":"a","Settings":{}"#, "[".repeat(100_000));
    assert_refused(start(engine, deep.as_bytes()), "InvalidRequest", "recursion limit");
    assert_refused(start(engine, b"{\"Operation\":\"\xff\"}"), "InvalidText", "byte 14");
    free(engine, 0);
}

#[test]
fn sizes_at_the_limit_pass_and_one_byte_more_is_refused() {
    let engine = new_engine(b"{}").unwrap();
    let padded = |text: &str, size: usize| format!("{text}{}", " ".repeat(size - text.len())).into_bytes();

    let rule = r#"{"Operation":"GetRule"}"#;
    let task = start(engine, &padded(rule, SMIME_REQUEST_LIMIT)).unwrap();
    free(0, task);
    assert_refused(start(engine, &padded(rule, SMIME_REQUEST_LIMIT + 1)), "InvalidSize", "16777217 bytes");

    free(new_engine(&padded("{}", SMIME_CONFIG_LIMIT)).unwrap(), 0);
    assert_refused(new_engine(&padded("{}", SMIME_CONFIG_LIMIT + 1)), "InvalidSize", "'config' has 65537");

    let (name, secret) = (vec![b'n'; SMIME_SECRET_NAME_LIMIT + 1], vec![0xff; SMIME_SECRET_LIMIT + 1]);
    set_secret(engine, &name[1..], &secret[1..]).unwrap();
    set_secret(engine, b"password", b"").unwrap();
    assert_refused(set_secret(engine, &name, b"x"), "InvalidSize", "'name' has 257");
    assert_refused(set_secret(engine, b"", b"x"), "InvalidSize", "'name' is empty");
    assert_refused(set_secret(engine, b"\xff", b"x"), "InvalidText", "'name'");
    assert_refused(set_secret(engine, b"password", &secret), "InvalidSize", "'secret' has 1048577");
    free(engine, 0);
}

#[test]
fn a_configuration_with_an_unknown_field_is_refused() {
    assert_refused(new_engine(br#"{"Hoem":"/x"}"#), "InvalidRequest", "unknown field `Hoem`");
    assert_refused(
        new_engine(br#"{"Scope":"Galaxy"}"#),
        "InvalidRequest",
        "'Galaxy' is not one of User, Machine",
    );
    free(new_engine(br#"{"Home":"/x","Scope":"User","Host":"test"}"#).unwrap(), 0);
}

#[test]
fn answers_that_are_none_are_refused() {
    let engine = new_engine(b"{}").unwrap();
    let task = start(engine, br#"{"Operation":"GetRule"}"#).unwrap();
    for (answers, part) in [
        (&b"{}"[..], "expected a sequence"),
        (br#"[{"Approved":true}]"#, "missing field `Id`"),
        (br#"[{"Id":1,"Approved":true,"Why":"x"}]"#, "unknown field `Why`"),
        (br#"[{"Id":-1,"Approved":true}]"#, "expected u64"),
    ] {
        assert_refused(send(task, answers), "InvalidAnswer", part);
    }
    assert_refused(send(task, b"\xff"), "InvalidText", "'answers'");
    free(engine, task);
    assert_refused(send(task, b"[]"), "InvalidHandle", "was freed; a task is needed");
}

/// Text near a good request, configuration or batch of answers: pieces of them in any order.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\"Operation\"",
        "\"GetRule\"",
        "\"Rule\"",
        "\"Id\"",
        "1",
        "-",
        "e99",
        "\"Approved\"",
        "true",
        "null",
        "\"Home\"",
        "\"Scope\"",
        "\"User\"",
        "\\ud800",
        "\u{fffd}",
        " ",
    ];
    let piece = prop_oneof![
        9 => prop::sample::select(pieces.to_vec()).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_taken_or_refused_and_nothing_else(
        bytes in prop_oneof![nearly_json(), prop::collection::vec(any::<u8>(), 0..64)]
    ) {
        let home = tempfile::tempdir().unwrap();
        let config = serde_json::json!({ "Home": home.path() }).to_string();
        let engine = new_engine(config.as_bytes()).unwrap();
        let task = start(engine, br#"{"Operation":"GetRule"}"#).unwrap();
        for (result, ids) in [
            (new_engine(&bytes).map(|other| free(other, 0)), ["InvalidText", "InvalidRequest"]),
            (start(engine, &bytes).map(|other| free(0, other)), ["InvalidText", "InvalidRequest"]),
            // The task may be over already; it has no questions, so at most an empty batch is taken.
            (send(task, &bytes), ["InvalidText", "InvalidAnswer"]),
        ] {
            if let Err(body) = result {
                let id = body["Id"].as_str().unwrap();
                prop_assert!(ids.contains(&id) || id == "TaskFinished", "{body}");
            }
        }
        free(engine, task);
    }
}
