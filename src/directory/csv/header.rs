//! The header of a file: which column is where, and what separates them.

use std::io::{self, BufRead, Read};

use super::quotes::{FormProblem, NO_LINE_END};

/// The most bytes of a line before the first row.
const MAX_LINE: u64 = 64 << 10;

/// What may separate columns; Excel in Germany writes `;`.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Names of the columns that are known, in lower case; of several for the same thing the first counts.
const ADDRESS: &[&str] =
    &["emailaddress", "mail", "primarysmtpaddress", "externalemailaddress", "targetaddress"];
/// Where mail to it goes, beside the address.
const EXTERNAL: &[&str] = &["externalemailaddress", "targetaddress"];
const DISPLAY_NAME: &[&str] = &["displayname", "name"];
const CERTIFICATE: &[&str] = &["certificate"];
const CERTIFICATE_PATH: &[&str] = &["certificatepath"];
const SIGNED_DATA: &[&str] = &["usersmimecertificate"];

/// Where the columns are, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub delimiter: u8,
    /// How many columns there are.
    pub width: usize,
    pub address: usize,
    pub external_address: Option<usize>,
    pub display_name: Option<usize>,
    pub certificate: Option<usize>,
    pub certificate_path: Option<usize>,
    pub signed_data: Option<usize>,
    /// The names of columns that nobody looks at.
    pub unknown: Vec<String>,
    /// The line after it.
    pub next_line: u64,
}

impl Header {
    /// Reads the header, past what PowerShell (`#TYPE …`) and Excel (`sep=;`) write before it.
    /// What is none comes as an error that wraps a [`FormProblem`].
    pub fn read(input: &mut impl BufRead) -> io::Result<Self> {
        let problem = |line, reason| io::Error::new(io::ErrorKind::InvalidData, FormProblem { line, reason });
        let mut told = None;
        for number in 1_u64.. {
            let Some(bytes) = read_line(input)? else {
                return Err(problem(number, "the file has no header".into()));
            };
            if !bytes.ends_with(b"\n") && !bytes.ends_with(b"\r") {
                return Err(problem(number, NO_LINE_END.into()));
            }
            let line = std::str::from_utf8(&bytes)
                .map_err(|_| problem(number, NOT_UTF8.into()))?
                .trim_end_matches(['\r', '\n']);
            match line.strip_prefix("sep=").map(str::as_bytes) {
                Some([delimiter]) if told.is_none() && DELIMITERS.contains(delimiter) => {
                    told = Some(*delimiter)
                }
                _ if line.starts_with("#TYPE ") || line.trim().is_empty() => {}
                _ => {
                    let header = Self::parse(line, told).map_err(|reason| problem(number, reason))?;
                    return Ok(Self { next_line: number.saturating_add(1), ..header });
                }
            }
        }
        Err(problem(1, "the file has no header".into()))
    }

    /// How many columns a row has at least: without one that may hold a certificate, it does not say that there is none.
    pub fn needed(&self) -> usize {
        let optional = [self.certificate, self.certificate_path, self.signed_data];
        optional.into_iter().flatten().max().unwrap_or(0).max(self.address).saturating_add(1)
    }

