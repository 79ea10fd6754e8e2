//! How an organisation's Exchange Online wants what Microsoft documents nowhere: the forms of the wire that one harmless
//! question can settle (docs/design/exchange-online.md §5.1).
//!
//! Pure data. A run begins with the form that has most evidence, sees by the answers whether it was understood, and
//! remembers in the state what was: no admin has to know of it.

use serde::{Deserialize, Serialize};

/// A form of the wire; [`Default`] is the one with most evidence.
pub trait Form: Copy + Eq + Default {
    /// The form in words, for whoever reads a report: `as numbers`.
    fn words(self) -> &'static str;
}

/// Declares forms of one fact; the first is the default.
macro_rules! forms {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $form:ident = $words:literal,)+ })+) => { $(
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub enum $name { $($(#[$doc])* $form,)+ }

        impl Form for $name {
            fn words(self) -> &'static str {
                match self { $(Self::$form => $words,)+ }
            }
        }
    )+ };
}

forms! {
    /// How binary values are put into requests.
    ByteForm {
        /// A list of numbers, as the service's own metadata declares it.
        #[default]
        Integers = "as numbers",
        /// Base64 text.
        Base64 = "as base64",
    }

    /// How several commands are sent.
    BatchForm {
        /// In one request, each with its own token.
        #[default]
        Together = "together in batches",
        /// Each in a request of its own.
        Singly = "one by one",
    }

    /// How a property is cleared.
    ClearForm {
        /// With `null`.
        #[default]
        Null = "with null",
        /// By naming the values that go.
        Remove = "by naming each value",
    }

    /// Near what a write is said to run: the header `X-AnchorMailbox`.
    AnchorForm {
        /// `APP:SystemMailbox{…}@<tenant>`.
        #[default]
        SystemMailbox = "near the system mailbox",
        /// `SMTP:<address>`, with `parameter-based-routing: true`.
        Address = "near the recipient's address",
        /// `UPN:OAuthUser@<organisation>`.
        OAuthUser = "near the application's user",
        /// `TID:<tenant>`.
        Tenant = "near the tenant",
    }

    /// How the tenant is named in addresses.
    TenantForm {
        /// By the id that the token shows, which outlives every domain.
        #[default]
        Id = "by its id",
        /// By the domain that the profile gives.
        Domain = "by its domain",
    }

    /// How lists, and whoever is looked for, are read.
    ListForm {
        /// JSON with `$select`.
        #[default]
        Json = "as JSON",
        /// CLIXML without `$select`.
        Clixml = "as CLIXML",
    }

    /// How values are read.
    ValueForm {
        /// CLIXML without `$select`.
        #[default]
        Clixml = "as CLIXML",
        /// JSON with `$select`.
        Json = "as JSON",
    }

    /// Whether the service lists only those who have values, by `-Filter`.
    ValueFilter {
        /// It does.
        #[default]
        Taken = "by filter",
        /// It does not, and everybody is listed.
        Refused = "without a filter",
    }

    /// How many objects a page of a list is to have.
    PageSize {
        /// 1,000, the most that the service gives.
        #[default]
        Of1000 = "1,000 objects at a time",
        /// 500.
        Of500 = "500 objects at a time",
        /// 250.
        Of250 = "250 objects at a time",
        /// 125.
        Of125 = "125 objects at a time",
    }
}

impl PageSize {
    /// How many objects.
    pub fn objects(self) -> u32 {
        match self {
            Self::Of1000 => 1000,
            Self::Of500 => 500,
            Self::Of250 => 250,
            Self::Of125 => 125,
        }
    }

    /// Half of it; `None`: there is nothing smaller.
    pub fn smaller(self) -> Option<Self> {
        match self {
            Self::Of1000 => Some(Self::Of500),
            Self::Of500 => Some(Self::Of250),
            Self::Of250 => Some(Self::Of125),
            Self::Of125 => None,
        }
    }

    /// Twice as many, up to the most.
    pub fn larger(self) -> Self {
        match self {
            Self::Of1000 | Self::Of500 => Self::Of1000,
            Self::Of250 => Self::Of500,
            Self::Of125 => Self::Of250,
        }
    }
}

/// A fact of the wire: the form in use, and whether an answer has shown that it is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact<F> {
    /// The form in use.
    pub form: F,
    /// Whether it was ever confirmed, in this run or an earlier one.
    pub confirmed: bool,
    /// Whether it was confirmed in this run.
    #[serde(skip)]
    pub now: bool,
}

