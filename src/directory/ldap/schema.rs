//! What a server says of the two attributes in its schema (RFC 4512, 4.2).

use super::LdapSource;
use crate::{
    directory::{ChangeForm, attribute_names::AttributeNames},
    error::{ErrorId, Result},
    event::Context,
    model::{Attribute, Named},
};

/// The attribute types of a server; none where it shows them to nobody, or not to this account.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Schema {
    types: Vec<AttributeType>,
    /// How the server names the attributes that are asked about.
    names: AttributeNames,
}

#[derive(Debug, Default, PartialEq)]
struct AttributeType {
    /// Its object identifier and its names.
    names: Vec<String>,
    /// The type that it has its rules from where it has none of its own.
    parent: Option<String>,
    has_equality: bool,
    syntax: Option<String>,
}

/// A word of a description, or a parenthesis.
#[derive(Debug, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
}

/// What is transferred with the option `binary` (RFC 4523, 2.1).
const CERTIFICATE_SYNTAX: &str = "1.3.6.1.4.1.1466.115.121.1.8";

/// Most steps from a type to the one that has the rule.
const DEPTH: usize = 10;

impl LdapSource {
    /// The server's schema.
    pub(crate) fn schema(&mut self, context: &Context) -> Result<Schema> {
        let names = self.dialect.names.clone();
        let none = Schema { names: names.clone(), ..Schema::default() };
        let root = self.object("", &["subschemaSubentry"], context)?.unwrap_or_default();
        let name = root.values("subschemaSubentry").next().unwrap_or_default();
        let Some(name) = std::str::from_utf8(name).ok().filter(|name| !name.is_empty()) else {
            return Ok(none);
        };
        match self.object(name, &["attributeTypes"], context) {
            Ok(entry) => {
                let entry = entry.unwrap_or_default();
                let texts = entry.values("attributeTypes").map(String::from_utf8_lossy);
                Ok(Schema { types: texts.map(|text| AttributeType::parse(&text)).collect(), names })
            }
            Err(error) if error.id == ErrorId::DirectoryRefused => Ok(none),
            Err(error) => Err(error),
        }
    }
}

impl Schema {
    /// Whether the server has the attribute; `None` where it shows no schema.
    pub fn has(&self, attribute: Attribute) -> Option<bool> {
        self.is_shown().then(|| self.find(self.name(attribute)).is_some())
    }

    /// Whether the server shows one.
    pub fn is_shown(&self) -> bool {
        !self.types.is_empty()
    }

    /// How the server names the attribute.
    pub fn name(&self, attribute: Attribute) -> &str {
        self.names.of(attribute.name())
    }

    /// The object identifier and all names of the attribute of that name; none where there is no such attribute.
    pub fn names_of(&self, name: &str) -> Vec<String> {
        self.find(name).map(|one| one.names.clone()).unwrap_or_default()
    }

    /// What the server wants of changes, as far as it says so; else what the standards say.
    pub fn change_form(&self) -> ChangeForm {
        let standard = ChangeForm::standard();
        let is_whole = |attribute: &Attribute| match self.has_equality(self.name(*attribute)) {
            Some(has_equality) => !has_equality,
            None => standard.whole.contains(attribute),
        };
        let has_other_name = |attribute: &Attribute| self.names.has_other(attribute.name());
        // The standard is about the attribute of that name; another one may hold plain bytes.
        let is_binary = |attribute: &Attribute| match has_other_name(attribute) {
            true => self.is_of_certificates(self.name(*attribute)),
            false => standard.binary.contains(attribute),
        };
        let named = |attribute: Attribute| (attribute, self.name(attribute).to_owned());
        ChangeForm {
            binary: Attribute::all().filter(is_binary).collect(),
            whole: Attribute::all().filter(is_whole).collect(),
            names: Attribute::all().filter(has_other_name).map(named).collect(),
        }
    }

    fn find(&self, name: &str) -> Option<&AttributeType> {
        self.types.iter().find(|one| one.names.iter().any(|other| other.eq_ignore_ascii_case(name)))
    }

    /// `None` where that can't be told.
    fn has_equality(&self, name: &str) -> Option<bool> {
        self.any(name, |one| one.has_equality)
    }

    fn is_of_certificates(&self, name: &str) -> bool {
        self.any(name, |one| one.syntax.as_deref() == Some(CERTIFICATE_SYNTAX)) == Some(true)
    }

    /// Whether this holds of the attribute, or of one of those that it has its rules from; `None` where that can't be told.
    fn any(&self, name: &str, holds: impl Fn(&AttributeType) -> bool) -> Option<bool> {
        let mut found = self.find(name)?;
        for _ in 0..DEPTH {
            if holds(found) {
                return Some(true);
            }
            let Some(parent) = &found.parent else { return Some(false) };
            found = self.find(parent)?;
        }
        None
    }
}

