//! JSON schemas as tables.

use serde_json::{Map, Value};

/// All types of the interface; those that were shown are not shown again.
pub struct Types {
    schemas: Map<String, Value>,
    /// The names of those that callers pass; they have defaults.
    inputs: Vec<String>,
    shown: Vec<String>,
}

impl Types {
    /// Of a type that goes both ways, the form that callers pass is kept.
    pub fn new(inputs: Map<String, Value>, outputs: Map<String, Value>) -> Self {
        let names = inputs.keys().cloned().collect();
        let mut schemas = outputs;
        schemas.extend(inputs);
        Self { schemas, inputs: names, shown: Vec::new() }
    }

    /// Forgets a type that is told of elsewhere, or not at all.
    pub fn drop_type(&mut self, name: &str) {
        self.schemas.remove(name);
    }

    /// A type under a heading of its own.
    pub fn section(&mut self, name: &str, level: &str, title: &str) -> String {
        self.shown.push(name.to_owned());
        let schema = &self.schemas[name];
        format!("{level} {title}\n{}\n{}", description(schema), self.table(name, schema))
    }

    /// A type that is told apart by the field `tag`: one heading for each of its forms.
    pub fn variants(&mut self, name: &str, title: &str, tag: &str) -> String {
        self.shown.push(name.to_owned());
        let schema = self.schemas[name].clone();
        let mut text = format!(
            "## {title}\n{}\nThe field `{tag}` says which one it is; it stands beside the fields shown.\n",
            description(&schema)
        );
        for form in schema["oneOf"].as_array().unwrap() {
            let which = form["properties"][tag]["const"].as_str().unwrap();
            let mut form = form.clone();
            form["properties"].as_object_mut().unwrap().remove(tag);
            form["required"].as_array_mut().unwrap().retain(|field| field != tag);
            let fields = form["$ref"].as_str().map(|target| target.rsplit('/').next().unwrap().to_owned());
            let table = match fields {
                Some(fields) => {
                    self.shown.push(fields.clone());
                    self.table(&fields, &self.schemas[&fields])
                }
                None => self.table(name, &form),
            };
            text += &format!("\n### `{which}`\n{}\n{table}", description(&form));
        }
        text
    }

    /// Every type that was not shown yet.
    pub fn rest(&mut self) -> String {
        let names: Vec<String> =
            self.schemas.keys().filter(|name| !self.shown.contains(name)).cloned().collect();
        names.iter().map(|name| self.section(name, "###", name)).collect::<Vec<_>>().join("\n")
    }

    fn table(&self, name: &str, schema: &Value) -> String {
        if let Some(values) = schema["oneOf"].as_array() {
            let rows: String = values.iter().map(value_row).collect();
            return format!("\n| value | means |\n|---|---|\n{rows}");
        }
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut fields: Vec<(&String, &Value)> = properties(schema).collect();
        if fields.is_empty() {
            return String::new();
        }
        let place = |name: &str| required.iter().position(|one| *one == name).unwrap_or(usize::MAX);
        fields.sort_by_key(|(name, _)| (place(name), name.to_lowercase()));
        if !self.inputs.iter().any(|input| input == name) {
            let row = |(name, field): (&String, &Value)| {
                format!("| `{name}` | {} | {} |\n", type_of(field), cell(&description(field)))
            };
            let rows: String = fields.into_iter().map(row).collect();
            return format!("\n| field | type | means |\n|---|---|---|\n{rows}");
        }
        let row = |(name, field): (&String, &Value)| {
            let needed = if place(name) == usize::MAX { default_of(field) } else { "required".into() };
            format!("| `{name}` | {} | {needed} | {} |\n", type_of(field), cell(&description(field)))
        };
        let rows: String = fields.into_iter().map(row).collect();
        format!("\n| field | type | default | means |\n|---|---|---|---|\n{rows}")
    }
}

/// Forgets one variant of a tagged type.
pub fn drop_variant(schemas: &mut Map<String, Value>, name: &str, variant: &str) {
    let is_dropped = |schema: &Value| {
        properties(schema).any(|(_, property)| property.get("const").is_some_and(|tag| tag == variant))
    };
    schemas[name]["oneOf"].as_array_mut().unwrap().retain(|schema| !is_dropped(schema));
}

/// Keeps these types and those that they name, directly or through others.
pub fn keep_reachable(schemas: &mut Map<String, Value>, from: &[&str]) {
    let mut reached: Vec<String> = Vec::new();
    let mut next: Vec<String> = from.iter().map(|name| (*name).to_owned()).collect();
    while let Some(name) = next.pop() {
        if !reached.contains(&name) {
            next.extend(references(&schemas[&name]));
            reached.push(name);
        }
    }
    schemas.retain(|name, _| reached.contains(name));
}

/// The names of the types that a schema names.
fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
            own.map(str::to_owned).into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.replace("[`", "`").replace("`]", "`")
}

fn cell(text: &str) -> String {
    text.replace('\n', " ").replace('|', "\\|")
}

fn value_row(value: &Value) -> String {
    let name = value["const"].as_str().unwrap_or_default();
    format!("| `{name}` | {} |\n", cell(&description(value)))
}

fn default_of(field: &Value) -> String {
    match &field["default"] {
        Value::Null => String::new(),
        Value::Array(list) if list.is_empty() => "`[]`".to_owned(),
        value => format!("`{value}`"),
    }
}

/// The type in one word, as a reader of JSON says it.
fn type_of(field: &Value) -> String {
    if let Some(target) = field["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap_or_default();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(choices) = field["anyOf"].as_array() {
        let null = choices.iter().any(|choice| choice["type"] == "null");
        let names: Vec<String> =
            choices.iter().filter(|choice| choice["type"] != "null").map(type_of).collect();
        return names.join(" or ") + if null { "?" } else { "" };
    }
    match &field["type"] {
        Value::String(name) => simple_type(name, field),
        Value::Array(names) => {
            let null = names.iter().any(|name| name == "null");
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(|name| simple_type(name, field)).collect::<Vec<_>>().join(" or ")
                + if null { "?" } else { "" }
        }
        _ => "any".to_owned(),
    }
}

fn simple_type(name: &str, field: &Value) -> String {
    match name {
        "array" => format!("list of {}", type_of(&field["items"])),
        "object" if field["additionalProperties"].is_boolean() => "map of any".to_owned(),
        "object" => format!("map of {}", type_of(&field["additionalProperties"])),
        other => other.to_owned(),
    }
}