impl<F: Form> Fact<F> {
    /// Takes note that `form` was understood.
    pub fn confirm(&mut self, form: F) {
        *self = Self { form, confirmed: true, now: true };
    }

    /// Goes on with a form of which nobody knows yet.
    pub fn attempt(&mut self, form: F) {
        *self = Self { form, confirmed: false, now: false };
    }

    /// What a later run begins with: what was never confirmed begins anew.
    fn remembered(&mut self) {
        if !self.confirmed {
            *self = Self::default();
        }
    }
}

/// All facts of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Dialect {
    /// Whose they are: the tenant's id, or the domain where no id is known.
    pub organization: String,
    /// How binary values are put into requests.
    pub bytes: Fact<ByteForm>,
    /// How several commands are sent.
    pub batch: Fact<BatchForm>,
    /// How a property is cleared.
    pub clear: Fact<ClearForm>,
    /// Near what a write is said to run.
    pub anchor: Fact<AnchorForm>,
    /// How the tenant is named.
    pub tenant: Fact<TenantForm>,
    /// How lists are read.
    pub list: Fact<ListForm>,
    /// How values are read.
    pub values: Fact<ValueForm>,
    /// Whether a list can be narrowed to those with values.
    pub filter: Fact<ValueFilter>,
    /// How many objects a page has.
    pub page: Fact<PageSize>,
    /// The same of pages with certificates, which are far larger.
    pub value_page: Fact<PageSize>,
}

/// A fact in words, for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettledFact {
    /// What it is about: `Certificates are sent`.
    pub fact: &'static str,
    /// The form in use: `as numbers`.
    pub form: &'static str,
    /// Whether an answer has shown it.
    pub shown: Shown,
}

/// When an answer has shown a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// In this run.
    Now,
    /// In an earlier one.
    Earlier,
    /// Never.
    Never,
}

/// What the fact of clearing is about.
pub const CLEARED: &str = "Certificates are cleared";

impl Dialect {
    /// That of an organisation of which nothing is known.
    pub fn of(organization: &str) -> Self {
        Self { organization: organization.to_owned(), ..Self::default() }
    }

    /// What an earlier run kept; `None` where it is unreadable.
    pub fn read(kept: &str) -> Option<Self> {
        let mut dialect: Self = serde_json::from_str(kept).ok()?;
        dialect.forget_guesses();
        Some(dialect)
    }

    /// The text that a later run reads again: what was confirmed.
    pub fn kept(&self) -> String {
        let mut confirmed = self.clone();
        confirmed.forget_guesses();
        // Enumerations and flags have no value that JSON can't hold.
        serde_json::to_string(&confirmed).unwrap_or_default()
    }

    /// Every fact in words, in the order in which a run meets them.
    pub fn settled(&self) -> Vec<SettledFact> {
        fn told<F: Form>(fact: &'static str, of: Fact<F>) -> SettledFact {
            let shown = match of {
                Fact { now: true, .. } => Shown::Now,
                Fact { confirmed: true, .. } => Shown::Earlier,
                _ => Shown::Never,
            };
            SettledFact { fact, form: of.form.words(), shown }
        }
        vec![
            told("The tenant is named", self.tenant),
            told("Commands are sent", self.batch),
            told("Recipients are listed", self.list),
            told("Pages are read", self.page),
            told("Pages with certificates are read", self.value_page),
            told("Whoever has certificates is listed", self.filter),
            told("Certificates are read", self.values),
            told("Writes run", self.anchor),
            told("Certificates are sent", self.bytes),
            told(CLEARED, self.clear),
        ]
    }

    fn forget_guesses(&mut self) {
        self.bytes.remembered();
        self.batch.remembered();
        self.clear.remembered();
        self.anchor.remembered();
        self.tenant.remembered();
        self.list.remembered();
        self.values.remembered();
        self.filter.remembered();
        self.page.remembered();
        self.value_page.remembered();
    }
}

#[cfg(test)]
mod tests;
