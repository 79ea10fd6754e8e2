//! What somebody without the right role is told: which cmdlet and parameters, which role has them, and where it is given
//! (docs/design/exchange-online.md §1.6, "Status", "Auth"; docs/exchange-online.md, "The least rights").

/// A cmdlet and what it was asked with, as far as a role decides about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    /// Such as `Set-Mailbox`; empty where no cmdlet is known.
    pub cmdlet: &'static str,
    /// The parameters besides those that every role has: `Identity` and the common ones, such as `Confirm`.
    pub parameters: Vec<&'static str>,
}

/// Whose rights they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The application that signed in.
    Application,
    /// Whoever opened the session.
    Session,
}

/// What to do about recipients that a role does not reach.
pub(super) const SCOPE: &str = "The role is limited to other recipients: widen its write scope (Set-ManagementRoleAssignment, \
     -RecipientOrganizationalUnitScope or -CustomRecipientWriteScope), or exclude the recipient.";

/// The roles of Exchange that have the cmdlets which are run here (Microsoft: "Find the permissions required to run any
/// Exchange cmdlet").
const ROLES: &[(&str, &[&str])] = &[
    (
        "Mail Recipients",
        &[
            "Get-Mailbox",
            "Get-MailUser",
            "Get-MailContact",
            "Get-RemoteMailbox",
            "Get-Recipient",
            "Set-Mailbox",
            "Set-MailUser",
            "Set-MailContact",
        ],
    ),
    ("Mail Recipient Creation", &["New-MailContact"]),
    ("View-Only Configuration", &["Get-OrganizationConfig"]),
    ("Organization Configuration", &["Get-SmimeConfig", "Set-SmimeConfig"]),
];

/// What is asked first, so that whoever has no role at all is refused it.
const FIRST: &str = "Get-OrganizationConfig";

/// What the rest of the work needs.
const WHOLE: &str = "Publishing needs the role 'Mail Recipients', too, and new mail contacts 'Mail Recipient Creation': \
     where the account has no role yet, give them together.";

impl Used {
    /// Whether it only looks at something.
    pub fn reads(&self) -> bool {
        self.cmdlet.starts_with("Get-")
    }

    /// The cmdlet with its parameters, in words: `Set-Mailbox with -UserCertificate`.
    fn words(&self, parameters: &[&str]) -> String {
        if parameters.is_empty() {
            return self.cmdlet.to_owned();
        }
        format!("{} with {}", self.cmdlet, dashed(parameters))
    }
}

/// What is missing where the cmdlet as a whole was refused: "the application has no role with Set-Mailbox …".
pub(super) fn no_cmdlet(used: &Used, account: Account) -> String {
    let who = match account {
        Account::Application => "the application",
        Account::Session => "the account of the session",
    };
    format!("{who} has no role with {}", used.words(&used.parameters))
}

/// What is missing where the cmdlet was taken and a parameter was not; `named`: the one that the service named.
pub(super) fn no_parameter(used: &Used, named: Option<&str>, account: Account) -> String {
    let whose = match account {
        Account::Application => "the application's role",
        Account::Session => "the role of the session's account",
    };
    let which = match (named, used.parameters.as_slice()) {
        (Some(name), _) => format!("without its parameter -{name}"),
        (None, []) => "without a parameter that it was given".to_owned(),
        (None, [one]) => format!("without its parameter -{one}"),
        (None, all) => format!("without one of its parameters {}", dashed(all)),
    };
    format!("{whose} has {} {which}", used.cmdlet)
}

/// Where roles are given.
pub(super) fn advice(used: &Used, named: Option<&str>, account: Account) -> String {
    let parameters: Vec<&str> = named.map_or_else(|| used.parameters.clone(), |one| vec![one]);
    let wanted = used.words(&parameters);
    let role = ROLES.iter().find(|(_, cmdlets)| cmdlets.contains(&used.cmdlet));
    let has = role.map(|(role, _)| format!(" The role '{role}' of Exchange has that.")).unwrap_or_default();
    let has = if used.cmdlet == FIRST { format!("{has} {WHOLE}") } else { has };
    match account {
        Account::Application => format!(
            "Give the application a role with {wanted}.{has} Make it a member of a role group with that role: in the \
             Exchange admin center under Roles, or with New-ServicePrincipal and Add-RoleGroupMember, as \
             docs/exchange-online.md shows. A new role takes up to half an hour to work."
        ),
        Account::Session => format!(
            "Give the account a role with {wanted}.{has} Roles are given in the Exchange admin center, or with \
             Add-RoleGroupMember; connect anew then."
        ),
    }
}

/// What no role leaves out, so that a refusal that names it means another one.
const EVERYWHERE: [&str; 2] = ["Identity", "Confirm"];

/// The parameter that a message of PowerShell's names: "… that matches parameter name 'X'.".
pub(super) fn named(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("parameter name ")?;
    let rest = rest.trim_start_matches(['\'', '"', '\u{2018}', '\u{201c}']);
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    Some(name).filter(|name| !name.is_empty() && !EVERYWHERE.iter().any(|one| one.eq_ignore_ascii_case(name)))
}

fn dashed(parameters: &[&str]) -> String {
    parameters.iter().map(|name| format!("-{name}")).collect::<Vec<_>>().join(", ")
}