    /// Takes a header line apart, at `told` or else at whatever makes the required column appear.
    fn parse(line: &str, told: Option<u8>) -> Result<Self, String> {
        let candidates = told.map_or(DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
        let with = |delimiter: &u8| (*delimiter, split(line, *delimiter));
        let has_address = |names: &[String]| position(names, ADDRESS).is_some();
        let Some((delimiter, names)) = candidates.iter().map(with).find(|(_, names)| has_address(names))
        else {
            return Err(
                "the header has no column EmailAddress, separated from others by a comma, a semicolon or \
                        a tab"
                    .into(),
            );
        };
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        if let Some(twice) = (1..lower.len()).find(|at| {
            let (before, rest) = lower.split_at(*at);
            rest.first().is_some_and(|name| !name.is_empty() && before.contains(name))
        }) {
            let name = names.get(twice).map(String::as_str).unwrap_or_default();
            return Err(format!("the header names the column {name} twice"));
        }
        let known = [ADDRESS, DISPLAY_NAME, CERTIFICATE, CERTIFICATE_PATH, SIGNED_DATA];
        let [address, display_name, certificate, certificate_path, signed_data] =
            known.map(|aliases| position(&names, aliases));
        if certificate.or(certificate_path).or(signed_data).is_none() {
            return Err(
                "the header has no column Certificate, CertificatePath or UserSMimeCertificate".into()
            );
        }
        let external_address = position(&names, EXTERNAL).filter(|at| Some(*at) != address);
        let used = [address, external_address, display_name, certificate, certificate_path, signed_data];
        let unknown = names.iter().enumerate().filter(|(at, _)| !used.contains(&Some(*at)));
        Ok(Self {
            delimiter,
            width: names.len(),
            address: address.unwrap_or_default(),
            external_address,
            display_name,
            certificate,
            certificate_path,
            signed_data,
            unknown: unknown.map(|(_, name)| name.clone()).filter(|name| !name.is_empty()).collect(),
            next_line: 1,
        })
    }
}

/// Why text that is not UTF-8 is refused.
pub(super) const NOT_UTF8: &str =
    "it is not UTF-8; save the file as 'CSV UTF-8', or as UTF-16 with a byte order mark";

/// A line with its end; `None` at the end of the file.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    for byte in input.by_ref().take(MAX_LINE).bytes() {
        line.push(byte?);
        match line.last() {
            Some(b'\n') => break,
            // As rows, it may end in CR alone; a LF behind it belongs to it.
            Some(b'\r') => {
                if input.fill_buf()?.first() == Some(&b'\n') {
                    input.consume(1);
                }
                break;
            }
            _ => {}
        }
    }
    Ok((!line.is_empty()).then_some(line))
}

fn split(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line.as_bytes());
    let names = reader.records().next().and_then(Result::ok).unwrap_or_default();
    names.iter().map(|name| name.trim().to_owned()).collect()
}

/// Where the first of `aliases` is that is there at all.
fn position(names: &[String], aliases: &[&str]) -> Option<usize> {
    aliases.iter().find_map(|alias| names.iter().position(|name| name.to_lowercase() == *alias))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Header, String> {
        Header::read(&mut text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_found_in_any_order_and_case_behind_any_delimiter() {
        for (text, delimiter, address, certificate, next_line) in [
            ("EmailAddress,Certificate\n", b',', 0, 1, 2),
            ("CERTIFICATE;displayname;EMAILADDRESS\r\n", b';', 2, 0, 2),
            ("\"Certificate\"\t\"Mail\"\n", b'\t', 1, 0, 2),
            (
                "#TYPE System.Management.Automation.PSCustomObject\r\n\"Name\",\"Mail\",\"Certificate\"\r\n",
                b',',
                1,
                2,
                3,
            ),
            ("sep=;\r\nPrimarySmtpAddress;Certificate\r\n", b';', 0, 1, 3),
            ("\r\n\r\nExternalEmailAddress , Certificate\r\n", b',', 0, 1, 4),
            ("sep=;\rMail;Certificate\r", b';', 0, 1, 3),
            // Of several names for the address the first of the list counts, wherever it stands.
            ("Mail,Certificate,EmailAddress\n", b',', 2, 1, 2),
        ] {
            let header = read(text).unwrap();
            assert_eq!(
                (header.delimiter, header.address, header.certificate, header.next_line),
                (delimiter, address, Some(certificate), next_line),
                "{text:?}"
            );
        }
    }

    #[test]
    fn columns_that_nobody_looks_at_are_named() {
        let header = read("Company,Mail,Certificate,,Notes,EmailAddress\n").unwrap();
        assert_eq!(
            (header.unknown, header.width),
            (vec!["Company".into(), "Mail".into(), "Notes".into()], 6)
        );
    }

    #[test]
    fn what_is_no_header_is_refused_with_its_line() {
        let no_address =
            "the header has no column EmailAddress, separated from others by a comma, a semicolon or a tab";
        let no_value = "the header has no column Certificate, CertificatePath or UserSMimeCertificate";
        for (text, line, reason) in [
            ("", 1, "the file has no header"),
            ("#TYPE x\n", 2, "the file has no header"),
            ("alice@partner.test,MIIB\n", 1, no_address),
            ("sep=;\nEmailAddress,Certificate\n", 2, no_address),
            ("EmailAddress|Certificate\n", 1, no_address),
            ("EmailAddress,Certificate", 1, NO_LINE_END),
            ("EmailAddress,DisplayName\n", 1, no_value),
            ("EmailAddress,Certificate,certificate\n", 1, "the header names the column certificate twice"),
        ] {
            assert_eq!(read(text).unwrap_err(), format!("line {line}: {reason}"), "{text:?}");
        }
    }
}
