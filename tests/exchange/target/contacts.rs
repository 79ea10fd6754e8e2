//! Mail contacts for partners outside: made once, then filled.

use serde_json::json;
use smime_sync::{
    error::{Error, ErrorId, Result},
    event::Context,
    exchange::{CmdletChannel, Command, Location, Object, Output, session::ExchangeSession},
    model::{Exclusion, Timestamp},
    targets::exchange::Exchange,
};

use super::{
    engine::{Office, Way},
    organisation::*,
};

const BOB: &str = "bob@partner.example";

fn office(create_contact: bool, organisation: Vec<serde_json::Value>) -> Office {
    let mut office = Office::new(vec![partner(BOB), person("alice")], organisation);
    office.settings.contacts.create_contact = create_contact;
    office
}

#[test]
fn missing_partners_are_made_and_filled_where_the_profile_says_so() {
    for way in Way::ALL {
        let made = office(true, Vec::new());
        let outcome = made.run(way);
        assert_eq!(outcome.exported(), 1, "{way:?}: {:?}", outcome.host.errors_of());
        assert_eq!(made.published(BOB), Some(vec![certificate(BOB, 1)]), "{way:?}");
        assert_eq!(made.count("New-MailContact"), 1, "{way:?}: nobody with an account is made");
        assert_eq!(outcome.exclusions(), [(Exclusion::NotFound, 1)]);
        assert_eq!(made.run(way).exported(), 0, "{way:?}");
        assert_eq!(made.count("New-MailContact"), 1, "{way:?}");

        let left = office(false, Vec::new());
        assert_eq!(left.run(way).exclusions(), [(Exclusion::NotFound, 2)], "{way:?}");
        assert_eq!(left.published(BOB), None);
    }
}

#[test]
fn many_partners_are_made_in_one_run() {
    for way in Way::ALL {
        let partners: Vec<String> = (0..60).map(|number| format!("p{number}@partner.example")).collect();
        let mut office = Office::new(partners.iter().map(|one| partner(one)).collect(), Vec::new());
        office.settings.contacts.create_contact = true;
        assert_eq!(office.run(way).exported(), 60, "{way:?}");
        assert_eq!(office.run(way).ok().numbers.unchanged, 60, "{way:?}");
    }
}

#[test]
fn a_contact_whose_making_was_not_confirmed_is_looked_up_and_filled() {
    for (interference, exported, error) in [
        (Interference::AnswerLost, 1, None),
        (Interference::NotCarriedOut, 0, Some(ErrorId::ExchangeUnavailable)),
        (Interference::MadeBySomebodyElse(Vec::new()), 1, None),
        (Interference::MadeBySomebodyElse(certificate(BOB, 77)), 0, Some(ErrorId::TargetConflict)),
    ] {
        let office = office(true, vec![mailbox("alice")]);
        let host = office.host();
        let channel = Interfering {
            session: ExchangeSession::new(),
            interference: interference.clone(),
            control: office.stand_in.control.clone(),
        };
        let mut target = Exchange::new(Box::new(channel), &office.settings.contacts);
        let outcome = office.run_with(Way::Session, &mut target, host);
        let errors: Vec<_> = outcome.host.error_ids();
        assert_eq!(errors, error.into_iter().collect::<Vec<_>>(), "{interference:?}");
        assert_eq!(outcome.exported(), exported + 1, "{interference:?}: alice is written whatever happens");
        if let Interference::MadeBySomebodyElse(foreign) = &interference
            && !foreign.is_empty()
        {
            assert_eq!(office.published(BOB), Some(vec![foreign.clone()]));
        }
        // The next run ends where it should, and makes nothing twice.
        office.run(Way::Session).ok();
        let published = office.published(BOB).unwrap();
        assert!(published.contains(&certificate(BOB, 1)), "{interference:?}");
        assert!(office.count("New-MailContact") <= 1);
    }
}

/// What comes between when a contact is made.
#[derive(Debug, Clone, PartialEq)]
enum Interference {
    AnswerLost,
    NotCarriedOut,
    /// With a value, unless it is empty.
    MadeBySomebodyElse(Vec<u8>),
}

struct Interfering {
    session: ExchangeSession,
    interference: Interference,
    control: String,
}

impl CmdletChannel for Interfering {
    fn name(&self) -> String {
        self.session.name()
    }
    fn location(&mut self, context: &Context) -> Result<Location> {
        self.session.location(context)
    }
    fn batch_size(&self) -> usize {
        self.session.batch_size()
    }
    fn invoke(&mut self, commands: &[Command], context: &Context) -> Result<Vec<Result<Output>>> {
        if !commands.iter().any(|command| command.cmdlet == "New-MailContact") {
            return self.session.invoke(commands, context);
        }
        let unavailable = || Error::new(ErrorId::ExchangeUnavailable, "The answer did not come.");
        match &self.interference {
            Interference::AnswerLost => {
                let results = self.session.invoke(commands, context)?;
                Ok(results.into_iter().map(|_| Err(unavailable())).collect())
            }
            Interference::NotCarriedOut => Ok(commands.iter().map(|_| Err(unavailable())).collect()),
            Interference::MadeBySomebodyElse(value) => {
                let values: Vec<_> =
                    Some(base64(value)).filter(|text| !text.is_empty()).into_iter().collect();
                let contact = json!([{
                    "PrimarySmtpAddress": BOB, "RecipientTypeDetails": "MailContact", "UserCertificate": values,
                }]);
                let body = contact.to_string();
                crate::common::exchange::plain(&self.control, "POST", "/recipients", &[], body.as_bytes());
                self.session.invoke(commands, context)
            }
        }
    }
    fn list(
        &mut self,
        command: &Command,
        context: &Context,
        sink: &mut dyn FnMut(Object) -> Result<()>,
    ) -> Result<()> {
        self.session.list(command, context, sink)
    }
    fn clock(&mut self, context: &Context) -> Result<Option<Timestamp>> {
        self.session.clock(context)
    }
}
