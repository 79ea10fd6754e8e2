use base64::{Engine, prelude::BASE64_STANDARD};
use proptest::prelude::*;

use super::*;
use crate::exchange::Property;

const MAILBOX: &str = include_str!("mailbox.xml");

fn one(members: &str) -> Result<Object> {
    let text = format!("<Objs Version=\"1.1.0.1\"><Obj RefId=\"0\"><MS>{members}</MS></Obj></Objs>");
    read(&text, false).map(|mut all| all.remove(0))
}

#[test]
fn an_object_has_the_members_of_props_and_ms() {
    let objects = read(MAILBOX, false).unwrap();
    assert_eq!(objects.len(), 2);
    let mailbox = &objects[0];
    assert_eq!(mailbox.text("primarysmtpaddress"), Some("ada@contoso.com"));
    assert_eq!(mailbox.text("Guid"), Some("0f8fad5b-d9cb-469f-a165-70867728950e"));
    assert_eq!(mailbox.text("RecipientTypeDetails"), Some("UserMailbox"), "an enumeration is its text");
    assert_eq!(mailbox.flag("IsDirSynced"), Some(true));
    assert_eq!(mailbox.get("Size"), Some(&Property::Number(-5)));
    assert_eq!(mailbox.get("Manager"), None, "Nil is no value");
    assert_eq!(mailbox.texts("EmailAddresses"), ["SMTP:ada@contoso.com", "smtp:a.l@contoso.com"]);
    let bytes = |one: &[u8]| Property::Binary(one.to_vec());
    assert_eq!(mailbox.get("UserCertificate"), Some(&Property::List(vec![bytes(b"0123"), bytes(b"45")])));
    assert_eq!(objects[1].texts("EmailAddresses"), ["SMTP:ada@contoso.com", "smtp:a.l@contoso.com"], "a Ref");
    assert_eq!(objects[1].text("Name"), Some("line\none <&> \u{1F600}"));
}

#[test]
fn binary_values_can_be_counted_instead_of_kept() {
    let objects = read(MAILBOX, true).unwrap();
    assert_eq!(objects[0].get("UserCertificate"), Some(&Property::Count(2)));
    assert_eq!(objects[0].texts("EmailAddresses").len(), 2);
}

#[test]
fn a_list_at_the_top_is_its_objects() {
    let inner =
        "<Obj RefId=\"1\"><MS><S N=\"A\">1</S></MS></Obj><Obj RefId=\"2\"><MS><S N=\"A\">2</S></MS></Obj>";
    let text =
        format!("<Objs><Obj RefId=\"0\"><TN RefId=\"0\"><T>List</T></TN><LST>{inner}</LST></Obj></Objs>");
    let texts: Vec<_> = read(&text, false).unwrap().iter().map(|o| o.text("A").unwrap().to_owned()).collect();
    assert_eq!(texts, ["1", "2"]);
}

#[test]
fn escapes_are_utf_16_code_units() {
    for (escaped, text) in [
        ("a_x000A_b", "a\nb"),
        ("_xD83D__xDE00_", "\u{1F600}"),
        ("_x005F_x000A_", "_x000A_"),
        ("_x00_", "_x00_"),
        ("_xGGGG_", "_xGGGG_"),
        ("_x000A", "_x000A"),
        ("_xD83D_", "\u{FFFD}"),
        ("_x\u{e4}\u{e4}_", "_x\u{e4}\u{e4}_"),
        ("", ""),
    ] {
        assert_eq!(unescape(escaped), text, "{escaped}");
    }
}

#[test]
fn values_have_their_kinds() {
    for (member, value) in [
        ("<U64 N=\"a\">18446744073709551615</U64>", Property::Text("18446744073709551615".into())),
        ("<By N=\"a\">7</By>", Property::Number(7)),
        ("<B N=\"a\">false</B>", Property::Flag(false)),
        ("<DT N=\"a\">2026-11-25T10:00:00Z</DT>", Property::Text("2026-11-25T10:00:00Z".into())),
        ("<BA N=\"a\"> MD\nEy </BA>", Property::Binary(b"012".to_vec())),
        ("<Obj N=\"a\" RefId=\"1\"><LST/></Obj>", Property::List(vec![])),
        (
            "<Obj N=\"a\" RefId=\"1\"><BA>MDEy</BA><MS><I32 N=\"L\">3</I32></MS></Obj>",
            Property::Binary(b"012".to_vec()),
        ),
        (
            "<Obj N=\"_x0041_\" RefId=\"1\"><ToString>x</ToString><Props><S N=\"b\">y</S></Props></Obj>",
            Property::Text("x".into()),
        ),
        ("<S N=\"a\"><![CDATA[<x>]]>&#65;</S>", Property::Text("<x>A".into())),
    ] {
        assert_eq!(one(member).unwrap().get("a"), Some(&value), "{member}");
    }
    assert_eq!(
        one("<Obj N=\"a\" RefId=\"1\"><DCT><En><S N=\"Key\">k</S></En></DCT></Obj>").unwrap().get("a"),
        None
    );
}

