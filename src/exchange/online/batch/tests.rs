use serde_json::json;

use super::*;
use crate::error::ErrorId;

fn body(ids: &[Value]) -> Vec<u8> {
    let inner =
        |id: &Value| json!({ "id": id, "status": 200, "headers": { "X-A": "1" }, "body": { "value": [id] } });
    json!({ "responses": ids.iter().map(inner).collect::<Vec<_>>() }).to_string().into_bytes()
}

#[test]
fn answers_are_matched_by_id_in_any_order() {
    let all = read(&body(&[json!("2"), json!("0"), json!(1)]), 3).unwrap();
    let values: Vec<_> = all.iter().map(|one| one.as_ref().unwrap().body["value"][0].to_string()).collect();
    assert_eq!(values, ["\"0\"", "1", "\"2\""]);
    assert_eq!(all[0].as_ref().unwrap().headers().get("x-a"), Some("1"));
}

#[test]
fn missing_answers_are_seen() {
    let all = read(&body(&[json!("1")]), 3).unwrap();
    assert_eq!(all.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn answers_that_contradict_each_other_or_answer_nothing_are_refused() {
    for ids in [vec![json!("0"), json!("0")], vec![json!("3")], vec![json!("-1")], vec![json!("x")]] {
        assert_eq!(read(&body(&ids), 3).unwrap_err().id, ErrorId::ExchangeProtocol, "{ids:?}");
    }
    for text in ["", "<html>", "{}", "{\"responses\":{}}", "{\"responses\":[{\"id\":\"0\"}]}"] {
        assert_eq!(read(text.as_bytes(), 3).unwrap_err().id, ErrorId::ExchangeProtocol, "{text}");
    }
}

#[test]
fn bodies_that_are_no_json_come_as_they_are() {
    let text = json!({ "responses": [
        { "id": "0", "status": 503, "body": "<html>" }, { "id": "1", "status": 204 }, { "id": "2", "status": 400, "body": {"a": 1} },
    ] });
    let all = read(text.to_string().as_bytes(), 3).unwrap();
    let bytes: Vec<_> = all.iter().flatten().map(Inner::bytes).collect();
    assert_eq!(bytes, [b"<html>".to_vec(), vec![], b"{\"a\":1}".to_vec()]);
    assert_eq!(all[0].as_ref().unwrap().headers().get("x"), None);
}
