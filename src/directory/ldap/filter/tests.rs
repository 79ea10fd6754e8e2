use ldap3_proto::{
    LdapCodec, LdapFilter,
    proto::{LdapMatchingRuleAssertion, LdapOp, LdapSubstringFilter},
};
use proptest::prelude::*;
use tokio_util::codec::Decoder;

use super::*;
use crate::directory::ldap::message::{Parts, Scope, Search, search_request};

/// What another implementation, as a server, reads out of our filter.
fn as_a_server_reads(filter: &Filter) -> LdapFilter {
    let search =
        Search { base: "", scope: Scope::Base, filter, attributes: &[], deleted: false, parts: Parts::One };
    let bytes = search_request(1, &search, &[], 0);
    let message =
        LdapCodec::default().decode(&mut bytes.as_slice().into()).unwrap().expect("a whole message");
    match message.op {
        LdapOp::SearchRequest(request) => request.filter,
        other => panic!("{other:?}"),
    }
}

fn parsed(text: &str) -> LdapFilter {
    as_a_server_reads(&Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}")))
}

#[test]
fn filters_of_rfc_4515_mean_what_it_says() {
    use LdapFilter::*;
    let equal = |name: &str, value: &str| Equality(name.into(), value.into());
    let substrings = |initial: Option<&str>, any: &[&str], last: Option<&str>| LdapSubstringFilter {
        initial: initial.map(Into::into),
        any: any.iter().map(|s| s.to_string()).collect(),
        final_: last.map(Into::into),
    };
    let extensible = |rule: Option<&str>, name: Option<&str>, value: &str, dn_attributes| {
        Extensible(LdapMatchingRuleAssertion {
            matching_rule: rule.map(Into::into),
            type_: name.map(Into::into),
            match_value: value.into(),
            dn_attributes,
        })
    };
    // The examples of RFC 4515, 4 as far as they are text, then what admins write.
    for (text, expected) in [
        ("(cn=Babs Jensen)", equal("cn", "Babs Jensen")),
        ("(!(cn=Tim Howes))", Not(Box::new(equal("cn", "Tim Howes")))),
        (
            "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            And(vec![
                equal("objectClass", "Person"),
                Or(vec![
                    equal("sn", "Jensen"),
                    Substring("cn".into(), substrings(Some("Babs J"), &[], None)),
                ]),
            ]),
        ),
        ("(o=univ*of*mich*)", Substring("o".into(), substrings(Some("univ"), &["of", "mich"], None))),
        ("(seeAlso=)", equal("seeAlso", "")),
        (
            "(cn:caseExactMatch:=Fred Flintstone)",
            extensible(Some("caseExactMatch"), Some("cn"), "Fred Flintstone", false),
        ),
        ("(cn:=Betty Rubble)", extensible(None, Some("cn"), "Betty Rubble", false)),
        (
            "(sn:dn:2.4.6.8.10:=Barney Rubble)",
            extensible(Some("2.4.6.8.10"), Some("sn"), "Barney Rubble", true),
        ),
        ("(o:dn:=Ace Industry)", extensible(None, Some("o"), "Ace Industry", true)),
        ("(:1.2.3:=Wilma Flintstone)", extensible(Some("1.2.3"), None, "Wilma Flintstone", false)),
        ("(:DN:2.4.6.8.10:=Dino)", extensible(Some("2.4.6.8.10"), None, "Dino", true)),
        (
            r"(o=Parens R Us \28for all your parenthetical needs\29)",
            equal("o", "Parens R Us (for all your parenthetical needs)"),
        ),
        (r"(cn=*\2A*)", Substring("cn".into(), substrings(None, &["*"], None))),
        (r"(filename=C:\5cMyFile)", equal("filename", r"C:\MyFile")),
        (r"(sn=Lu\c4\8di\c4\87)", equal("sn", "Lučić")),
        ("(1.3.6.1.4.1.1466.0=x)", equal("1.3.6.1.4.1.1466.0", "x")),
        ("(mail=*)", Present("mail".into())),
        ("(mail=*@contoso.test)", Substring("mail".into(), substrings(None, &[], Some("@contoso.test")))),
        ("(uSNChanged>=5)", GreaterOrEqual("uSNChanged".into(), "5".into())),
        ("(uSNChanged<=5)", LessOrEqual("uSNChanged".into(), "5".into())),
        ("(cn~=x)", Approx("cn".into(), "x".into())),
        (
            "(memberOf=CN=A & B!,OU=<x>,DC=contoso,DC=test)",
            equal("memberOf", "CN=A & B!,OU=<x>,DC=contoso,DC=test"),
        ),
        (
            " ( & (mail=*)\r\n (!(userAccountControl:1.2.840.113556.1.4.803:=2)) ) ",
            And(vec![
                Present("mail".into()),
                Not(Box::new(extensible(
                    Some("1.2.840.113556.1.4.803"),
                    Some("userAccountControl"),
                    "2",
                    false,
                ))),
            ]),
        ),
    ] {
        assert_eq!(parsed(text), expected, "{text}");
    }
}

