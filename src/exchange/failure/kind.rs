//! What texts and names of exceptions stand for.

use crate::error::ErrorId;

/// What a text or an exception's name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Of(ErrorId),
    /// It is managed on premises; or it is being moved, which the same text says.
    Synced,
    /// The account has no role with the cmdlet.
    LacksCmdlet,
    /// The account's role has the cmdlet, but not with this parameter.
    LacksParameter,
    /// The account's role has the cmdlet for other recipients only.
    OutOfScope,
    Throttled,
    Transient,
}

/// Marks in the exception's name, as public captures show them; the first that is there counts.
const NAMES: &[(&str, Kind)] = &[
    ("ManagementObjectNotFoundException", Kind::Of(ErrorId::RecipientNotFound)),
    ("ManagementObjectAmbiguousException", Kind::Of(ErrorId::RecipientAmbiguous)),
    ("CommandNotFoundException", Kind::LacksCmdlet),
    ("UnauthorizedAccessException", Kind::Of(ErrorId::ExchangeAccessDenied)),
    ("CmdletAccessDeniedException", Kind::LacksCmdlet),
    // In English the text tells what passes from what does not.
    ("UnableToWriteToAadException", Kind::Synced),
    ("AmbiguousParameterSet", Kind::LacksParameter),
    ("NamedParameterNotFound", Kind::LacksParameter),
    ("OverBudgetException", Kind::Throttled),
    ("ServerBusyException", Kind::Throttled),
    ("CmdletProxyNotAvailable", Kind::Transient),
    ("BackendCommunicationException", Kind::Transient),
    ("TransientException", Kind::Transient),
    ("TimeoutException", Kind::Transient),
    ("DomainControllerNotFoundException", Kind::Transient),
];

/// Marks in the text, in small letters: docs/design/exchange-online.md §1.2 (quoted), §1.6 ("Transient"), §4, and
/// Exchange's own messages in English. They come first: the exceptions of refused writes share one name.
const TEXTS: &[(&str, Kind)] = &[
    ("synchronized from your on-premises organization", Kind::Of(ErrorId::RecipientDirectorySynced)),
    ("on-premises mastered directory sync objects", Kind::Synced),
    ("out of the current user's write scope", Kind::OutOfScope),
    ("is not recognized as the name of a cmdlet", Kind::LacksCmdlet),
    ("is not recognized as a name of a cmdlet", Kind::LacksCmdlet),
    ("parameter cannot be found that matches parameter name", Kind::LacksParameter),
    ("parameter set cannot be resolved using the specified named parameters", Kind::LacksParameter),
    ("matches multiple entries", Kind::Of(ErrorId::RecipientAmbiguous)),
    ("couldn't be found on", Kind::Of(ErrorId::RecipientNotFound)),
    ("server is too busy", Kind::Throttled),
    ("maximum number of concurrent requests per tenant", Kind::Throttled),
    ("issue may be transient", Kind::Transient),
    ("may be transient", Kind::Transient),
    ("cmdletproxynotavailable", Kind::Transient),
];

/// What these texts, and these names of exceptions, stand for: the kind, and the position of the text that says so.
pub(super) fn of<'a>(
    texts: impl Iterator<Item = &'a str> + Clone,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Option<(Kind, Option<usize>)> {
    // Some texts come with typographic apostrophes.
    let plain: Vec<String> = texts.map(|text| text.to_lowercase().replace('\u{2019}', "'")).collect();
    let by_text = TEXTS.iter().find_map(|(mark, kind)| {
        let position = plain.iter().position(|text| text.contains(mark))?;
        Some((*kind, Some(position)))
    });
    let named = |mark: &str| names.clone().any(|name| name.contains(mark));
    let by_name = || NAMES.iter().find(|(mark, _)| named(mark)).map(|(_, kind)| (*kind, None));
    by_text.or_else(by_name)
}
