//! How one command is sent, and what of that an answer may speak against.

use strum::VariantArray;

use super::answer::BINARY;
use crate::exchange::{
    Command, Parameter,
    dialect::{AnchorForm, ByteForm, Dialect, Form, ListForm, PageSize, TenantForm, ValueForm},
    failure::{Failure, Retry},
};

/// How a command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    pub bytes: ByteForm,
    pub anchor: AnchorForm,
    pub tenant: TenantForm,
    pub reading: Reading,
    pub page: PageSize,
}

/// The two pairs of format and selection that public clients use; nobody is seen to mix them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// JSON with `$select`.
    Json,
    /// CLIXML without.
    Clixml,
}

impl Reading {
    fn of_values(self) -> ValueForm {
        match self {
            Self::Json => ValueForm::Json,
            Self::Clixml => ValueForm::Clixml,
        }
    }
}

/// What of a command's manner an answer may speak against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Doubt {
    /// The form of binary values.
    Bytes,
    /// Where it is said to run.
    Anchor,
    /// The name of the tenant.
    Tenant,
    /// The format of lists.
    List,
    /// The format of values.
    Values,
}

/// What the service says where it can't parse a form (OData: Microsoft.OData's reader).
const TYPE_SIGNS: &[&str] = &["primitivevalue", "startarray", "was expected"];
/// What it says where a write ran at the wrong place (mardahl/ExchangeOnlineScripts#2, Microsoft365DSC#3648).
const PLACE_SIGNS: &[&str] = &["doesn't have write permission to target dc", "insufficient access rights"];

/// Whether a command only reads.
pub fn reads(command: &Command) -> bool {
    command.cmdlet.starts_with("Get-")
}

/// Whether the bytes of binary properties are wanted; JSON does not show them.
fn wants_values(command: &Command) -> bool {
    let binary = |name: &&str| BINARY.iter().any(|known| known.eq_ignore_ascii_case(name));
    !command.counts_only && command.select.iter().any(binary)
}

fn sends_bytes(command: &Command) -> bool {
    let binary = |value: &Parameter| {
        matches!(value, Parameter::Binary(_) | Parameter::BinaryList(_) | Parameter::Remove(_))
    };
    command.parameters.iter().any(|(_, value)| binary(value))
}

impl Manner {
    /// How a command is sent as far as is known now.
    pub fn of(command: &Command, dialect: &Dialect) -> Self {
        let reading = match (wants_values(command), dialect.values.form, dialect.list.form) {
            (true, ValueForm::Clixml, _) | (false, _, ListForm::Clixml) => Reading::Clixml,
            (true, ValueForm::Json, _) | (false, _, ListForm::Json) => Reading::Json,
        };
        Self {
            bytes: dialect.bytes.form,
            anchor: if reads(command) { AnchorForm::default() } else { dialect.anchor.form },
            tenant: dialect.tenant.form,
            reading,
            page: dialect.page.form,
        }
    }

    /// The next manner that differs in what is doubted from all that were refused, in the order of evidence; `None`:
    /// there is none. `has_domain`: the tenant can be named in two ways.
    pub fn next(self, doubt: Doubt, refused: &[Self], command: &Command, has_domain: bool) -> Option<Self> {
        use AnchorForm::{Address, OAuthUser, SystemMailbox, Tenant};
        let near = command.anchor.as_deref().is_some_and(is_address);
        let order: Vec<Self> = match doubt {
            Doubt::Bytes => [ByteForm::Integers, ByteForm::Base64].map(|bytes| Self { bytes, ..self }).into(),
            Doubt::Anchor => [SystemMailbox, Address, OAuthUser, Tenant]
                .into_iter()
                .filter(|anchor| *anchor != Address || near)
                .map(|anchor| Self { anchor, ..self })
                .collect(),
            Doubt::Tenant => {
                let forms = [TenantForm::Id, TenantForm::Domain].into_iter().filter(|_| has_domain);
                forms.map(|tenant| Self { tenant, ..self }).collect()
            }
            Doubt::List | Doubt::Values => {
                [Reading::Json, Reading::Clixml].map(|reading| Self { reading, ..self }).into()
            }
        };
        order.into_iter().find(|one| !refused.iter().chain([&self]).any(|other| one.is_same(other, doubt)))
    }

    /// Whether two manners are the same in what is doubted.
    pub fn is_same(&self, other: &Self, doubt: Doubt) -> bool {
        match doubt {
            Doubt::Bytes => self.bytes == other.bytes,
            Doubt::Anchor => self.anchor == other.anchor,
            Doubt::Tenant => self.tenant == other.tenant,
            Doubt::List | Doubt::Values => self.reading == other.reading,
        }
    }
}

impl Doubt {
    /// What an answer without what was asked for speaks against.
    pub fn of_lack(command: &Command) -> Self {
        if wants_values(command) { Self::Values } else { Self::List }
    }

