//! The module's classes of result objects, out of the schema that `docs/abi.md` shows. `SMIME_SYNC_BLESS=1` writes them
//! anew.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use smime_sync::operation::request::RESULT_TYPES;

use crate::{common::generated::compare_or_bless, docs};

const BLESS: &str = "SMIME_SYNC_BLESS=1 cargo test --test abi results";

/// The schemas of all types, and the names that classes have where the schema's is another.
struct Schemas {
    all: Map<String, Json>,
    classes: BTreeMap<String, String>,
}

/// A property's type in C#, and the call that reads it.
struct Read {
    class: String,
    call: String,
}

impl Read {
    fn of(class: &str, call: &str) -> Self {
        Self { class: class.to_owned(), call: call.to_owned() }
    }
}

impl Schemas {
    fn target<'a>(&'a self, field: &'a Json) -> Option<(&'a str, &'a Json)> {
        let name = field["$ref"].as_str()?.rsplit('/').next()?;
        Some((name, &self.all[name]))
    }

    fn class<'a>(&'a self, name: &'a str) -> &'a str {
        self.classes.get(name).map_or(name, String::as_str)
    }

    /// How a field is read; one that is not always there has a type that can be `null`.
    fn read(&self, field: &Json, optional: bool) -> Read {
        if let Some(choices) = field["anyOf"].as_array() {
            let (nothing, rest): (Vec<_>, Vec<_>) = choices.iter().partition(|one| one["type"] == "null");
            assert_eq!((nothing.len(), rest.len()), (1, 1), "{field}");
            return self.read(rest[0], true);
        }
        if let Some((name, target)) = self.target(field) {
            if target["type"] == "object" {
                let class = self.class(name);
                // A property may have the name of a class.
                return Read::of(class, &format!("SmimeSync.{class}.FromJson(json)"));
            }
            return self.read(target, optional);
        }
        let (kind, optional) = match &field["type"] {
            Json::Array(kinds) => {
                let kinds: Vec<_> = kinds.iter().filter(|kind| *kind != "null").collect();
                assert_eq!(kinds.len(), 1, "{field}");
                (kinds[0].as_str().unwrap(), true)
            }
            // An enumeration, whose values have descriptions of their own.
            Json::Null if field["oneOf"].is_array() => ("string", optional),
            kind => (kind.as_str().unwrap_or_else(|| panic!("{field}")), optional),
        };
        let (class, call, or_null) = match kind {
            "string" if field["format"] == "date-time" => ("DateTime", "Time", true),
            "string" => return Read::of("string", "json.Text()"),
            "integer" => ("long", "Integer", true),
            "boolean" => ("bool", "Flag", true),
            "number" => ("double", "Number", false),
            "array" => return self.list(&field["items"]),
            "object" if field["additionalProperties"]["type"] == "string" => {
                return Read::of("TextMap", "json.TextMap()");
            }
            other => panic!("no type of C# for {other}: {field}"),
        };
        assert!(or_null || !optional, "{field}");
        match optional {
            true => Read::of(&format!("{class}?"), &format!("json.{call}OrNull()")),
            false => Read::of(class, &format!("json.{call}()")),
        }
    }

    fn list(&self, item: &Json) -> Read {
        let item = self.read(item, false);
        match item.class.as_str() {
            "string" => Read::of("ItemList<string>", "json.Texts()"),
            class => Read::of(
                &format!("ItemList<{class}>"),
                &format!("json.List<{class}>(one => {})", item.call.replace("json", "one")),
            ),
        }
    }

    /// One class. A property may not have the name of the class that declares it, but one that it inherits may.
    fn declared(&self, name: &str) -> String {
        let (class, schema) = (self.class(name), &self.all[name]);
        let required: Vec<_> =
            schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let fields: Vec<_> =
            schema["properties"].as_object().unwrap_or_else(|| panic!("{name}")).iter().collect();
        let mut properties = String::new();
        let mut cases = String::new();
        let mut lists = String::new();
        for (field, shape) in fields.iter().map(|(field, shape)| (field.as_str(), *shape)) {
            let Read { class, call } = self.read(shape, !required.contains(&field));
            let says = summary(&self.description(shape));
            properties += &format!(
                "        /// <summary>{says}</summary>\n        public {class} {field} {{ get; set; }}\n\n"
            );
            cases += &format!("                    case \"{field}\": made.{field} = {call}; break;\n");
            if class.starts_with("ItemList<") || class == "TextMap" {
                lists += &format!("            {field} = new {class}();\n");
            }
        }
        let says = summary(schema["description"].as_str().unwrap_or_default());
        let bears_its_name = fields.iter().any(|(field, _)| field.as_str() == class);
        let holder = if bears_its_name { format!("{class}Fields") } else { class.to_owned() };
        let constructor = match (lists.is_empty(), bears_its_name) {
            (true, _) => String::new(),
            (_, true) => format!("        internal {holder}()\n        {{\n{lists}        }}\n\n"),
            (_, false) => format!(
                "        /// <summary>One without values.</summary>\n        public {holder}()\n        {{\n{lists}        }}\n\n"
            ),
        };
        let read = format!(
            "        internal static {class} FromJson(JsonReader json)\n        {{\n            if (!json.Open()) return null;\n            \
             var made = new {class}();\n            for (string name; (name = json.NextName()) != null;)\n            {{\n                \
             switch (name)\n                {{\n{cases}                    default: json.Skip(); break;\n                }}\n            \
             }}\n            return made;\n        }}\n"
        );
        let properties = properties.trim_end_matches('\n');
        match bears_its_name {
            false => format!(
                "    /// <summary>{says}</summary>\n    public sealed partial class {class}\n    {{\n{constructor}{properties}\n\n{read}    }}\n"
            ),
            true => format!(
                "    /// <summary>What <see cref=\"{class}\"/> holds.</summary>\n    public abstract class {holder}\n    {{\n{constructor}{properties}\n    }}\n\n    \
                 /// <summary>{says}</summary>\n    public sealed partial class {class} : {holder}\n    {{\n{read}    }}\n"
            ),
        }
    }

    /// What a field is: its own words, else those of its type.
    fn description(&self, field: &Json) -> String {
        let own = field["description"].as_str();
        let of_type = || self.target(field).and_then(|(_, target)| target["description"].as_str());
        own.or_else(of_type).unwrap_or_default().to_owned()
    }

    /// The objects that a type holds, and those that they hold, itself first.
    fn reach(&self, name: &str, reached: &mut Vec<String>) {
        if self.all[name]["type"] != "object" || reached.iter().any(|one| one == name) {
            return;
        }
        reached.push(name.to_owned());
        let mut targets = Vec::new();
        references(&self.all[name]["properties"], &mut targets);
        targets.iter().for_each(|target| self.reach(target, reached));
    }
}

