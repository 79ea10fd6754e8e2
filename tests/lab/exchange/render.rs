//! Objects as JSON and as CLIXML (docs/design/exchange-online.md §1.6, "Read, json format").

use serde_json::{Map, Value, json};

use super::{
    object::{Object, Property},
    settings::{BinaryInClixml, BinaryInJson},
};

/// What is shown of a binary value that its format has no form for.
const TYPE_NAME: &str = "System.Byte[]";

/// The properties that `$select` names, in any case, all without it; but for those that the format never has.
pub struct Shown<'a> {
    pub select: Option<&'a [String]>,
    pub missing: &'a [String],
}

impl Shown<'_> {
    fn has(&self, name: &str) -> bool {
        let named = |names: &[String]| names.iter().any(|other| other.eq_ignore_ascii_case(name));
        self.select.is_none_or(named) && !named(self.missing)
    }
}

/// One object of the json format.
pub fn json(object: &Object, shown: &Shown<'_>, binary: BinaryInJson) -> Value {
    let mut out = Map::new();
    let list = |out: &mut Map<String, Value>, name: &str, items: Vec<Value>| {
        // docs/design/exchange-online.md §1.6: an empty list is "#Collection(String)", [].
        out.insert(format!("{name}@odata.type"), "#Collection(String)".into());
        out.insert(name.to_owned(), Value::Array(items));
    };
    let bytes = |base64: &str| match binary {
        BinaryInJson::Base64 => Value::from(base64),
        BinaryInJson::TypeName | BinaryInJson::Empty => Value::from(TYPE_NAME),
    };
    for (name, value) in object.properties.iter().filter(|(name, _)| shown.has(name)) {
        match value {
            Property::Texts(_, texts) => {
                list(&mut out, name, texts.iter().cloned().map(Value::from).collect())
            }
            Property::ByteList(_) if binary == BinaryInJson::Empty => list(&mut out, name, Vec::new()),
            Property::ByteList(values) => list(&mut out, name, values.iter().map(|one| bytes(one)).collect()),
            Property::Bytes(value) => drop(out.insert((*name).to_owned(), bytes(value))),
            Property::Null => drop(out.insert((*name).to_owned(), Value::Null)),
            Property::Flag(flag) => drop(out.insert((*name).to_owned(), json!(flag))),
            Property::Number(number) => drop(out.insert((*name).to_owned(), json!(number))),
            Property::Text(text) | Property::Guid(text) | Property::Date(text) => {
                out.insert((*name).to_owned(), json!(text));
            }
        }
    }
    Value::Object(out)
}

const BYTE_LIST: &str = "Microsoft.Exchange.Data.MultiValuedProperty`1[[System.Byte[], mscorlib, Version=4.0.0.0, \
    Culture=neutral, PublicKeyToken=b77a5c561934e089]]";

/// One object of the clixml format, as PowerShell's serialiser writes it ([MS-PSRP] 2.2.5; third party: PowerShell's
/// own `serialization.cs`): type names once, then by reference; collections as a list.
pub fn clixml(object: &Object, shown: &Shown<'_>, binary: BinaryInClixml) -> String {
    let mut out = Writer { text: String::with_capacity(4096), types: Vec::new(), references: 0 };
    out.text.push_str(r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">"#);
    out.open(None);
    out.type_names(&[object.type_name, "Microsoft.Exchange.Data.ConfigurableObject", "System.Object"]);
    out.element("ToString", None, &object.text);
    out.text.push_str("<Props>");
    for (name, value) in object.properties.iter().filter(|(name, _)| shown.has(name)) {
        match value {
            Property::Null => out.text.push_str(&format!(r#"<Nil N="{name}" />"#)),
            Property::Text(text) => out.element("S", Some(name), text),
            Property::Guid(text) => out.element("G", Some(name), text),
            Property::Date(text) => out.element("DT", Some(name), text),
            Property::Flag(flag) => out.element("B", Some(name), if *flag { "true" } else { "false" }),
            Property::Number(number) => out.element("I32", Some(name), &number.to_string()),
            Property::Bytes(base64) => out.element("BA", Some(name), base64),
            Property::ByteList(values) if binary == BinaryInClixml::TypeName => {
                out.list(name, BYTE_LIST, "S", &vec![TYPE_NAME.to_owned(); values.len()]);
            }
            Property::ByteList(_) if binary == BinaryInClixml::Nil => {
                out.text.push_str(&format!(r#"<Nil N="{name}" />"#));
            }
            Property::Texts(type_name, texts) => out.list(name, type_name, "S", texts),
            Property::ByteList(values) => out.list(name, BYTE_LIST, "BA", values),
        }
    }
    out.text.push_str("</Props></Obj></Objs>");
    out.text
}

struct Writer {
    text: String,
    types: Vec<String>,
    references: usize,
}

impl Writer {
    fn open(&mut self, name: Option<&str>) {
        let name = name.map(|name| format!(r#" N="{name}""#)).unwrap_or_default();
        self.text.push_str(&format!(r#"<Obj{name} RefId="{}">"#, self.references));
        self.references += 1;
    }

    fn type_names(&mut self, names: &[&str]) {
        let key = names.join("|");
        if let Some(position) = self.types.iter().position(|known| *known == key) {
            self.text.push_str(&format!(r#"<TNRef RefId="{position}" />"#));
            return;
        }
        self.text.push_str(&format!(r#"<TN RefId="{}">"#, self.types.len()));
        for name in names {
            self.element("T", None, name);
        }
        self.text.push_str("</TN>");
        self.types.push(key);
    }

    fn element(&mut self, tag: &str, name: Option<&str>, text: &str) {
        match name {
            Some(name) => self.text.push_str(&format!(r#"<{tag} N="{name}">"#)),
            None => self.text.push_str(&format!("<{tag}>")),
        }
        if tag == "BA" {
            self.text.push_str(text);
        } else {
            escape(text, &mut self.text);
        }
        self.text.push_str(&format!("</{tag}>"));
    }

    fn list(&mut self, name: &str, type_name: &str, tag: &str, items: &[String]) {
        self.open(Some(name));
        self.type_names(&[type_name, "Microsoft.Exchange.Data.MultiValuedPropertyBase", "System.Object"]);
        if items.is_empty() {
            self.text.push_str("<LST /></Obj>");
            return;
        }
        self.text.push_str("<LST>");
        for item in items {
            self.element(tag, None, item);
        }
        self.text.push_str("</LST></Obj>");
    }
}

/// XML's escapes, and `_xHHHH_` for what XML can't carry and for an underscore that looks like one
/// ([MS-PSRP] 2.2.5.3.2).
fn escape(text: &str, out: &mut String) {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '_' if rest.peek().is_some_and(|next| next.eq_ignore_ascii_case(&'x')) => out.push_str("_x005F_"),
            c if c.is_control() => out.push_str(&format!("_x{:04X}_", u32::from(c))),
            c => out.push(c),
        }
    }
}
