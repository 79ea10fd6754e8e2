//! Which cmdlets there are, and which parameters they take.

use super::{
    failure::Failure,
    object::{Command, Parameter},
    settings::Flavour,
};

/// What a parameter takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    Text,
    /// A number or `Unlimited`.
    ResultSize,
    Flag,
    Number,
    Bytes,
    ByteList,
}

/// A cmdlet: its name, its own parameters, and whether it changes something.
pub struct Definition {
    pub name: &'static str,
    parameters: &'static [(&'static str, Takes)],
    pub changes: bool,
    /// Must be given.
    mandatory: &'static [&'static str],
}

const READ: &[(&str, Takes)] = &[
    ("Identity", Takes::Text),
    ("Filter", Takes::Text),
    ("ResultSize", Takes::ResultSize),
    ("RecipientTypeDetails", Takes::Text),
];
const READ_MAILBOX: &[(&str, Takes)] = &[
    ("Identity", Takes::Text),
    ("Filter", Takes::Text),
    ("ResultSize", Takes::ResultSize),
    ("RecipientTypeDetails", Takes::Text),
    ("SoftDeletedMailbox", Takes::Flag),
];
const READ_PLAIN: &[(&str, Takes)] =
    &[("Identity", Takes::Text), ("Filter", Takes::Text), ("ResultSize", Takes::ResultSize)];
/// docs/design/exchange-online.md §1.1: Set-Mailbox, Set-MailUser and, in the cloud, Set-MailContact take both.
const WRITE: &[(&str, Takes)] = &[
    ("Identity", Takes::Text),
    ("UserCertificate", Takes::ByteList),
    ("UserSMimeCertificate", Takes::ByteList),
    ("HiddenFromAddressListsEnabled", Takes::Flag),
    ("DisplayName", Takes::Text),
];
/// docs/design/exchange-online.md §1.1: "available only in the cloud-based service" for contacts, none for remote
/// mailboxes.
const WRITE_WITHOUT_CERTIFICATES: &[(&str, Takes)] = &[
    ("Identity", Takes::Text),
    ("HiddenFromAddressListsEnabled", Takes::Flag),
    ("DisplayName", Takes::Text),
];
/// docs/design/exchange-online.md §1.2: IsExchangeCloudManaged is a parameter of Set-Mailbox.
const WRITE_CLOUD_MAILBOX: &[(&str, Takes)] = &[
    ("Identity", Takes::Text),
    ("UserCertificate", Takes::ByteList),
    ("UserSMimeCertificate", Takes::ByteList),
    ("HiddenFromAddressListsEnabled", Takes::Flag),
    ("DisplayName", Takes::Text),
    ("IsExchangeCloudManaged", Takes::Flag),
];
const NEW_CONTACT: &[(&str, Takes)] = &[
    ("Name", Takes::Text),
    ("ExternalEmailAddress", Takes::Text),
    ("DisplayName", Takes::Text),
    ("Alias", Takes::Text),
];
/// docs/design/exchange-online.md §3.
const WRITE_SMIME: &[(&str, Takes)] = &[
    ("Identity", Takes::Text),
    ("SMIMECertificateIssuingCA", Takes::Bytes),
    ("OWAAllowUserChoiceOfSigningCertificate", Takes::Flag),
    ("OWAAlwaysEncrypt", Takes::Flag),
    ("OWAAlwaysSign", Takes::Flag),
    ("OWAClearSign", Takes::Flag),
    ("OWABCCEncryptedEmailForking", Takes::Number),
    ("OWACheckCRLOnSend", Takes::Flag),
    ("OWADisableCRLCheck", Takes::Flag),
    ("OWACRLConnectionTimeout", Takes::Number),
    ("OWACRLRetrievalTimeout", Takes::Number),
    ("OWADLExpansionTimeout", Takes::Number),
    ("OWAEncryptionAlgorithms", Takes::Text),
    ("OWASigningAlgorithms", Takes::Text),
    ("OWAUseSecondaryProxiesWhenFindingCertificates", Takes::Flag),
    ("OWAUseKeyIdentifier", Takes::Flag),
    ("OWASenderCertificateAttributesToDisplay", Takes::Text),
    ("NoSignOnReply", Takes::Flag),
];
const IDENTITY: &[(&str, Takes)] = &[("Identity", Takes::Text)];
/// Parameters of every cmdlet, and those of cmdlets that change something.
const COMMON: &[(&str, Takes)] =
    &[("ErrorAction", Takes::Text), ("WarningAction", Takes::Text), ("Verbose", Takes::Flag)];
const COMMON_OF_CHANGES: &[(&str, Takes)] =
    &[("Confirm", Takes::Flag), ("WhatIf", Takes::Flag), ("Force", Takes::Flag)];