    /// What a refusal speaks against; nothing was carried out then. `tenant` is the id that requests name.
    pub fn of_refusal(failure: &Failure, command: &Command, tenant: Option<&str>) -> Option<Self> {
        let native = failure.error.native.as_deref()?;
        let status = native.http_status?;
        // Some texts come with typographic apostrophes.
        let text = native.text.as_deref()?.to_lowercase().replace('\u{2019}', "'");
        let says = |signs: &[&str]| signs.iter().any(|sign| text.contains(sign));
        let client = (400..500).contains(&status) && status != 401;
        if status == 400 && sends_bytes(command) && says(TYPE_SIGNS) {
            Some(Self::Bytes)
        } else if !reads(command) && says(PLACE_SIGNS) {
            Some(Self::Anchor)
        } else if client && failure.retry == Retry::Never && names_tenant(&text, tenant?) {
            Some(Self::Tenant)
        } else {
            None
        }
    }

    /// What a command that was understood confirms; `has_objects`: it showed what was asked for; `has_bytes`: and values.
    pub fn answered_by(command: &Command, has_objects: bool, has_bytes: bool) -> impl Iterator<Item = Self> {
        let answered = move |doubt: &Self| match doubt {
            Self::Bytes => sends_bytes(command),
            Self::Anchor => !reads(command),
            Self::Tenant => true,
            Self::List => has_objects && !wants_values(command),
            Self::Values => has_bytes && wants_values(command),
        };
        Self::VARIANTS.iter().copied().filter(answered)
    }

    /// Whether an answer of this run has settled it.
    pub fn is_settled(self, dialect: &Dialect) -> bool {
        match self {
            Self::Bytes => dialect.bytes.now,
            Self::Anchor => dialect.anchor.now,
            Self::Tenant => dialect.tenant.now,
            Self::List => dialect.list.now,
            Self::Values => dialect.values.now,
        }
    }

    /// Takes note that what was sent like this was understood.
    pub fn settle(self, dialect: &mut Dialect, sent: Manner) {
        match self {
            Self::Bytes => dialect.bytes.confirm(sent.bytes),
            Self::Anchor => dialect.anchor.confirm(sent.anchor),
            Self::Tenant => dialect.tenant.confirm(sent.tenant),
            Self::List => dialect.list.confirm(match sent.reading {
                Reading::Json => ListForm::Json,
                Reading::Clixml => ListForm::Clixml,
            }),
            Self::Values => dialect.values.confirm(sent.reading.of_values()),
        }
    }

    /// Goes on with the form of values in which something was sent, of which nobody knows yet.
    pub fn attempt(self, dialect: &mut Dialect, sent: Manner) {
        if self == Self::Values && !dialect.values.now {
            dialect.values.attempt(sent.reading.of_values());
        }
    }

    /// What was settled is in doubt again.
    pub fn reopen(self, dialect: &mut Dialect) {
        *self.now(dialect) = false;
    }

    /// No other form was better: the one in use stays.
    pub fn uphold(self, dialect: &mut Dialect) {
        *self.now(dialect) = true;
    }

    fn now(self, dialect: &mut Dialect) -> &mut bool {
        match self {
            Self::Bytes => &mut dialect.bytes.now,
            Self::Anchor => &mut dialect.anchor.now,
            Self::Tenant => &mut dialect.tenant.now,
            Self::List => &mut dialect.list.now,
            Self::Values => &mut dialect.values.now,
        }
    }

    /// The form of it in which a command was sent: `near the tenant`.
    pub fn form(self, sent: &Manner) -> &'static str {
        match (self, sent.reading) {
            (Self::Bytes, _) => sent.bytes.words(),
            (Self::Anchor, _) => sent.anchor.words(),
            (Self::Tenant, _) => sent.tenant.words(),
            (Self::List | Self::Values, Reading::Json) => ListForm::Json.words(),
            (Self::List | Self::Values, Reading::Clixml) => ListForm::Clixml.words(),
        }
    }

    /// All its forms together, for an error.
    pub fn all_forms(self) -> &'static str {
        match self {
            Self::Bytes => "all forms of the bytes of certificates",
            Self::Anchor => "all places where a write can run",
            Self::Tenant => "all names of the tenant",
            Self::List => "all formats of lists",
            Self::Values => "all formats of certificates",
        }
    }

    /// What is tried in another form, for the log.
    pub fn words(self) -> &'static str {
        match self {
            Self::Bytes => "the bytes of certificates",
            Self::Anchor => "the place where writes run",
            Self::Tenant => "the name of the tenant",
            Self::List => "the format of lists",
            Self::Values => "the format of certificates",
        }
    }
}

/// Whether a refusal is about the tenant that a request names.
fn names_tenant(text: &str, tenant: &str) -> bool {
    text.contains(&tenant.to_lowercase())
        || text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "tenant" | "tenantid"))
}

/// Whether an anchor is an address that a header can carry.
pub fn is_address(anchor: &str) -> bool {
    anchor.contains('@') && anchor.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
