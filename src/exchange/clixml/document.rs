//! The walk through a CLIXML document, element by element.

use std::collections::HashMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{invalid, printable, text_of, unescape};
use crate::{
    error::Result,
    exchange::{Object, Property},
};

/// How deep elements may be nested; PowerShell's own serialiser goes to about a dozen here.
const DEEPEST: usize = 32;
/// How many elements a document may have.
const MOST_ELEMENTS: usize = 2_000_000;
/// How many bytes references may repeat in all.
const MOST_REPEATED: usize = 16 << 20;

/// The start of an element.
struct Element {
    kind: String,
    /// The name of the member that it is (`N`).
    name: Option<String>,
    /// What it is called, or which object it stands for (`RefId`).
    reference: Option<String>,
}

/// What an `Obj` holds.
#[derive(Default)]
struct Parts {
    members: Object,
    to_string: Option<String>,
    list: Option<Vec<Property>>,
    primitive: Option<Property>,
}

impl Parts {
    /// The object as a value of a property; `None` where it has no form of that kind.
    fn into_property(self, counts_only: bool) -> Option<Property> {
        if let Some(list) = self.list {
            let binary = counts_only && !list.is_empty();
            let counted = binary && list.iter().all(|one| matches!(one, Property::Count(_)));
            return Some(if counted { Property::Count(list.len()) } else { Property::List(list) });
        }
        match (self.primitive, self.to_string) {
            (Some(binary @ (Property::Binary(_) | Property::Count(_))), _) => Some(binary),
            (_, Some(text)) => Some(Property::Text(text)),
            (primitive, None) => primitive,
        }
    }
}

/// A document that is being read.
pub struct Document<'a> {
    xml: Reader<&'a [u8]>,
    counts_only: bool,
    elements: usize,
    depth: usize,
    repeated: usize,
    references: HashMap<String, Property>,
}

impl<'a> Document<'a> {
    /// Begins to read `text`; with `counts_only`, binary values are counted instead of kept.
    pub fn new(text: &'a str, counts_only: bool) -> Self {
        let mut xml = Reader::from_str(text);
        xml.config_mut().expand_empty_elements = true;
        Self { xml, counts_only, elements: 0, depth: 0, repeated: 0, references: HashMap::new() }
    }

    /// The objects of the whole document.
    pub fn read(mut self) -> Result<Vec<Object>> {
        let objects = match self.child()? {
            Some(root) if root.kind == "Objs" => self.top()?,
            Some(root) => return Err(invalid(format_args!("it begins with <{}>", printable(&root.kind)))),
            None => return Err(invalid("it is empty")),
        };
        match self.child()? {
            None => Ok(objects),
            Some(_) => Err(invalid("something follows its end")),
        }
    }

