//! What must not cost a list of everybody, and what a list of those with certificates is good for.

use serde_json::json;
use smime_sync::{
    directory::{Selection, SourceItem},
    event::LogLevel,
    model::Exclusion,
    targets::Target,
};

use super::{
    engine::{Office, Way},
    organisation::*,
};

fn people(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("person{number}")).collect()
}

fn office(count: usize) -> Office {
    let names = people(count);
    Office::new(
        names.iter().map(|name| person(name)).collect(),
        names.iter().map(|name| mailbox(name)).collect(),
    )
}

#[test]
fn whoever_is_not_there_does_not_have_everybody_listed_in_every_run() {
    for way in Way::ALL {
        let mut office = office(3);
        office.source.extend(people(40).iter().skip(3).map(|name| person(name)));
        let first = office.run(way);
        assert_eq!((first.exported(), first.exclusions()), (3, vec![(Exclusion::NotFound, 37)]), "{way:?}");
        let lists = office.count("Get-MailContact");
        let second = office.run(way);
        assert_eq!(second.exclusions(), [(Exclusion::NotFound, 37)], "{way:?}");
        assert_eq!(second.ok().exclusions[0].not_asked, 37, "{way:?}");
        assert_eq!(office.count("Get-MailContact"), lists, "{way:?}: nobody was listed");
        // One who comes is found at once where he is named.
        office.stand_in.add(&[mailbox("person30")]);
        office.options.identity = vec!["person30@contoso.test".into()];
        assert_eq!(office.run(way).exported(), 1, "{way:?}");
    }
}

#[test]
fn whoever_has_nothing_to_be_published_does_not_have_everybody_listed_in_every_run() {
    for way in Way::ALL {
        let names = people(30);
        let useless = |name: &String| source(name, &[b"no certificate".to_vec()]);
        let office = Office::new(
            names.iter().map(useless).collect(),
            names.iter().map(|name| mailbox(name)).collect(),
        );
        office.run(way).ok();
        let lists = office.count("Get-MailContact");
        office.run(way).ok();
        assert_eq!(office.count("Get-MailContact"), lists, "{way:?}");
    }
}

#[test]
fn a_contact_is_found_by_where_its_mail_goes_whether_few_are_looked_for_or_many() {
    for way in Way::ALL {
        for others in [0, 30] {
            let external = json!({ "ExternalEmailAddress": "SMTP:bob@partner.example" });
            let mut office = office(others);
            office.source.push(partner("bob@partner.example"));
            office.stand_in.add(&[recipient("bob", "MailContact", external)]);
            let outcome = office.run(way);
            assert_eq!(outcome.exported(), others as u64 + 1, "{way:?} {others}: {:?}", outcome.exclusions());
            assert_eq!(office.published("bob@contoso.test").map(|values| values.len()), Some(1), "{way:?}");
        }
    }
}

#[test]
fn verify_compares_a_list_of_those_with_certificates_and_reads_only_whom_it_does_not_show_as_they_should_be()
{
    for filter in ["Taken", "Refused"] {
        let mut office = office(260);
        office.stand_in.settings(json!({ "CertificateFilter": filter }));
        assert_eq!(office.run(Way::Online).exported(), 260, "{filter}");
        let lost = json!({ "UserCertificate": [] });
        let foreign = json!({ "UserCertificate": [base64(&certificate("person2@contoso.test", 1)), base64(&stranger("x@elsewhere.test"))] });
        office
            .stand_in
            .add(&[recipient("person1", "UserMailbox", lost), recipient("person2", "UserMailbox", foreign)]);
        office.options.verify = true;
        let reads = office.count("Get-Mailbox");
        let outcome = office.run(Way::Online);
        let numbers = &outcome.ok().numbers;
        assert_eq!((numbers.verified, numbers.drifted, numbers.exported), (260, 1, 1), "{filter}");
        assert_eq!(office.published("person1@contoso.test").unwrap().len(), 1, "{filter}");
        assert_eq!(
            office.published("person2@contoso.test").unwrap().len(),
            2,
            "{filter}: what others put there stays"
        );
        let asked = office.count("Get-Mailbox") - reads;
        assert!(asked < 20, "{filter}: {asked} reads of 260 recipients");
        let refused = outcome
            .host
            .logged(LogLevel::Verbose)
            .iter()
            .any(|line| line.contains("everybody is listed instead"));
        assert_eq!(refused, filter == "Refused");
    }
}

#[test]
fn the_certificates_of_everybody_are_listed_with_a_filter_or_without() {
    for way in Way::ALL {
        for filter in ["Taken", "Refused"] {
            let office = office(30);
            office.stand_in.settings(json!({ "CertificateFilter": filter }));
            let own = json!({ "UserCertificate": [base64(&certificate("eve@contoso.test", 1))] });
            office.stand_in.add(&[recipient("eve", "MailUser", own)]);
            let host = office.host();
            let mut shown = Vec::new();
            let mut take = |item| {
                if let SourceItem::Recipient(recipient) = item
                    && !recipient.values.is_empty()
                {
                    shown.push(recipient.label().to_owned());
                }
                Ok(())
            };
            office.target(way, &host).read_all(&Selection::All, &host.context(), &mut take).unwrap();
            assert_eq!(shown, ["eve@contoso.test"], "{way:?} {filter}");
            let told = host.logged(LogLevel::Verbose).iter().any(|line| line.contains("is refused"));
            assert_eq!(told, filter == "Refused", "{way:?}");
        }
    }
}