#[test]
fn what_is_no_clixml_is_refused_with_a_reason() {
    let nested = format!("{}{}", "<Obj><LST>".repeat(40), "</LST></Obj>".repeat(40));
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\">]><Objs><Obj><MS><S N=\"a\">&b;</S></MS></Obj></Objs>";
    let list = format!("<LST>{}</LST>", "<Ref RefId=\"1\"/>".repeat(1000));
    let repeated = format!(
        "<Objs><Obj><MS><Obj N=\"a\" RefId=\"1\"><LST><S>{}</S></LST></Obj><Obj N=\"b\" RefId=\"2\">{list}</Obj></MS></Obj></Objs>",
        "x".repeat(100_000)
    );
    for (text, reason) in [
        ("", "empty"),
        ("<html><body>Sign in</body></html>", "begins with <html>"),
        ("<Objs><Obj></Objs>", "expected `</Obj>`"),
        ("<Objs><Obj><MS><S N=\"a\">x", "ends in the middle"),
        ("<Objs><Obj><MS>", "ends in the middle"),
        ("<Objs></Objs><Objs></Objs>", "follows its end"),
        ("<Objs>text</Objs>", "text or declarations"),
        ("<Objs><Obj><MS><B N=\"a\">maybe</B></MS></Obj></Objs>", "no boolean"),
        ("<Objs><Obj><MS><I32 N=\"a\">1e5</I32></MS></Obj></Objs>", "no number"),
        ("<Objs><Obj><MS><BA N=\"a\">!!</BA></MS></Obj></Objs>", "no base64"),
        ("<Objs><Obj><MS><S N=\"a\"><S/></S></MS></Obj></Objs>", "not only text"),
        ("<Objs><Obj><MS><S N=\"a\">&xxe;</S></MS></Obj></Objs>", "xxe"),
        (bomb, "declarations"),
        (&format!("<Objs>{nested}</Objs>"), "inside each other"),
        (&repeated, "repeat too much"),
    ] {
        let error = read(text, false).unwrap_err();
        assert_eq!(error.id, ErrorId::ExchangeProtocol);
        let shown = &text[..text.len().min(60)];
        assert!(error.message.contains(reason), "{shown}: {}", error.message);
    }
}

/// What PowerShell makes of a value, for the round trip.
fn written(value: &Property) -> String {
    let escape = |text: &str| {
        let marked = text.replace("_x", "_x005F_x");
        let controls: String = marked
            .chars()
            .map(|c| if c.is_control() { format!("_x{:04X}_", c as u32) } else { c.to_string() })
            .collect();
        quick_xml::escape::escape(controls).into_owned()
    };
    match value {
        Property::Text(text) => format!("<S>{}</S>", escape(text)),
        Property::Flag(flag) => format!("<B>{flag}</B>"),
        Property::Number(number) => format!("<I64>{number}</I64>"),
        Property::Binary(bytes) => format!("<BA>{}</BA>", BASE64_STANDARD.encode(bytes)),
        Property::List(list) => {
            format!("<Obj><LST>{}</LST></Obj>", list.iter().map(written).collect::<String>())
        }
        Property::Count(_) => unreachable!("not generated"),
    }
}

fn property() -> impl Strategy<Value = Property> {
    let leaf = prop_oneof![
        any::<String>().prop_map(Property::Text),
        any::<bool>().prop_map(Property::Flag),
        any::<i64>().prop_map(Property::Number),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Property::Binary),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| proptest::collection::vec(inner, 0..5).prop_map(Property::List))
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(values in proptest::collection::vec(property(), 0..6)) {
        let object = format!("<Objs><Obj><MS><Obj N=\"All\"><LST>{}</LST></Obj></MS></Obj></Objs>",
            values.iter().map(written).collect::<String>());
        let read = read(&object, false).unwrap();
        prop_assert_eq!(read[0].get("all"), Some(&Property::List(values)));
    }

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _outcome = read(&text, false);
        let _text = unescape(&text);
    }

    #[test]
    fn damaged_documents_never_panic(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..12_usize, "[<>/&;_x0-9A-Z \"=]{0,6}"), 1..5)
    ) {
        let mut text = MAILBOX.to_owned();
        for (at, length, instead) in cuts {
            let from = at.index(text.len());
            let to = (from + length).min(text.len());
            if text.is_char_boundary(from) && text.is_char_boundary(to) {
                text.replace_range(from..to, &instead);
            }
        }
        let _outcome = read(&text, true);
    }
}