    /// The start of the next element, or `None` at the end of the one around it.
    fn child(&mut self) -> Result<Option<Element>> {
        loop {
            match self.xml.read_event().map_err(invalid)? {
                Event::Start(start) => return self.enter(&start).map(Some),
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(None);
                }
                Event::Eof if self.depth == 0 => return Ok(None),
                Event::Eof => return Err(invalid("it ends in the middle")),
                Event::Text(text) if text.trim().is_empty() => {}
                Event::Comment(_) | Event::Decl(_) => {}
                _ => return Err(invalid("it has text or declarations between its elements")),
            }
        }
    }

    fn enter(&mut self, start: &BytesStart<'_>) -> Result<Element> {
        self.elements += 1;
        self.depth += 1;
        if self.elements > MOST_ELEMENTS || self.depth > DEEPEST {
            return Err(invalid("it has too many elements, or too many inside each other"));
        }
        let attribute = |name: &str| -> Result<Option<String>> {
            let found = start.try_get_attribute(name).map_err(invalid)?;
            found.map(|one| text_of(&one.value)).transpose()
        };
        Ok(Element {
            kind: start.local_name().as_ref().to_owned(),
            name: attribute("N")?.map(|name| unescape(&name)),
            reference: attribute("RefId")?,
        })
    }

    /// The text of the element just begun, to its end.
    fn text(&mut self) -> Result<String> {
        let mut all = String::new();
        loop {
            match self.xml.read_event().map_err(invalid)? {
                Event::Text(text) => all.push_str(&text.xml10_content()),
                Event::CData(text) => all.push_str(&text.xml10_content()),
                Event::GeneralRef(entity) => all.push_str(&text_of(&format!("&{};", &*entity))?),
                Event::Comment(_) => {}
                Event::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    return Ok(all);
                }
                Event::Eof => return Err(invalid("it ends in the middle")),
                _ => return Err(invalid("a value is not only text")),
            }
        }
    }

    /// Leaves the element just begun, with everything in it.
    fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            match self.xml.read_event().map_err(invalid)? {
                Event::Start(start) => drop(self.enter(&start)?),
                Event::End(_) => self.depth = self.depth.saturating_sub(1),
                Event::Eof => return Err(invalid("it ends in the middle")),
                Event::DocType(_) => return Err(invalid("it has a document type")),
                _ => {}
            }
        }
        Ok(())
    }

    /// The objects inside `Objs`; a list of objects counts as its objects.
    fn top(&mut self) -> Result<Vec<Object>> {
        let mut objects = Vec::new();
        while let Some(element) = self.child()? {
            if element.kind == "Obj" {
                self.top_object(element.reference, &mut objects)?;
            } else {
                self.skip()?;
            }
        }
        Ok(objects)
    }

    fn top_object(&mut self, reference: Option<String>, objects: &mut Vec<Object>) -> Result<()> {
        let mut parts = Parts::default();
        let mut is_list = false;
        while let Some(element) = self.child()? {
            if is_list_kind(&element.kind) {
                is_list = true;
                while let Some(inner) = self.child()? {
                    if inner.kind == "Obj" {
                        self.top_object(inner.reference, objects)?;
                    } else {
                        self.skip()?;
                    }
                }
            } else {
                self.part(element, &mut parts)?;
            }
        }
        if !is_list {
            objects.push(std::mem::take(&mut parts.members));
            self.remember(reference, parts.into_property(self.counts_only).as_ref());
        }
        Ok(())
    }

    /// Takes one child of an `Obj`.
    fn part(&mut self, element: Element, parts: &mut Parts) -> Result<()> {
        match element.kind.as_str() {
            "ToString" => parts.to_string = Some(unescape(&self.text()?)),
            "Props" | "MS" => {
                while let Some(member) = self.child()? {
                    let name = member.name.clone();
                    match (self.value(member)?, name) {
                        (Some(value), Some(name)) => parts.members.insert(&name, value),
                        (None, Some(name)) => parts.members.mention(&name),
                        (_, None) => {}
                    }
                }
            }
            kind if is_list_kind(kind) => {
                let mut list = Vec::new();
                while let Some(item) = self.child()? {
                    list.extend(self.value(item)?);
                }
                parts.list = Some(list);
            }
            _ => {
                if let Some(value) = self.value(element)? {
                    parts.primitive = Some(value);
                }
            }
        }
        Ok(())
    }

    /// The value that the element just begun stands for; `None` for `Nil` and for kinds that are not needed, such as
    /// type names and dictionaries.
    fn value(&mut self, element: Element) -> Result<Option<Property>> {
        Ok(match element.kind.as_str() {
            "S" => Some(Property::Text(unescape(&self.text()?))),
            "G" | "DT" | "TS" | "D" | "Db" | "Sg" | "URI" | "Version" | "XD" => {
                Some(Property::Text(self.text()?))
            }
            "B" => match self.text()?.trim() {
                "true" => Some(Property::Flag(true)),
                "false" => Some(Property::Flag(false)),
                other => return Err(invalid(format_args!("'{}' is no boolean", printable(other)))),
            },
            "By" | "SB" | "I16" | "U16" | "I32" | "U32" | "I64" | "U64" => Some(number(self.text()?)?),
            "BA" => Some(self.binary()?),
            "Obj" => {
                let mut parts = Parts::default();
                while let Some(child) = self.child()? {
                    self.part(child, &mut parts)?;
                }
                let value = parts.into_property(self.counts_only);
                self.remember(element.reference, value.as_ref());
                value
            }
            "Ref" => {
                self.skip()?;
                self.repeat(element.reference)?
            }
            _ => {
                self.skip()?;
                None
            }
        })
    }

    fn binary(&mut self) -> Result<Property> {
        let mut text = self.text()?;
        text.retain(|c| !c.is_ascii_whitespace());
        let bytes =
            BASE64_STANDARD.decode(text).map_err(|e| invalid(format_args!("bytes are no base64: {e}")))?;
        Ok(if self.counts_only { Property::Count(1) } else { Property::Binary(bytes) })
    }

    fn remember(&mut self, reference: Option<String>, value: Option<&Property>) {
        if let (Some(reference), Some(value)) = (reference, value) {
            self.references.insert(reference, value.clone());
        }
    }

    /// The value that an earlier object had; `None` where it had none.
    fn repeat(&mut self, reference: Option<String>) -> Result<Option<Property>> {
        let value = reference.and_then(|reference| self.references.get(&reference)).cloned();
        self.repeated = self.repeated.saturating_add(value.as_ref().map_or(0, weight));
        if self.repeated > MOST_REPEATED {
            return Err(invalid("its references repeat too much"));
        }
        Ok(value)
    }
}

fn is_list_kind(kind: &str) -> bool {
    matches!(kind, "LST" | "IE" | "QUE" | "STK")
}

fn number(text: String) -> Result<Property> {
    match text.trim().parse::<i128>() {
        Ok(number) => Ok(i64::try_from(number).map_or(Property::Text(text), Property::Number)),
        Err(_) => Err(invalid(format_args!("'{}' is no number", printable(&text)))),
    }
}

/// About how many bytes a value takes.
fn weight(value: &Property) -> usize {
    size_of::<Property>()
        + match value {
            Property::Text(text) => text.len(),
            Property::Binary(bytes) => bytes.len(),
            Property::List(list) => list.iter().map(weight).sum(),
            Property::Flag(_) | Property::Number(_) | Property::Count(_) => 0,
        }
}
