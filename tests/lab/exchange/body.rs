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

/// A property: its name, its value and its annotation.
type Annotated<'a> = (&'a str, &'a Value, Option<&'a str>);

/// The properties of an object, each with its annotation.
fn annotated(object: &Map<String, Value>) -> Result<Vec<Annotated<'_>>, Failure> {
    let mut all = Vec::new();
    for (name, value) in object {
        match name.strip_suffix("@odata.type") {
            Some("") => {}
            Some(property) if object.contains_key(property) => {}
            Some(property) => {
                return Err(Failure::odata(format!("The annotation '{name}' has no property '{property}'.")));
            }
            None => {
                let annotation = object.get(&format!("{name}@odata.type"));
                all.push((name.as_str(), value, annotation.map(|text| text.as_str().unwrap_or(""))));
            }
        }
    }
    Ok(all)
}

fn parse(object: &Map<String, Value>, encoding: ByteEncoding) -> Result<Vec<(String, Parameter)>, Failure> {
    if object.contains_key("@odata.type") {
        return Err(Failure::odata("Parameters have no type of their own.".into()));
    }
    let all = annotated(object)?.into_iter();
    all.map(|(name, value, annotation)| Ok((name.to_owned(), parameter(name, value, annotation, encoding)?)))
        .collect()
}

fn parameter(
    name: &str,
    value: &Value,
    annotation: Option<&str>,
    encoding: ByteEncoding,
) -> Result<Parameter, Failure> {
    match (value, annotation) {
        (Value::Array(items), Some(BYTE_ARRAYS)) => {
            list(name, items, encoding, false).map(Parameter::ByteList)
        }
        (_, Some(other)) => {
            Err(Failure::odata(format!("A type '{other}' could not be resolved for '{name}'.")))
        }
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
            Some(HASHTABLE) => hashtable(name, fields, encoding),
            _ => Err(Failure::odata(format!("The property '{name}' is an object of no known type."))),
        },
    }
}

/// Byte arrays as objects with Data; inside a hashtable each may name its own type.
fn list(name: &str, items: &[Value], encoding: ByteEncoding, typed: bool) -> Result<Vec<String>, Failure> {
    let wrong =
        || Failure::odata(format!("An item of '{name}' must be an object with Data and nothing else."));
    let item = |value: &Value| {
        let fields = value.as_object().ok_or_else(wrong)?;
        let own_type = fields.get("@odata.type").is_some_and(|text| text == BYTE_ARRAY);
        let expected = 1 + usize::from(own_type);
        if fields.len() != expected || (typed && !own_type) {
            return Err(wrong());
        }
        bytes(fields.get("Data"), encoding)
    };
    items.iter().map(item).collect()
}

/// `add` and `remove` of byte arrays; one without either changes nothing. The elements of an untyped property must say
/// what they are: all at once by the property's annotation, or each by its own (OData JSON Format 4.01 §4.6.3).
fn hashtable(name: &str, fields: &Map<String, Value>, encoding: ByteEncoding) -> Result<Parameter, Failure> {
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for (key, value, annotation) in annotated(fields)? {
        let place = match key.to_ascii_lowercase().as_str() {
            "add" => &mut add,
            "remove" => &mut remove,
            _ => return Err(Failure::odata(format!("The hashtable '{name}' has an unknown entry '{key}'."))),
        };
        let items = match (value, annotation) {
            (Value::Array(items), None) => list(name, items, encoding, true)?,
            (Value::Array(items), Some(BYTE_ARRAYS)) => list(name, items, encoding, false)?,
            _ => {
                return Err(Failure::odata(format!(
                    "The entry '{key}' of '{name}' is no list of byte arrays."
                )));
            }
        };
        place.extend(items);
    }
    Ok(Parameter::Change { add, remove })
}

/// `Data` in the encoding that the settings name; the other one is refused (docs/design/exchange-online.md §1.6,
/// "`<bytes>`").
fn bytes(data: Option<&Value>, encoding: ByteEncoding) -> Result<String, Failure> {
    let unexpected = |found: &str, wanted: &str| {
        Err(Failure::odata(format!(
            "An unexpected '{found}' node was found for property named 'Data' when reading from the JSON reader. \
             A '{wanted}' node was expected."
        )))
    };
    match (encoding, data) {
        (ByteEncoding::Base64, Some(Value::String(text))) if STANDARD.decode(text).is_ok() => {
            Ok(text.clone())
        }
        (ByteEncoding::Base64, Some(Value::String(_))) => Err(Failure::odata(
            "Cannot convert the literal of 'Data' to the expected type 'Edm.Binary'.".into(),
        )),
        (ByteEncoding::Base64, Some(Value::Array(_))) => unexpected("StartArray", "PrimitiveValue"),
        (ByteEncoding::IntegerArray, Some(Value::Array(items))) => {
            let octet = |item: &Value| item.as_u64().and_then(|number| u8::try_from(number).ok());
            let octets: Option<Vec<u8>> = items.iter().map(octet).collect();
            let octets = octets.ok_or_else(|| {
                Failure::odata("Cannot convert a literal of 'Data' to the expected type 'Edm.Byte'.".into())
            })?;
            Ok(STANDARD.encode(octets))
        }
        (ByteEncoding::IntegerArray | ByteEncoding::Neither, Some(Value::String(_))) => {
            unexpected("PrimitiveValue", "StartArray")
        }
        (ByteEncoding::Neither, Some(Value::Array(_))) => unexpected("StartArray", "StartObject"),
        _ => Err(Failure::odata("The property 'Data' is missing or of a wrong kind.".into())),
    }
}
