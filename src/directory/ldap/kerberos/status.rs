//! What the numbers mean with which GSSAPI's calls end.

use super::fault::FaultKind;

/// The routine errors of RFC 2744, 3.9.1, in the bits that they stand in.
mod routine {
    pub const BAD_SIG: u32 = 6;
    pub const NO_CRED: u32 = 7;
    pub const DEFECTIVE_CREDENTIAL: u32 = 10;
    pub const CREDENTIALS_EXPIRED: u32 = 11;
}

/// The supplementary bits of RFC 2744, 3.9.1: a token that came before, that is too old, out of order, or behind a gap.
pub(super) const SUPPLEMENTARY: u32 = 0b1_1110;

/// MIT's numbers for the errors of RFC 4120, 7.5.9, and its own, begin here (`krb5_err.et`).
const KRB5: i32 = -1_765_328_384;

/// What went wrong, by the status of the call and that of Kerberos itself; `keytab` whether the key comes from one.
pub(super) fn kind(major: u32, minor: u32, keytab: bool) -> FaultKind {
    let ticket = if keytab { FaultKind::Keytab } else { FaultKind::NoTicket };
    match (minor as i32).wrapping_sub(KRB5) {
        // KDC_ERR_CLIENT_REVOKED, KDC_ERR_NAME_EXP, KDC_ERR_KEY_EXPIRED.
        18 | 1 | 23 => return FaultKind::Account,
        // KDC_ERR_S_PRINCIPAL_UNKNOWN.
        7 => return FaultKind::ServerUnknown,
        // KRB_AP_ERR_SKEW, KRB5_KDCREP_SKEW.
        37 | 148 => return FaultKind::Clock,
        // KDC_ERR_C_PRINCIPAL_UNKNOWN, KDC_ERR_PREAUTH_FAILED, KRB_AP_ERR_TKT_EXPIRED, KRB5_CC_NOTFOUND, KRB5_CC_END,
        // KRB5_KT_NOTFOUND, KRB5_KT_END, KRB5_KT_IOERR, KRB5_FCC_NOFILE.
        6 | 24 | 32 | 141 | 142 | 181 | 182 | 184 | 195 => return ticket,
        // KRB5_REALM_UNKNOWN, KRB5_KDC_UNREACH, KRB5_REALM_CANT_RESOLVE.
        154 | 156 | 220 => return FaultKind::Realm,
        _ => {}
    }
    match (major >> 16) & 0xff {
        routine::NO_CRED | routine::CREDENTIALS_EXPIRED | routine::DEFECTIVE_CREDENTIAL => ticket,
        routine::BAD_SIG => FaultKind::Seal,
        _ => FaultKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kerberos_says_leads_to_its_cure() {
        use FaultKind::*;
        // Numbers as MIT's headers have them.
        for (minor, expected) in [
            (-1_765_328_378, NoTicket),
            (-1_765_328_377, ServerUnknown),
            (-1_765_328_366, Account),
            (-1_765_328_361, Account),
            (-1_765_328_360, NoTicket),
            (-1_765_328_352, NoTicket),
            (-1_765_328_347, Clock),
            (-1_765_328_243, NoTicket),
            (-1_765_328_236, Clock),
            (-1_765_328_230, Realm),
            (-1_765_328_228, Realm),
            (-1_765_328_203, NoTicket),
            (-1_765_328_189, NoTicket),
            (-1_765_328_164, Realm),
            (0, Other),
            (i32::MIN, Other),
        ] {
            assert_eq!(kind(13 << 16, minor as u32, false), expected, "{minor}");
        }
        for (major, expected) in [(7, NoTicket), (11, NoTicket), (10, NoTicket), (6, Seal), (13, Other)] {
            assert_eq!(kind(major << 16, 0, false), expected, "{major}");
        }
        assert_eq!(kind(7 << 16, 0, true), Keytab);
    }
}
