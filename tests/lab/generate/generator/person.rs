//! Who is in the directory, and what is the matter with whom.

/// What a person's certificates are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// One valid certificate, RSA 2048.
    Good,
    /// One valid certificate with a key on the curve P-256.
    GoodCurve,
    /// An expired one and its successor.
    Renewed,
    /// A valid one and its valid successor.
    Replaced,
    Expired,
    NotYetValid,
    /// For smart-card logon.
    WrongPurpose,
    /// RSA 1024.
    WeakKey,
    /// Made for somebody else's address.
    WrongAddress,
    /// Issued by a CA that is not among the anchors.
    Untrusted,
    /// The same certificate in both attributes.
    Duplicate,
    /// PKCS#7 signed by its owner, with a preference, as Outlook publishes it.
    SignedData,
    /// PKCS#7 without a signer.
    CertificatesOnly,
    /// The tagged blocks of MS-OXOABK.
    TaggedBlocks,
    /// An expired certificate in userSMIMECertificate hides the good one in userCertificate.
    StaleSmime,
    /// One above what Entra Connect exports; all but the last have expired.
    SixteenValues,
    /// Bytes that are nothing.
    Garbage,
    /// Base64 text where DER is due.
    Base64,
    /// One certificate to encrypt, another to sign.
    Pair,
    NoValues,
    /// A partner outside, with a certificate of the partner's CA.
    Contact,
    /// A mailbox of several people; its account is disabled.
    SharedMailbox,
    /// A person whose account is disabled.
    Disabled,
}

/// The first people, so that a demonstration reads well: names, and what is the matter.
const FIRST: [(&str, &str, Kind); 26] = [
    ("Alice", "Anderson", Kind::Good),
    ("Bob", "Baker", Kind::Renewed),
    ("Carol", "Clark", Kind::Expired),
    ("Dave", "Dixon", Kind::StaleSmime),
    ("Erin", "Evans", Kind::Pair),
    ("Frank", "Foster", Kind::WrongAddress),
    ("Grace", "Green", Kind::SignedData),
    ("Heidi", "Hughes", Kind::WeakKey),
    ("Ivan", "Irving", Kind::NotYetValid),
    ("Judy", "Jones", Kind::Untrusted),
    ("Karl", "King", Kind::WrongPurpose),
    ("Lena", "Lewis", Kind::SixteenValues),
    ("Mike", "Moore", Kind::Duplicate),
    ("Nina", "Nash", Kind::CertificatesOnly),
    ("Oscar", "Owens", Kind::TaggedBlocks),
    ("Peggy", "Parker", Kind::Garbage),
    ("Quentin", "Quinn", Kind::Base64),
    ("Rita", "Reed", Kind::NoValues),
    ("Sybil", "Stone", Kind::Contact),
    ("Support", "Desk", Kind::SharedMailbox),
    ("Trent", "Taylor", Kind::GoodCurve),
    ("Uma", "Underwood", Kind::Good),
    ("Victor", "Vance", Kind::Disabled),
    ("Walter", "Ward", Kind::Good),
    ("Yvonne", "Young", Kind::Good),
    ("Zoë", "Zimmer", Kind::Good),
];

/// The others: of each hundred, these and 80 good ones.
const PATTERN: [Kind; 20] = [
    Kind::Renewed,
    Kind::GoodCurve,
    Kind::Expired,
    Kind::NotYetValid,
    Kind::WrongPurpose,
    Kind::WeakKey,
    Kind::WrongAddress,
    Kind::Untrusted,
    Kind::Duplicate,
    Kind::SignedData,
    Kind::CertificatesOnly,
    Kind::TaggedBlocks,
    Kind::StaleSmime,
    Kind::SixteenValues,
    Kind::Garbage,
    Kind::Base64,
    Kind::Pair,
    Kind::NoValues,
    Kind::Contact,
    Kind::SharedMailbox,
];

const GIVEN: [&str; 40] = [
    "Adam", "Amélie", "Anna", "Ben", "Chloe", "Clara", "Daniel", "Diana", "Elena", "Emil", "Eva", "Felix",
    "Fiona", "George", "Hana", "Hugo", "Ida", "Jakob", "Jana", "Jürgen", "Kai", "Laura", "Leo", "Louise",
    "Luca", "Maria", "Marta", "Max", "Mia", "Noah", "Nora", "Olga", "Paul", "Pia", "Rosa", "Sami", "Sofia",
    "Tom", "Vera", "Yuki",
];
const FAMILY: [&str; 41] = [
    "Adler", "Becker", "Berg", "Bianchi", "Brown", "Costa", "Dahl", "Davis", "Dubois", "Fischer", "Garcia",
    "Gray", "Haas", "Hansen", "Ito", "Jensen", "Kaya", "Klein", "Kovacs", "Lang", "Lopez", "Martin", "Meyer",
    "Miller", "Moreau", "Müller", "Nagy", "Novak", "Olsen", "Petrov", "Ricci", "Rossi", "Sato", "Silva",
    "Smith", "Svensson", "Tanaka", "Vogel", "Weber", "Wilson", "Wolf",
];

