//! `POST /session`: a cmdlet as the admin's own session runs it, in the cloud or on-premises; no HTTP rules.
//!
//! Binary values travel as `{"Bytes": base64}` and `{"ByteList": [base64, …]}`, a value of another .NET type than
//! the cmdlet could take as `{"Type": name}`.

use serde_json::{Map, Value, json};

use super::{
    answer::Answer,
    failure::Failure,
    object::{Command, Object, Page, Parameter, Property},
    world::{Request, World},
    writes,
};

/// Runs the cmdlet; `{"Value": […], "Warnings": […]}` or `{"Error": {…}}`.
pub fn answer(world: &mut World, request: &Request) -> Answer {
    let Some(command) = request.json().ok().as_ref().and_then(read) else {
        return Answer::json(400, &json!({ "Error": "The body needs CmdletName and Parameters." }));
    };
    *world.statistics.commands_by_name.entry(command.cmdlet.clone()).or_default() += 1;
    Answer::json(
        200,
        &match writes::run(world, &command, Page::ALL) {
            Ok(output) => json!({
                "Value": output.objects.iter().map(object).collect::<Vec<_>>(),
                "Warnings": output.warnings,
            }),
            Err(failure) => {
                // A session asks for the language of its computer.
                let failure = failure.localized(world.settings.error_language, "en-US");
                json!({ "Error": error(&command, &failure) })
            }
        },
    )
}

fn read(body: &Value) -> Option<Command> {
    let cmdlet = body.get("CmdletName")?.as_str()?.to_owned();
    let mut parameters = Vec::new();
    for (name, value) in body.get("Parameters")?.as_object()? {
        parameters.push((name.clone(), parameter(value)?));
    }
    Some(Command { cmdlet, parameters })
}

fn parameter(value: &Value) -> Option<Parameter> {
    Some(match value {
        Value::Null => Parameter::Null,
        Value::Bool(flag) => Parameter::Flag(*flag),
        Value::Number(number) => Parameter::Number(number.as_i64()?),
        Value::String(text) => Parameter::Text(text.clone()),
        Value::Array(_) => return None,
        Value::Object(fields) => match fields.iter().next()? {
            (name, Value::String(base64)) if name == "Bytes" => Parameter::Bytes(base64.clone()),
            (name, Value::String(type_name)) if name == "Type" => Parameter::Other(type_name.clone()),
            (name, Value::Array(items)) if name == "ByteList" => Parameter::ByteList(texts(items)?),
            (name, Value::Array(items)) if name == "Remove" => {
                Parameter::Change { add: Vec::new(), remove: texts(items)? }
            }
            _ => return None,
        },
    })
}

fn texts(items: &[Value]) -> Option<Vec<String>> {
    items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

fn object(object: &Object) -> Value {
    let mut out = Map::new();
    for (name, property) in &object.properties {
        let value = match property {
            Property::Null => Value::Null,
            Property::Flag(flag) => json!(flag),
            Property::Number(number) => json!(number),
            Property::Text(text) | Property::Guid(text) => json!(text),
            Property::Date(text) => json!({ "Date": text }),
            Property::Texts(_, texts) => json!({ "Texts": texts }),
            Property::Bytes(base64) => json!({ "Bytes": base64 }),
            Property::ByteList(values) => json!({ "ByteList": values }),
        };
        out.insert((*name).to_owned(), value);
    }
    Value::Object(out)
}

/// The parts of an ErrorRecord.
fn error(command: &Command, failure: &Failure) -> Value {
    json!({
        "Message": failure.message,
        "Type": failure.exception,
        "Category": failure.category,
        "FullyQualifiedErrorId": format!("[FailureCategory=Cmdlet-{}],{}", failure.short_name(), command.cmdlet),
    })
}
