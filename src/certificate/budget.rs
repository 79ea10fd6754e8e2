//! What one recipient's values may cost. Everybody may write the own attributes, LDIF, CSV and other directories limit
//! neither their number nor their size, and nobody may hold up the run of all.

/// Signatures that are checked for one recipient: those of chains and those around certificates in values.
pub const MAX_SIGNATURES: usize = 200;

/// Of these, how many are left to those around certificates: without any of these, chains can still be checked.
const MAX_OF_VALUES: usize = 50;

/// Certificates, and parts that are none, that are read out of one recipient's values. Active Directory takes some
/// 1,200 values of an attribute.
pub const MAX_PARTS: usize = 1500;

/// Octets of one recipient's values that are read.
pub const MAX_OCTETS: usize = 4 << 20;

/// So many octets that are signed cost as much as one signature more.
const OCTETS_OF_ONE: usize = 32 << 10;

/// Signatures that may still be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureBudget {
    left: usize,
}

impl SignatureBudget {
    /// So many.
    pub fn new(signatures: usize) -> Self {
        Self { left: signatures }
    }

    /// Takes what it costs to check a signature over so many octets with a key that takes so many times the usual;
    /// false, and nothing is taken, where that is more than what is left.
    pub(super) fn take(&mut self, octets: usize, times: usize) -> bool {
        let left = self.left.checked_sub(times.max(1).saturating_add(octets / OCTETS_OF_ONE));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// RSA moduli that may still be tested for being primes, which takes a thousand times as long as all else that is
/// looked for in a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimeBudget {
    left: u64,
}

impl PrimeBudget {
    /// That of one recipient: four keys of 2048 bits, or one of 3072. Those of 4096 bits take eight times as long as those
    /// of 2048, and may be everybody's.
    pub fn of_recipient() -> Self {
        Self { left: 4 }
    }

    /// Takes what a modulus of so many bits costs, which grows with their third power; false, and nothing is taken, where
    /// that is more than what is left.
    pub(super) fn take(&mut self, bits: u64) -> bool {
        let left = self.left.checked_sub(bits.div_ceil(256).saturating_pow(3).div_ceil(512));
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

/// What may still be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBudget {
    parts: usize,
    octets: usize,
    pub(super) signatures: SignatureBudget,
}

impl ReadBudget {
    /// That of one recipient's values together.
    pub fn of_recipient() -> Self {
        Self { parts: MAX_PARTS, octets: MAX_OCTETS, signatures: SignatureBudget::new(MAX_OF_VALUES) }
    }

    /// That of a file that an administrator gives.
    pub fn of_file() -> Self {
        Self { parts: 100_000, octets: usize::MAX, signatures: SignatureBudget::new(MAX_SIGNATURES) }
    }

    /// Takes one certificate, or one part that is none; false where nothing is left.
    pub(super) fn take_part(&mut self) -> bool {
        let left = self.parts.checked_sub(1);
        self.parts = left.unwrap_or(0);
        left.is_some()
    }

    /// Takes a value; false, and nothing is taken, where that is more than what is left.
    pub(super) fn take_value(&mut self, octets: usize) -> bool {
        let left = self.octets.checked_sub(octets).filter(|_| self.parts > 0);
        self.octets = left.unwrap_or(self.octets);
        left.is_some()
    }

    /// What is left for the signatures of chains.
    pub fn for_chains(&self) -> SignatureBudget {
        SignatureBudget::new(MAX_SIGNATURES - MAX_OF_VALUES + self.signatures.left)
    }
}