fn references(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            let own = fields.get("$ref").and_then(Json::as_str).and_then(|path| path.rsplit('/').next());
            found.extend(own.map(str::to_owned));
            fields.values().for_each(|one| references(one, found));
        }
        Json::Array(items) => items.iter().for_each(|one| references(one, found)),
        _ => {}
    }
}

/// A description as XML of a comment, in one line and in ASCII.
fn summary(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('`', "");
    let ascii =
        |one: char| if one.is_ascii() { one.to_string() } else { format!("&#x{:x};", u32::from(one)) };
    line.chars().map(ascii).collect()
}

#[test]
fn the_module_has_a_class_for_each_type_of_result() {
    let (names, all) = docs::result_schemas();
    let kinds: Vec<String> = RESULT_TYPES.iter().map(|kind| format!("{kind:?}")).collect();
    let classes = names.iter().map(|name| (*name).to_owned()).zip(kinds.iter().cloned()).collect();
    let schemas = Schemas { all, classes };
    let mut reached = Vec::new();
    names.iter().for_each(|name| schemas.reach(name, &mut reached));
    reached.sort();
    let declared: Vec<String> = reached.iter().map(|name| schemas.declared(name)).collect();
    let cases: String = kinds
        .iter()
        .map(|kind| format!("                case \"{kind}\": return SmimeSync.{kind}.FromJson(json);\n"))
        .collect();
    let text = format!(
        "// Generated from the types of results in src/: {BLESS}
using System;
using SmimeSync.Native;

namespace SmimeSync
{{
{}}}

namespace SmimeSync.Native
{{
    /// <summary>The types of results.</summary>
    internal static class Results
    {{
        internal static object Read(JsonReader json, string type)
        {{
            switch (type)
            {{
{cases}                default:
                    throw new LibraryException(
                        \"The native library returned a '\" + type + \"', which this module does not know. Install module and \" +
                        \"library from the same package.\", null);
            }}
        }}
    }}
}}
",
        declared.join("\n")
    );
    compare_or_bless("powershell/SmimeSync/Native/Results.cs", "abi results", &text);
}
