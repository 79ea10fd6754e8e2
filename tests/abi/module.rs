//! What the module's own files say of the interface: the shapes of result objects, the constants of the header.
//! `SMIME_SYNC_BLESS=1` writes them anew.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use smime_sync::operation::request::RESULT_TYPES;

use crate::{common::generated::compare_or_bless, docs};

const BLESS: &str = "SMIME_SYNC_BLESS=1 cargo test --test abi module";

/// What has to be done to an object's fields.
#[derive(Default)]
struct Shape {
    dates: Vec<String>,
    lists: Vec<String>,
    /// The types of the objects in lists.
    items: Vec<(String, String)>,
}

impl Shape {
    fn of(schema: &Json, all: &serde_json::Map<String, Json>) -> Self {
        let mut shape = Self::default();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if is_date(field, all) {
                shape.dates.push(name.clone());
            }
            if is_list(field) {
                shape.lists.push(name.clone());
                let item = field["items"]["$ref"].as_str().map(|target| target.rsplit('/').next().unwrap());
                if let Some(item) = item.filter(|item| all[*item]["type"] == "object") {
                    shape.items.push((name.clone(), item.to_owned()));
                }
            }
        }
        shape
    }

    fn text(&self) -> String {
        let list = |names: &[String]| {
            format!("@({})", names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", "))
        };
        let items: String = self
            .items
            .iter()
            .map(|(name, item)| format!("            {name} = 'SmimeSync.{item}'\n"))
            .collect();
        let items = if items.is_empty() { "@{}".to_owned() } else { format!("@{{\n{items}        }}") };
        format!(
            "        Date = {}\n        List = {}\n        Item = {items}\n",
            list(&self.dates),
            list(&self.lists)
        )
    }
}

fn is_list(field: &Json) -> bool {
    field["type"] == "array"
}

/// Whether a field is a time, or may be one.
fn is_date(field: &Json, all: &serde_json::Map<String, Json>) -> bool {
    let target = field["$ref"].as_str().map(|target| &all[target.rsplit('/').next().unwrap()]);
    let choices = field["anyOf"].as_array().into_iter().flatten();
    field["format"] == "date-time"
        || target.is_some_and(|target| target["format"] == "date-time")
        || choices.clone().any(|choice| is_date(choice, all))
}

#[test]
fn the_module_knows_the_shapes_of_the_result_objects() {
    let (names, all) = docs::result_schemas();
    let mut shapes: BTreeMap<String, Shape> = BTreeMap::new();
    for (kind, name) in RESULT_TYPES.iter().zip(&names) {
        shapes.insert(format!("{kind:?}"), Shape::of(&all[*name], &all));
    }
    // Objects within objects, where there are dates in them.
    for (name, schema) in &all {
        let shape = Shape::of(schema, &all);
        if !names.contains(&name.as_str()) && schema["type"] == "object" && !shape.dates.is_empty() {
            shapes.insert(name.clone(), shape);
        }
    }
    shapes.retain(|_, shape| !shape.dates.is_empty() || !shape.lists.is_empty());
    let rows: String =
        shapes.iter().map(|(name, shape)| format!("    {name} = @{{\n{}    }}\n", shape.text())).collect();
    let text = format!(
        "# What has to be done to the library's objects, by their type: which fields are dates, which are lists, and the\n\
         # type name of the objects in a list. Generated from the types of results in src/:\n\
         # {BLESS}\n\
         $script:ObjectShape = @{{\n{rows}}}\n"
    );
    compare_or_bless("powershell/SmimeSync/Private/ObjectShape.ps1", "abi module", &text);
}

#[test]
fn the_bridge_knows_the_constants_of_the_header() {
    let header = crate::header::generated();
    let version = header.lines().find_map(|line| line.strip_prefix("#define SMIME_ABI_VERSION ")).unwrap();
    let statuses = header.lines().filter_map(|line| {
        let (name, value) =
            line.trim().strip_prefix("SMIME_STATUS_")?.strip_suffix(',')?.split_once(" = ")?;
        let (first, rest) = name.split_at(1);
        Some(format!("        internal const int {first}{} = {value};\n", rest.to_lowercase()))
    });
    let statuses: String = statuses.collect();
    let text = format!(
        "// Generated from include/smime_sync.h: {BLESS}
namespace SmimeSync.Native
{{
    /// <summary>The constants of the interface that this assembly is made for.</summary>
    internal static class Abi
    {{
        /// <summary>The version of the interface.</summary>
        internal const uint Version = {version};
    }}

    /// <summary>What the library's functions answer.</summary>
    internal static class Status
    {{
{statuses}    }}
}}
"
    );
    compare_or_bless("powershell/SmimeSync/Native/Abi.cs", "abi module", &text);
}
