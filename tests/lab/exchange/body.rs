//! Parameters of a command as they travel in JSON (docs/design/exchange-online.md §1.6, rows "Single byte[]" to
//! "Clear").

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use super::{
    failure::Failure,
    object::{Command, Parameter},
    settings::ByteEncoding,
};

const BYTE_ARRAY: &str = "#Exchange.ByteArrayType";
const BYTE_ARRAYS: &str = "#Collection(Exchange.ByteArrayType)";
const HASHTABLE: &str = "#Exchange.GenericHashTable";

/// The body is exactly `{"CmdletInput":{"CmdletName":…,"Parameters":{…}}}`.
pub fn command(body: &Value, encoding: ByteEncoding) -> Result<Command, Failure> {
    let wrong = |what: &str| Failure::request(400, format!("The request's body is wrong: {what}."));
    let outer = body.as_object().filter(|object| object.len() == 1);
    let input = outer.and_then(|object| object.get("CmdletInput")).and_then(Value::as_object);
    let input = input.ok_or_else(|| wrong("it must hold CmdletInput and nothing else"))?;
    if let Some(other) = input.keys().find(|key| !["CmdletName", "Parameters"].contains(&key.as_str())) {
        return Err(wrong(&format!("CmdletInput has no property '{other}'")));
    }
    let cmdlet = input.get("CmdletName").and_then(Value::as_str).filter(|name| !name.is_empty());
    let cmdlet = cmdlet.ok_or_else(|| wrong("CmdletName is missing"))?.to_owned();
    let parameters = match input.get("Parameters") {
        Some(Value::Object(parameters)) => parse(parameters, encoding)?,
        _ => return Err(wrong("Parameters must be an object")),
    };
    Ok(Command { cmdlet, parameters })
}

fn parse(object: &Map<String, Value>, encoding: ByteEncoding) -> Result<Vec<(String, Parameter)>, Failure> {
    let mut parameters = Vec::new();
    for (name, value) in object {
        if let Some(annotated) = name.strip_suffix("@odata.type") {
            if !object.contains_key(annotated) {
                return Err(odata(format!("The annotation '{name}' has no property '{annotated}'.")));
            }
            continue;
        }
        let annotation = object.get(&format!("{name}@odata.type")).map(|text| text.as_str().unwrap_or(""));
        parameters.push((name.clone(), parameter(name, value, annotation, encoding)?));
    }
    Ok(parameters)
}

fn parameter(
    name: &str,
    value: &Value,
    annotation: Option<&str>,
    encoding: ByteEncoding,
) -> Result<Parameter, Failure> {
    match (value, annotation) {
        (Value::Array(items), Some(BYTE_ARRAYS)) if items.is_empty() => {
            Err(odata(format!("The collection '{name}' is empty; an empty one is a {HASHTABLE}.")))
        }
        (Value::Array(items), Some(BYTE_ARRAYS)) => {
            let item = |value: &Value| match value.as_object() {
                Some(fields) if fields.len() == 1 => bytes(fields.get("Data"), encoding),
                _ => Err(odata(format!("An item of '{name}' must be an object with Data and nothing else."))),
            };
            items.iter().map(item).collect::<Result<_, _>>().map(Parameter::ByteList)
        }
        (_, Some(other)) => Err(odata(format!("A type '{other}' could not be resolved for '{name}'."))),
        (Value::Null, None) => Ok(Parameter::Null),
        (Value::Bool(flag), None) => Ok(Parameter::Flag(*flag)),
        (Value::String(text), None) => Ok(Parameter::Text(text.clone())),
        (Value::Number(number), None) => Ok(match number.as_i64() {
            Some(number) => Parameter::Number(number),
            None => Parameter::Other("System.Double".into()),
        }),
        // Names of an enumeration may come as a list.
        (Value::Array(items), None) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Ok(match texts {
                Some(texts) if !texts.is_empty() => Parameter::Text(texts.join(",")),
                _ => Parameter::Other("System.Object[]".into()),
            })
        }
        (Value::Object(fields), None) => match fields.get("@odata.type").and_then(Value::as_str) {
            Some(BYTE_ARRAY) if fields.len() == 2 => {
                bytes(fields.get("Data"), encoding).map(Parameter::Bytes)
            }
            Some(HASHTABLE) if fields.len() == 1 => Ok(Parameter::EmptyHashtable),
            // Whether Add and Remove compare byte arrays is open (docs/design/exchange-online.md §1.1).
            Some(HASHTABLE) => Ok(Parameter::Other("System.Collections.Hashtable".into())),
            _ => Err(odata(format!("The property '{name}' is an object of no known type."))),
        },
    }
}

/// `Data` in the encoding that the settings name; the other one is refused (docs/design/exchange-online.md §1.6,
/// "`<bytes>`", open).
fn bytes(data: Option<&Value>, encoding: ByteEncoding) -> Result<String, Failure> {
    let unexpected = |found: &str, wanted: &str| {
        odata(format!(
            "An unexpected '{found}' node was found for property named 'Data' when reading from the JSON reader. \
             A '{wanted}' node was expected."
        ))
    };
    match (encoding, data) {
        (ByteEncoding::Base64, Some(Value::String(text))) if STANDARD.decode(text).is_ok() => {
            Ok(text.clone())
        }
        (ByteEncoding::Base64, Some(Value::String(_))) => {
            Err(odata("Cannot convert the literal of 'Data' to the expected type 'Edm.Binary'.".into()))
        }
        (ByteEncoding::Base64, Some(Value::Array(_))) => Err(unexpected("StartArray", "PrimitiveValue")),
        (ByteEncoding::IntegerArray, Some(Value::Array(items))) => {
            let octet = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
            let octets: Option<Vec<u8>> = items.iter().map(octet).collect();
            let octets = octets.ok_or_else(|| {
                odata("Cannot convert a literal of 'Data' to the expected type 'Edm.Byte'.".into())
            })?;
            Ok(STANDARD.encode(octets))
        }
        (ByteEncoding::IntegerArray, Some(Value::String(_))) => {
            Err(unexpected("PrimitiveValue", "StartArray"))
        }
        _ => Err(odata("The property 'Data' is missing or of a wrong kind.".into())),
    }
}

fn odata(message: String) -> Failure {
    Failure::new(400, "Microsoft.OData.ODataException", "InvalidArgument", message)
}