impl AttributeType {
    /// Reads a description (RFC 4512, 4.1.2); what is not understood is passed over.
    fn parse(text: &str) -> Self {
        let tokens = tokens(text);
        let mut one = Self::default();
        let value = |token: Option<&Token<'_>>| match token {
            Some(Token::Word(text) | Token::Quoted(text)) => Some((*text).to_owned()),
            None => None,
        };
        let mut rest = tokens.iter().skip_while(|token| **token == Token::Word("("));
        one.names.extend(value(rest.next()));
        while let Some(token) = rest.next() {
            match token {
                Token::Word("NAME") => {
                    let quoted = rest.clone().skip_while(|token| **token == Token::Word("("));
                    one.names.extend(quoted.map_while(|token| match token {
                        Token::Quoted(name) => Some((*name).to_owned()),
                        Token::Word(_) => None,
                    }));
                }
                Token::Word("SUP") => one.parent = value(rest.next()),
                Token::Word("SYNTAX") => {
                    // A length may stand behind it (RFC 4512, 4.1.2: noidlen).
                    let syntax = value(rest.next()).unwrap_or_default();
                    one.syntax = syntax.split('{').next().map(str::to_owned);
                }
                Token::Word("EQUALITY") => one.has_equality = true,
                Token::Word(_) | Token::Quoted(_) => {}
            }
        }
        one
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    // Every second part stands between quotation marks; within them a quotation mark is written as \27.
    for (place, part) in text.split('\'').enumerate() {
        if place % 2 == 1 {
            found.push(Token::Quoted(part));
            continue;
        }
        for word in part.split_whitespace() {
            // Some servers write no space beside parentheses.
            let inner = word.trim_start_matches('(');
            found.extend((inner.len() < word.len()).then_some(Token::Word("(")));
            let bare = inner.trim_end_matches(')');
            found.extend((!bare.is_empty()).then_some(Token::Word(bare)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(texts: &[&str]) -> Schema {
        let types = texts.iter().map(|text| AttributeType::parse(text)).collect();
        Schema { types, ..Schema::default() }
    }

    /// As OpenLDAP 2.5 shows them.
    const CERTIFICATE: &str = "( 2.5.4.36 NAME 'userCertificate' DESC 'RFC2256: X.509 user certificate, use ;binary' EQUALITY \
                               certificateExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.8 )";
    const SIGNED_DATA: &str = "( 2.16.840.1.113730.3.1.40 NAME 'userSMIMECertificate' DESC 'RFC2798: PKCS#7 SignedData used to \
                               support S/MIME' SYNTAX 1.3.6.1.4.1.1466.115.121.1.5 )";

    #[test]
    fn attributes_without_an_equality_rule_are_replaced() {
        const EQUAL: &str =
            "( 2.16.840.1.113730.3.1.40 NAME ( 'other' 'USERsmimeCERTIFICATE' ) EQUALITY octetStringMatch )";
        const CHILD: &str = "(2.16.840.1.113730.3.1.40 NAME ('userSMIMECertificate') SUP 2.5.4.36)";
        const LONELY: &str = "( 1.2 NAME 'userSMIMECertificate' SUP nobody )";
        const CIRCLE: &str = "( 1.2 NAME 'userSMIMECertificate' SUP 1.2 )";
        const QUOTED: &str = "( 2.5.4.36 NAME 'userCertificate' DESC 'an EQUALITY certificateExactMatch' )";
        use Attribute::{UserCertificate, UserSmimeCertificate};
        for (texts, whole) in [
            (&[CERTIFICATE, SIGNED_DATA][..], &[UserSmimeCertificate][..]),
            (&[CERTIFICATE, EQUAL], &[]),
            (&[CERTIFICATE, CHILD], &[]),
            (&[CERTIFICATE, LONELY], &[UserSmimeCertificate]),
            (&[CERTIFICATE, CIRCLE], &[UserSmimeCertificate]),
            (&[QUOTED, EQUAL], &[UserCertificate]),
            (&[], &[UserSmimeCertificate]),
            (&["", "(", "' '", "no description at all"], &[UserSmimeCertificate]),
        ] {
            let form = schema(texts).change_form();
            assert_eq!(form.whole, whole, "{texts:?}");
            assert_eq!(form.binary, [UserCertificate], "{texts:?}");
        }
    }

    #[test]
    fn attributes_with_other_names_are_asked_about_by_those() {
        const OCTETS: &str =
            "( 1.2.3 NAME 'cert' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40{32768} )";
        const CHILD: &str = "( 1.2.4 NAME 'pgpCert' SUP userCertificate )";
        use Attribute::{UserCertificate, UserSmimeCertificate};
        for (other, binary, whole) in [
            ("cert", &[][..], &[UserSmimeCertificate][..]),
            ("pgpCert", &[UserCertificate], &[UserSmimeCertificate]),
            ("nobodyKnows", &[], &[UserSmimeCertificate]),
        ] {
            let map = serde_json::from_value(serde_json::json!({ "userCertificate": other })).unwrap();
            let names = AttributeNames::new(&map);
            let form = Schema { names, ..schema(&[CERTIFICATE, SIGNED_DATA, OCTETS, CHILD]) }.change_form();
            assert_eq!((form.binary.as_slice(), form.whole.as_slice()), (binary, whole), "{other}");
            let description = if binary.is_empty() { other.to_owned() } else { format!("{other};binary") };
            assert_eq!(form.description(UserCertificate), description);
            assert_eq!(form.description(UserSmimeCertificate), "userSMIMECertificate");
        }
    }

    #[test]
    fn an_attribute_is_missing_only_where_there_is_a_schema() {
        let certificates = schema(&[CERTIFICATE]);
        assert_eq!(certificates.has(Attribute::UserCertificate), Some(true));
        assert_eq!(certificates.has(Attribute::UserSmimeCertificate), Some(false));
        assert_eq!(Schema::default().has(Attribute::UserSmimeCertificate), None);
    }
}