/// Which people there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kinds {
    /// Four in five good, the others with everything that goes wrong.
    Mixed,
    /// Only good ones.
    Good,
}

/// Somebody in the directory.
#[derive(Debug, Clone)]
pub struct Person {
    /// From 1.
    pub number: u64,
    given: &'static str,
    family: &'static str,
    pub kind: Kind,
    /// Whether this revision changed them.
    pub revised: bool,
}

/// The people of a directory of `people`, as of a revision (1 or 2). What revision 2 changes:
///
/// | who | becomes |
/// |---|---|
/// | 3 (expired), 8 (weak key), 22 (good) | renewed: 3 and 8 have got a good certificate, 22 a second one |
/// | `people` + 1 and + 2 | new, good |
/// | 24 | `userCertificate` cleared |
/// | 23 | deleted |
/// | 25 | has only an expired certificate |
/// | 14 | publishes from Outlook: PKCS#7 with a signer instead of one without |
/// | 26 | has another address than the certificate |
pub fn person(number: u64, people: u64, kinds: Kinds, revision: u8) -> Option<Person> {
    let index = usize::try_from(number - 1).expect("a small number");
    let (given, family, mut kind) = match FIRST.get(index) {
        Some(first) => *first,
        None => {
            let pattern = PATTERN.get(index * 37 % 100).copied().unwrap_or(Kind::Good);
            (GIVEN[index % GIVEN.len()], FAMILY[index % FAMILY.len()], pattern)
        }
    };
    if kinds == Kinds::Good || number > people {
        kind = Kind::Good;
    }
    let revised_kind = match number {
        _ if revision < 2 => Some(kind),
        3 => Some(Kind::Renewed),
        8 => Some(Kind::Good),
        14 => Some(Kind::SignedData),
        22 => Some(Kind::Replaced),
        23 => None,
        24 => Some(Kind::NoValues),
        25 => Some(Kind::Expired),
        26 => Some(Kind::WrongAddress),
        _ => Some(kind),
    };
    let revised = revised_kind != Some(kind) || number > people;
    revised_kind.map(|kind| Person { number, given, family, kind, revised })
}

impl Person {
    fn is_first(&self) -> bool {
        self.number <= FIRST.len() as u64
    }

    /// Whether the person is outside.
    pub fn is_contact(&self) -> bool {
        self.kind == Kind::Contact
    }

    /// Whether the account is disabled.
    pub fn is_disabled(&self) -> bool {
        matches!(self.kind, Kind::SharedMailbox | Kind::Disabled)
    }

    /// The name that people see, as unique as the address.
    pub fn display_name(&self) -> String {
        let Self { number, given, family, .. } = self;
        match self.kind {
            _ if self.is_first() => format!("{given} {family}"),
            Kind::SharedMailbox => format!("Team {family} {number}"),
            _ => format!("{given} {family} {number}"),
        }
    }

    /// The part of the address before the @.
    fn local_part(&self) -> String {
        let (given, family) = (ascii(self.given), ascii(self.family));
        match self.kind {
            _ if self.is_first() => given,
            Kind::SharedMailbox => format!("team.{family}{}", self.number),
            _ => format!("{given}.{family}{}", self.number),
        }
    }

    /// The address that the person's certificates name, if they name the right one.
    pub fn address(&self) -> String {
        let domain = if self.is_contact() { "fabrikam.test" } else { "contoso.test" };
        // Revision 2 gives person 26 a new address; her certificate has the old one.
        let renamed = if self.revised && self.kind == Kind::WrongAddress { ".new" } else { "" };
        format!("{}{renamed}@{domain}", self.local_part())
    }

    /// The address in the certificate of somebody whose certificate has a wrong one.
    pub fn foreign_address(&self) -> String {
        if self.revised {
            format!("{}@contoso.test", self.local_part())
        } else {
            "mallory@contoso.test".to_owned()
        }
    }

    /// A second address, which every third person has.
    pub fn alias(&self) -> Option<String> {
        let (given, family) = (ascii(self.given), ascii(self.family));
        let has_one = self.number % 3 == 1 && !self.is_contact();
        has_one.then(|| format!("{}.{family}{}@contoso.test", &given[..1], self.number))
    }

    /// `sAMAccountName`: 20 characters at most.
    pub fn account(&self) -> String {
        if self.is_first() { ascii(self.given) } else { format!("u{:07}", self.number) }
    }
}

/// As mail systems write names.
fn ascii(name: &str) -> String {
    let mut text = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'ü' => text.push_str("ue"),
            'é' | 'ë' => text.push('e'),
            c => text.push(c),
        }
    }
    text
}