const fn read(name: &'static str, parameters: &'static [(&'static str, Takes)]) -> Definition {
    Definition { name, parameters, changes: false, mandatory: &[] }
}

const fn write(name: &'static str, parameters: &'static [(&'static str, Takes)]) -> Definition {
    Definition { name, parameters, changes: true, mandatory: &["Identity"] }
}

const BOTH: &[Definition] = &[
    read("Get-Mailbox", READ_MAILBOX),
    read("Get-MailUser", READ_PLAIN),
    read("Get-MailContact", READ_PLAIN),
    read("Get-Recipient", READ),
    read("Get-SmimeConfig", IDENTITY),
    read("Get-OrganizationConfig", &[]),
    write("Set-MailUser", WRITE),
    Definition {
        name: "New-MailContact",
        parameters: NEW_CONTACT,
        changes: true,
        mandatory: &["Name", "ExternalEmailAddress"],
    },
    Definition { name: "Set-SmimeConfig", parameters: WRITE_SMIME, changes: true, mandatory: &[] },
];
const CLOUD: &[Definition] = &[write("Set-Mailbox", WRITE_CLOUD_MAILBOX), write("Set-MailContact", WRITE)];
const ON_PREMISES: &[Definition] = &[
    write("Set-Mailbox", WRITE),
    write("Set-MailContact", WRITE_WITHOUT_CERTIFICATES),
    read("Get-RemoteMailbox", READ_PLAIN),
    write("Set-RemoteMailbox", WRITE_WITHOUT_CERTIFICATES),
];

/// The cmdlet of that name, in any case.
pub fn find(name: &str, flavour: Flavour) -> Result<&'static Definition, Failure> {
    let own = if flavour == Flavour::Cloud { CLOUD } else { ON_PREMISES };
    let found = BOTH.iter().chain(own).find(|definition| definition.name.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        Failure::new(
            400,
            "System.Management.Automation.CommandNotFoundException",
            "ObjectNotFound",
            format!("The term '{name}' is not recognized as the name of a cmdlet, function, script file, or operable program."),
        )
    })
}

impl Definition {
    /// Binds the parameters as PowerShell does: names in any case, none unknown, none twice, types right.
    pub fn bind(&self, command: &Command) -> Result<(), Failure> {
        let extra = if self.changes { COMMON_OF_CHANGES } else { &[] };
        for (position, (name, value)) in command.parameters.iter().enumerate() {
            let known = self.parameters.iter().chain(COMMON).chain(extra);
            let Some((known, takes)) = known.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
            else {
                return Err(Failure::parameter(format!(
                    "A parameter cannot be found that matches parameter name '{name}'."
                )));
            };
            let before = command.parameters.iter().take(position);
            if before.into_iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
                return Err(Failure::parameter(format!(
                    "Cannot bind parameter because parameter '{known}' is specified more than once."
                )));
            }
            if !takes.accepts(value) {
                return Err(takes.refuse(known, value));
            }
        }
        for name in self.mandatory {
            if !matches!(command.get(name), Some(Parameter::Text(text)) if !text.is_empty()) {
                return Err(Failure::parameter(format!(
                    "Cannot process command because of one or more missing mandatory parameters: {name}."
                )));
            }
        }
        Ok(())
    }
}

impl Takes {
    fn accepts(self, value: &Parameter) -> bool {
        match (self, value) {
            (Self::Text, Parameter::Text(_))
            | (Self::Flag, Parameter::Flag(_))
            | (Self::Number | Self::ResultSize, Parameter::Number(0..))
            | (Self::Bytes, Parameter::Bytes(_) | Parameter::Null)
            | (Self::ByteList, Parameter::ByteList(_) | Parameter::Change { .. } | Parameter::Null) => true,
            (Self::ResultSize, Parameter::Text(text)) => {
                text.eq_ignore_ascii_case("unlimited") || text.parse::<u32>().is_ok()
            }
            (Self::Number, Parameter::Text(text)) => text.parse::<u32>().is_ok(),
            _ => false,
        }
    }

    fn refuse(self, name: &str, value: &Parameter) -> Failure {
        let wanted = match self {
            Self::Text => "System.String",
            Self::ResultSize => "Microsoft.Exchange.Data.Unlimited`1[System.UInt32]",
            Self::Flag => "System.Boolean",
            Self::Number => "System.UInt32",
            Self::Bytes => "System.Byte[]",
            Self::ByteList => "Microsoft.Exchange.Data.MultiValuedProperty`1[System.Byte[]]",
        };
        Failure::new(
            400,
            "System.Management.Automation.ParameterBindingArgumentTransformationException",
            "InvalidData",
            format!(
                "Cannot process argument transformation on parameter '{name}'. Cannot convert value of type \
                 \"{}\" to type \"{wanted}\".",
                value.type_name()
            ),
        )
    }
}
