//! The part of OPATH that callers of this product need: comparisons with `-eq`, and certificates that are not `$null`,
//! joined by `-or`.

use super::{directory::Recipient, failure::Failure, settings::CertificateFilter};

/// docs/design/exchange-online.md §2.2.
const CERTIFICATES: [&str; 2] = ["usercertificate", "usersmimecertificate"];

/// One of these comparisons must hold.
pub struct Filter(Vec<(String, String)>);

impl Filter {
    /// `Property -eq 'value'`, `UserCertificate -ne $null`, joined by `-or`; a quote inside a value is doubled, braces and
    /// parentheses do not matter. Anything else is refused.
    pub fn parse(text: &str, certificates: CertificateFilter) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(
                400,
                "Microsoft.Exchange.Data.ParsingException",
                "InvalidArgument",
                format!(
                    "Invalid filter syntax. For a description of the filter parameter syntax see the command \
                     help.\n\"{text}\""
                ),
            )
        };
        let mut words = split(text).ok_or_else(wrong)?.into_iter();
        let mut comparisons = Vec::new();
        loop {
            let (Some(property), Some(operator), Some(value)) = (words.next(), words.next(), words.next())
            else {
                return Err(wrong());
            };
            let known =
                ["emailaddresses", "primarysmtpaddress", "externalemailaddress", "isdirsynced", "alias"];
            let property = property.to_ascii_lowercase();
            let value = value.to_ascii_lowercase();
            let is_equal = operator.eq_ignore_ascii_case("-eq") && known.contains(&property.as_str());
            let is_there = operator.eq_ignore_ascii_case("-ne")
                && value == "$null"
                && CERTIFICATES.contains(&property.as_str())
                && certificates == CertificateFilter::Taken;
            if !is_equal && !is_there {
                return Err(wrong());
            }
            comparisons.push((property, value));
            match words.next() {
                None => return Ok(Self(comparisons)),
                Some(or) if or.eq_ignore_ascii_case("-or") => {}
                Some(_) => return Err(wrong()),
            }
        }
    }

    /// The SMTP addresses that it asks for, if it asks for nothing else.
    pub fn addresses(&self) -> Option<Vec<&str>> {
        let one = |(property, value): &'_ (String, String)| property == "emailaddresses" && !value.is_empty();
        let all = self.0.iter().all(one);
        let bare = |value: &'_ String| value.strip_prefix("smtp:").map_or(0, |_| 5);
        all.then(|| self.0.iter().map(|(_, value)| value.get(bare(value)..).unwrap_or_default()).collect())
    }

    pub fn matches(&self, recipient: &Recipient) -> bool {
        self.0.iter().any(|(property, value)| match property.as_str() {
            "emailaddresses" => {
                let bare = value.strip_prefix("smtp:").unwrap_or(value);
                recipient.smtp_addresses().any(|address| address == bare)
            }
            "primarysmtpaddress" => recipient.primary_smtp_address.eq_ignore_ascii_case(value),
            "externalemailaddress" => recipient.external_email_address.as_ref().is_some_and(|own| {
                let bare = |text: &str| text.strip_prefix("smtp:").unwrap_or(text).to_owned();
                bare(&own.to_ascii_lowercase()) == bare(value)
            }),
            "isdirsynced" => recipient.is_dir_synced == (value.trim_start_matches('$') == "true"),
            "usercertificate" => !recipient.user_certificate.is_empty(),
            "usersmimecertificate" => !recipient.user_smime_certificate.is_empty(),
            "alias" => recipient.alias.eq_ignore_ascii_case(value),
            _ => false,
        })
    }
}

/// Words and quoted texts; None if a quote is open at the end.
fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(first) = characters.next() {
        if first.is_whitespace() || "(){}".contains(first) {
            continue;
        }
        let mut word = String::new();
        if first == '\'' || first == '"' {
            loop {
                match characters.next()? {
                    quote if quote == first && characters.peek() == Some(&first) => {
                        characters.next();
                        word.push(first);
                    }
                    quote if quote == first => break,
                    other => word.push(other),
                }
            }
        } else {
            word.push(first);
            while let Some(next) = characters.next_if(|c| !c.is_whitespace() && !"(){}'\"".contains(*c)) {
                word.push(next);
            }
        }
        words.push(word);
    }
    Some(words)
}