#[test]
fn bytes_that_are_no_text_can_be_written() {
    assert_eq!(
        Filter::parse(r"(objectGUID=\00\ff\30)"),
        Ok(Filter::equality("objectGUID", &[0, 0xff, 0x30]))
    );
}

#[test]
fn an_error_names_the_place_and_the_reason() {
    for (text, position, reason) in [
        ("", 1, "a filter begins with '('"),
        ("mail=*", 1, "a filter begins with '('"),
        ("(mail=*", 8, "a ')' is missing here"),
        ("(mail=*))", 9, "nothing may follow the filter"),
        ("(&)", 3, "at least one filter in parentheses is needed here"),
        ("(&(mail=*)(cn=a)", 17, "a ')' is missing here"),
        ("(=x)", 2, "the name of an attribute is missing here"),
        ("(mail)", 6, "'=', '>=', '<=', '~=' or ':' is missing after the attribute"),
        ("(mail>5)", 7, "'=' is missing here"),
        ("(cn=a(b)", 6, "'(' in a value is written as '\\28'"),
        (
            r"(cn=ä\zz)",
            6,
            "a backslash is followed by two hexadecimal digits; itself it is written as '\\5c'",
        ),
        (r"(cn=C:\)", 7, "a backslash is followed by two hexadecimal digits; itself it is written as '\\5c'"),
        ("(cn>=a*)", 8, "'*' stands only after '='; write it as '\\2a'"),
        ("(cn=**)", 7, "'**' matches nothing; '*' alone means that the attribute is there"),
        ("(:=x)", 4, "an attribute or a matching rule is missing before ':='"),
        ("(cn:rule)", 9, "':=' is missing here"),
    ] {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!((error.position, error.reason), (position, reason), "{text}");
    }
    let error = Filter::parse("(mail=*").unwrap_err().describe("(mail=*");
    assert_eq!(error.id, ErrorId::FilterInvalid);
    assert_eq!(error.message, "The filter '(mail=*' is wrong at character 8: a ')' is missing here.");
}

#[test]
fn deep_nesting_is_refused_instead_of_overflowing_the_stack() {
    let nested = |depth: usize| format!("{}(a=b){}", "(!".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(MAX_DEPTH - 1)).is_ok());
    assert_eq!(Filter::parse(&nested(MAX_DEPTH)).unwrap_err().reason, "filters are nested too deeply");
    assert!(Filter::parse(&nested(100_000)).is_err());
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r"[()&|!=<>~:*\\a-c0-9 \x00é]{0,40}") {
        if let Ok(filter) = Filter::parse(&text) {
            as_a_server_reads(&filter);
        }
    }

    #[test]
    fn an_escaped_value_comes_through_to_the_byte(value: Vec<u8>) {
        let escaped: String = value.iter().map(|byte| format!("\\{byte:02x}")).collect();
        prop_assert_eq!(Filter::parse(&format!("(a={escaped})")), Ok(Filter::equality("a", &value)));
    }
}
