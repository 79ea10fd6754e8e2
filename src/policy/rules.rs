//! The one table of rules: [`rule_document`](super::rule_document) and every finding come from it.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::model::Severity;

/// Raised with every change of what the rules and the selection make of values, so that all recipients are evaluated
/// again. That holds no plan: what changed is SmimeSync, not the profile.
pub const RULES_VERSION: u32 = 5;

macro_rules! rules {
    ($( $name:ident $id:literal $standard:ident $lenient:ident
        $title:literal $explanation:literal $advice:literal $source:literal )*) => {
        /// A rule by its name, in the order of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, EnumString, VariantArray)]
        pub enum RuleId { $( #[doc = $title] #[strum(serialize = $id)] $name, )* }

        impl RuleId {
            /// The id, such as `expired`.
            pub fn id(self) -> &'static str { self.into() }

            /// How grave it is under the policy `Standard`.
            pub fn standard(self) -> Severity { match self { $( RuleId::$name => Severity::$standard, )* } }

            /// How grave it is under the policy `Lenient`.
            pub fn lenient(self) -> Severity { match self { $( RuleId::$name => Severity::$lenient, )* } }

            pub(super) fn texts(self) -> [&'static str; 4] {
                match self { $( RuleId::$name => [$title, $explanation, $advice, $source], )* }
            }
        }
    };
}

rules! {
    Expired "expired" Error Error
        "The certificate has expired"
        "Its notAfter has passed. Outlook and Exchange Online do not encrypt with it."
        "Renew the certificate and publish the new one."
        "RFC 5280 §4.1.2.5"
    NotYetValid "not-yet-valid" Error Error
        "The certificate is not yet valid"
        "Its notBefore lies in the future. It is looked at again when that time has come."
        "Wait, or check the clock of the CA."
        "RFC 5280 §4.1.2.5"
    ExpiresSoon "expires-soon" Notice Notice
        "The certificate expires within 30 days"
        "When it has expired, mail to the recipient can no longer be encrypted."
        "Renew it now, or check that autoenrolment does."
        "RFC 5280 §4.1.2.5"
    CaCertificate "ca-certificate" Error Error
        "The certificate is that of a CA"
        "The attribute is meant for certificates of the person or mailbox itself."
        "Remove it from the recipient, and give it to the profile with -TrustAnchorPath if it should be trusted."
        "RFC 8550 §4.4.1"
    CaKeyUsage "ca-key-usage" Warning Warning
        "The certificate may sign certificates, but is no CA certificate"
        "Its key usage has keyCertSign without the CA flag in the basic constraints."
        "Correct the template at the CA and renew the certificate."
        "RFC 5280 §4.2.1.9"
    WrongExtendedKeyUsage "wrong-extended-key-usage" Error Error
        "The certificate is not meant for mail"
        "Its extended key usages lack emailProtection (and anyExtendedKeyUsage). Outlook skips it."
        "Nothing, if it serves another purpose such as logon or file encryption; else add Secure Email to the template."
        "RFC 8550 §4.4.4"
    WrongKeyUsage "wrong-key-usage" Error Error
        "Key and key usage allow neither encrypting nor signing"
        "RSA keys need keyEncipherment to encrypt, keys on curves keyAgreement; signing needs digitalSignature or nonRepudiation."
        "Correct the template at the CA and renew the certificate."
        "RFC 8550 §4.4.2"
    EncipherOnly "encipher-only" Warning Notice
        "The key usage lets the holder encrypt only"
        "encipherOnly says that the key agrees on keys for encrypting, and not for decrypting: who heeds it does not read what is encrypted to the holder. Clients disagree."
        "Correct the template at the CA and renew the certificate: keyAgreement alone is right for mail."
        "RFC 5280 §4.2.1.3"
    KeyUsageMismatch "key-usage-mismatch" Warning Notice
        "The key usage has bits that this kind of key can't do"
        "Such as keyAgreement for RSA or keyEncipherment for a key on a curve. Clients disagree about such certificates."
        "Correct the template at the CA and renew the certificate."
        "RFC 5480 §3, RFC 8410 §5, RFC 3279 §2.3.1"
    WeakKey "weak-key" Error Warning
        "The RSA key is shorter than 2048 bits"
        "Such keys can be broken by those with means."
        "Renew the certificate with a key of 3072 bits or more."
        "RFC 8550 §4.3"
    ShortKey "short-key" Notice Notice
        "The RSA key is shorter than 3072 bits"
        "It is good for today. For mail that must stay secret beyond 2030, longer keys are recommended."
        "Use 3072 bits or more at the next renewal."
        "NIST SP 800-57 part 1, table 4"
    InvalidKey "invalid-key" Error Error
        "The public key can't be a real one"
        "What is encrypted to it can be read by anybody, or by nobody: a point off its curve; an RSA modulus that is even, a square, divisible by a prime below 752, or of primes that 100 rounds of Fermat's method find; up to 3,072 bits also one that is itself a prime. Primes that several people's keys share, and the keys of Debian in 2008, are not looked for."
        "Generate a new key and certificate; find out what generated this one."
        "RFC 8017 §3.1, RFC 5480 §2.2, S/MIME Baseline Requirements §6.1.1.3 and §6.1.6, CVE-2022-26320"
    RocaKey "roca-key" Error Error
        "The RSA key was generated by a chip that generates weak ones (ROCA)"
        "Smart cards and TPMs by Infineon generated keys until 2017 that can be broken for some hundred dollars or less."
        "Update the card or chip, generate a new key outside of it or after the update, and revoke this certificate."
        "CVE-2017-15361"
    UnsupportedKeyAlgorithm "unsupported-key-algorithm" Error Warning
        "Outlook can't use this kind of key"
        "Outlook and Exchange Online use RSA keys of up to 16,384 bits with exponents of up to 64 bits, and keys on the curves P-256, P-384 and P-521. One recipient with another key in a distribution list stops the sender."
        "Use RSA with 3072 or 4096 bits, or one of these curves."
        "RFC 5753, RFC 8410, Microsoft: BCryptGenerateKeyPair"
    EcKeyAgreement "ec-key-agreement" Notice Notice
        "Old versions of Outlook can't encrypt to this key"
        "Mail is encrypted to a key on a curve by key agreement, which some older or other clients lack."
        "Use RSA if partners report that they can't encrypt."
        "RFC 5753"
    WeakSignatureAlgorithm "weak-signature-algorithm" Error Warning
        "The certificate is signed with MD2, MD5 or SHA-1"
        "Such signatures can be forged; Windows rejects them more and more."
        "Let the CA sign with SHA-256, and renew the certificate."
        "RFC 8550 §4.3"
    UnsupportedSignatureAlgorithm "unsupported-signature-algorithm" Error Error
        "A signature of the certificate's chain can't be checked"
        "It may be right: SmimeSync has no means to check its kind, so that nobody knows who issued the certificate. Checked are RSA (PKCS#1, and PSS with the digest's own mask) with keys of up to 16,384 bits, ECDSA on P-256, P-384, P-521, brainpoolP256 and brainpoolP384, with SHA-2 and SHA-3, Ed25519 and ML-DSA; not Ed448, SLH-DSA, DSA and other curves."
        "Let the CA sign with RSA or ECDSA and SHA-256, or give the issuing CA's certificate with -TrustAnchorPath where only one further up is uncheckable."
        "RFC 8550 §4.3"
    UncommonSignatureAlgorithm "uncommon-signature-algorithm" Warning Notice
        "Outlook may be unable to check the certificate's signature"
        "The CA signs with an algorithm that is unknown or too new."
        "Let the CA sign with RSA or ECDSA and SHA-256."
        "RFC 8550 §4.3"
    AlgorithmMismatch "algorithm-mismatch" Error Warning
        "The certificate names two different signature algorithms"
        "The one inside the signed part must be the one outside. Many clients reject such a certificate."
        "Renew the certificate."
        "RFC 5280 §4.1.1.2"
    AddressMismatch "address-mismatch" Error Error
        "The certificate was issued for somebody else's addresses"
        "None of its addresses is one of the recipient's."
        "Renew the certificate with the present address, add the old one to proxyAddresses, or remove the certificate."
        "RFC 8550 §3"
    AddressMissing "address-missing" Warning Notice
        "The certificate names none of the recipient's mail addresses"
        "It names no mail address at all, or only the name for signing in (user principal name). Outlook uses it if it comes from the address list; other clients may refuse. One that names a mail address of the recipient is always chosen before it."
        "Add the mail address to the template's subject alternative name."
        "RFC 8550 §3"
    AddressShared "address-shared" Notice Notice
        "The certificate is for several people"
        "It names a mail address that is not the recipient's. Whoever has its key can read mail to all that it names."
        "Nothing, if they are a team; if it is an address of the recipient's, add it to proxyAddresses; else issue a certificate for the recipient alone."
        "RFC 8550 §3"
    TooManyNames "too-many-names" Error Error
        "The certificate has more names than are read"
        "The first 1,000 are read. What nobody looked at may be the recipient's, or forbidden to the CA, so that the certificate is not used."
        "Issue a certificate that names the recipient alone."
        "RFC 5280 §4.2.1.6"
    AddressCase "address-case" Notice Notice
        "The certificate's address differs from the recipient's in case"
        "Exchange and Outlook take no notice of case; some other clients do."
        "Nothing is needed for Outlook."
        "RFC 5280 §7.5"
    MalformedAddress "malformed-address" Notice Notice
        "The certificate has an address that can't be one"
        "It has no @, spaces, characters that are not seen, or parts of a length that no mail system takes. One with spaces or with characters that are not seen, also around it, does not count as the recipient's."
        "Correct the address in the directory and renew the certificate."
        "RFC 5321 §4.5.3.1"
    UntrustedIssuer "untrusted-issuer" Error Error
        "The certificate's chain does not end at a trust anchor"
        "Users can write their own certificate attributes, so the issuing CA must be vouched for."
        "Give the missing CA certificate with -TrustAnchorPath if it is trustworthy."
        "RFC 5280 §6.1"
    BrokenChain "broken-chain" Error Error
        "The certificate's chain does not hold"
        "There is a CA certificate of the right name, but the signature is wrong, or it has expired or lacks a right."
        "Renew the CA certificate, or find out who issued this certificate."
        "RFC 5280 §6.1"
    UncheckedChain "unchecked-chain" Error Error
        "The certificate's chain was not checked"
        "It may hold: for one recipient 200 signatures are checked, so that nobody's values hold up a run; a signature by a large key counts as several. Those that may be chosen come first: valid, naming the recipient, for encryption, preferred, newest. What is published already stays published."
        "Remove values that the recipient does not need, and CA certificates of the same name."
        "RFC 5280 §6.1"
    DuplicateExtension "duplicate-extension" Error Warning
        "An extension is there more than once"
        "Clients disagree which one counts; many reject the certificate."
        "Renew the certificate."
        "RFC 5280 §4.2"
    UnknownCriticalExtension "unknown-critical-extension" Error Warning
        "A critical extension is unknown"
        "Whoever does not understand a critical extension must reject the certificate."
        "Let the CA leave the extension out, or mark it as not critical."
        "RFC 5280 §4.2"
    UnreadableRestriction "unreadable-restriction" Error Error
        "An extension that restricts the certificate can't be read"
        "Key usage, extended key usage, basic constraints, names or name constraints: what can't be read is not absent, and may forbid the use or name somebody else. OpenSSL and others reject such a certificate."
        "Correct the template at the CA and renew the certificate."
        "RFC 5280 §4.2"
    MalformedExtension "malformed-extension" Warning Notice
        "An extension can't be read"
        "It restricts nothing, and what it says is not taken into account; other clients may reject the certificate."
        "Renew the certificate."
        "RFC 5280 §4.2"
    OldVersion "old-version" Warning Notice
        "The certificate is of version 1 or 2"
        "It can't say what it may be used for, nor for which address."
        "Renew the certificate as version 3."
        "RFC 5280 §4.1.2.1"
    UnknownVersion "unknown-version" Error Warning
        "The certificate is of a version that does not exist"
        "X.509 has the versions 1 to 3. Nobody knows what another one means, and most programs don't load the certificate."
        "Renew the certificate as version 3."
        "RFC 5280 §4.1.2.1"
    MalformedTime "malformed-time" Error Warning
        "The validity is not written as certificates have it"
        "Times have seconds, are in UTC, and have no fractions. OpenSSL and others refuse a certificate where that is not so."
        "Correct the CA and renew the certificate."
        "RFC 5280 §4.1.2.5"
    MalformedEncoding "malformed-encoding" Error Warning
        "The certificate is written in a way that programs don't load"
        "The serial number begins with needless zeros, or a name is not in the encoding that it says. OpenSSL and .NET don't load such a certificate, so that nobody can encrypt with it."
        "Correct the CA and renew the certificate."
        "X.690 §8.3.2, RFC 5280 §4.1.2.4"
    InvalidSerial "invalid-serial" Warning Notice
        "The serial number is zero, negative or too long"
        "Revocation lists and some clients fail on it."
        "Correct the CA and renew the certificate."
        "RFC 5280 §4.1.2.2"
    DuplicateCertificate "duplicate-certificate" Notice Notice
        "The same certificate is there already"
        "It counts once."
        "Remove one of the values, unless they are of both attributes."
        "RFC 4512 §2.2"
    UnreadableValue "unreadable-value" Error Error
        "No certificate can be read from the value"
        "It is neither a certificate nor PKCS#7 nor the blocks of MS-OXOABK, or it is damaged."
        "Remove the value and publish the certificate again."
        "MS-OXLDAP 2.2.5.2"
    UnreadableCertificate "unreadable-certificate" Error Error
        "One of the value's certificates can't be read"
        "The others in the value are read all the same."
        "Publish the certificates to the address list again."
        "RFC 5652 §5.1"
    UnreadValue "unread-value" Error Error
        "Not all of the recipient's values were read"
        "For one recipient 1,500 certificates, 4 MB in all and 1 MB of one value are read, the smallest values first. What was not read may be good; it is never removed for that."
        "Remove values that the recipient does not need."
        "Microsoft Learn: Entra Connect, LargeObject errors caused by userCertificate"
    MalformedSignedData "malformed-signed-data" Warning Notice
        "The PKCS#7 around the certificates is damaged"
        "The certificates before the damage are read; mail programs may reject the whole value."
        "Publish the certificates to the address list again."
        "RFC 5652 §5.1"
    MalformedOxoAbk "malformed-oxoabk" Warning Notice
        "The MS-OXOABK blocks are damaged"
        "The certificates before the damage are read; mail programs may reject the whole value."
        "Publish the certificates to the address list again."
        "MS-OXOABK 2.2.4.36"
    TextEncoded "text-encoded" Warning Notice
        "The value is text where binary is due"
        "PEM or base64 was written into the attribute. Mail programs don't find the certificate in it."
        "Write the decoded bytes into the attribute; what SmimeSync publishes is decoded."
        "RFC 4523 §2.1"
    Wrapped "wrapped-value" Warning Notice
        "The value is wrapped in an OCTET STRING"
        "A program encoded it twice. Mail programs don't find the certificate in it."
        "Write the inner bytes into the attribute; what SmimeSync publishes is unwrapped."
        "RFC 4523 §2.1"
    WrongAttribute "wrong-attribute" Warning Notice
        "The value belongs into the other attribute"
        "userCertificate is for single certificates, userSMIMECertificate for PKCS#7 or MS-OXOABK."
        "Move the value."
        "RFC 2798 §2.8, RFC 4523 §4.1"
    TrailingBytes "trailing-bytes" Warning Notice
        "Bytes follow the end of the value"
        "Some programs reject the value."
        "Write the value without them; what SmimeSync publishes ends where it should."
        "X.690 §8.1"
    IndefiniteLength "indefinite-length" Notice Notice
        "The PKCS#7 is BER, not DER"
        "It has indefinite lengths, as some programs write when they stream. Windows reads that; other clients may not."
        "Nothing is needed for Outlook."
        "MS-OXOABK 2.2.4.36"
    ValueTooLarge "value-too-large" Warning Notice
        "The value is larger than Active Directory takes"
        "Active Directory takes 32,768 bytes at most in these attributes."
        "Publish fewer certificates in one PKCS#7."
        "MS-ADA3, attributes userCertificate and userSMIMECertificate (rangeUpper)"
    UnverifiedSignedData "unverified-signed-data" Warning Notice
        "The signature around the certificates does not verify"
        "The certificates count, each by itself; the preference for one of them does not."
        "Publish the certificates to the address list again."
        "RFC 5652 §5.4, RFC 8551 §2.5.3"
    UncheckedSignedData "unchecked-signed-data" Warning Notice
        "The signature around the certificates was not checked"
        "The certificates count, each by itself; the preference for one of them does not. For one recipient 50 of these signatures are checked, and some kinds of signatures can't be (unsupported-signature-algorithm)."
        "Remove userSMIMECertificate values that the recipient does not need, or publish the certificates to the address list again, signed with SHA-256."
        "RFC 5652 §5.4, RFC 8551 §2.5.3"
    Sha1SignedData "sha1-signed-data" Notice Notice
        "The PKCS#7 is signed with SHA-1 or MD5"
        "It does no harm to the certificates inside, which are judged by themselves. Old versions of Outlook write so."
        "Publish to the address list again with a newer Outlook when convenient."
        "RFC 8551 §2.1"
    UnknownPreference "unknown-preference" Notice Notice
        "The preferred encryption certificate is not in the value"
        "The signed preference names a certificate that did not come along, so it is skipped."
        "Publish the certificates to the address list again."
        "RFC 8551 §2.5.3"
    ForeignPreference "foreign-preference" Notice Notice
        "The preference for a certificate is not signed by the recipient"
        "The certificate that signed it names somebody else, or its chain does not end at a trust anchor. The certificates count, each by itself; the preference for one of them does not."
        "Publish the certificates to the address list again, signed with the recipient's own certificate."
        "RFC 8551 §2.5.3"
    UntrimmedAddress "untrimmed-address" Warning Notice
        "An address has spaces or invisible characters around or in it"
        "Spaces and line breaks around it, and zero-width characters anywhere in it, come with copied text. The address counts without them; mail systems may see another one."
        "Correct the address at the recipient."
        "RFC 5321 §4.1.2"
    NoEncryptionCertificate "no-encryption-certificate" Warning Warning
        "The recipient has no usable encryption certificate"
        "There are values, but nobody can encrypt to the recipient. Nothing is published."
        "See the findings on the certificates, and renew or publish one."
        "RFC 8551 §2.3"
    Superseded "superseded" Notice Notice
        "Another certificate is better"
        "The message says which one, and in what. In this order: trusted; names a mail address of the recipient; preferred in userSMIMECertificate; newer, by the day from which it is valid; for this purpose alone; longer valid; stronger."
        "Nothing. To choose another one, remove the better one, or publish to the address list again with the other as default."
        "RFC 8551 §2.5.3; Microsoft: Outlook S/MIME certificate selection"
    StaleSmimeValue "stale-smime-value" Warning Warning
        "A userSMIMECertificate value hides a good certificate"
        "Outlook looks at userSMIMECertificate first. This value has no usable encryption certificate inside, so that the good one elsewhere is not found."
        "Publish to the address list again, or clear the value; SmimeSync skips it when it publishes."
        "MS-OXLDAP 2.2.5.2"
    SmimeValueLeftOut "smime-value-left-out" Notice Notice
        "A userSMIMECertificate value is not passed on"
        "A mail program would not pick the chosen certificate out of it. It can't be created again without the user's key; the certificate is published by itself instead."
        "Publish to the address list again with the chosen certificate as default."
        "MS-OXOABK 2.2.4.36"
    TooManyValues "too-many-values" Warning Warning
        "The attribute has more than 15 values"
        "Entra Connect then exports none of them, and says so nowhere."
        "Remove expired and superseded values."
        "Microsoft Learn: Entra Connect, LargeObject errors caused by userCertificate"
    SelectionLimited "selection-limited" Notice Notice
        "More usable certificates than can be published"
        "15 values are the most that Exchange Online takes; the best are chosen."
        "Remove superseded certificates, or use the selection Best."
        "Microsoft Learn: Entra Connect, LargeObject errors caused by userCertificate"
    ForeignValuePreferred "foreign-value-preferred" Error Error
        "At the target, a value of somebody else hides the published one"
        "Mail programs look into userSMIMECertificate first. Another program put a value there, and it was left alone."
        "Remove the foreign value at the target, or publish the chosen certificate to the address list again."
        "MS-OXOABK 2.2.4.36; Microsoft: Outlook S/MIME certificate selection"
    HiddenFromAddressLists "hidden-from-address-lists" Warning Warning
        "At the target, address lists do not show the recipient"
        "Mail programs take certificates from the address list, so senders do not find what is published for it."
        "Show it in address lists if others should encrypt to it; else take it out of the profile's scope."
        "Microsoft: Set-Mailbox, -HiddenFromAddressListsEnabled"
    SoftDeletedRecipient "soft-deleted-recipient" Warning Warning
        "The recipient is deleted at the target and can still be restored"
        "Nothing is published for it while it is deleted."
        "Restore it, or take it out of the profile's scope."
        "Microsoft: Get-Mailbox, -SoftDeletedMailbox"
    AmbiguousRecipient "ambiguous-recipient" Error Error
        "More than one recipient of the target comes into question"
        "They share an address with the recipient of the source, so that nobody can tell whose certificate it is. None is written."
        "Give each recipient an address of its own."
        "RFC 8550 §3"
}
