//! What holds for any plan, whatever the recipient's values, history and fate.

use proptest::{collection::vec, option, prelude::*, sample::select};
use smime_sync::{
    model::{Attribute, ChangeKind, Fingerprint, PublishedValue, RecipientKind, RecipientRecord},
    profile::DisabledAccount,
    state::{
        evaluation::{EvaluationRow, Judgement},
        import::Gone,
        published::PlanRow,
    },
    sync::{decide, digest},
};
use strum::VariantArray as _;

fn published() -> impl Strategy<Value = PublishedValue> {
    (select(Attribute::VARIANTS), 0..6_u8).prop_map(|(attribute, n)| PublishedValue {
        attribute,
        value: Fingerprint([n; 32]),
        certificate: None,
    })
}

/// Values as a state holds them: none twice.
fn values() -> impl Strategy<Value = Vec<PublishedValue>> {
    vec(published(), 0..4).prop_map(|values| {
        let mut distinct: Vec<PublishedValue> = Vec::new();
        values.into_iter().for_each(|value| {
            if !distinct.contains(&value) {
                distinct.push(value);
            }
        });
        distinct
    })
}

fn judged() -> impl Strategy<Value = Vec<Judgement>> {
    use smime_sync::model::CertificateState::{Chosen, Unusable, Usable};
    let one = (0..6_u8, select(&[Chosen, Usable, Unusable][..]));
    vec(one, 0..4).prop_map(|all| {
        let judgement = |(n, state)| Judgement {
            value: Fingerprint([n; 32]),
            certificate: None,
            state,
            findings: vec![],
        };
        all.into_iter().map(judgement).collect()
    })
}

prop_compose! {
    fn row()(
        desired in values(),
        managed in values(),
        judged in judged(),
        gone in option::of(select(&[Gone::Deleted, Gone::OutOfScope, Gone::Missing][..])),
        missing in any::<bool>(),
        disabled in any::<bool>(),
        linked in any::<bool>(),
    ) -> PlanRow {
        let link = (linked || !managed.is_empty()).then(|| "old".to_owned());
        PlanRow {
            anchor: "id".into(),
            address: None,
            gone,
            missing: missing || gone.is_some(),
            address_shared: false,
            rival: None,
            link,
            former: vec![],
            managed,
            drifted: false,
            left: None,
            evaluation: EvaluationRow {
                input: Fingerprint([0; 32]),
                recipient: RecipientRecord {
                    label: "alice@contoso.test".into(),
                    display_name: None,
                    address: None,
                    user_principal_name: None,
                    distinguished_name: "CN=alice".into(),
                    kind: RecipientKind::User,
                    disabled,
                    values: vec![],
                },
                desired,
                judged,
                findings: vec![],
                missing_issuers: vec![],
                curation: vec![],
                next_evaluation: None,
            },
        }
    }
}

proptest! {
    #[test]
    fn carrying_a_plan_out_leaves_nothing_to_plan(row in row(), remove in any::<bool>(), moved in any::<bool>()) {
        let disabled = if remove { DisabledAccount::Remove } else { DisabledAccount::Keep };
        let key = if moved { "new" } else { "old" };
        if let Some(planned) = decide(&row, disabled, Some(key)) {
            let link = (!planned.after.is_empty()).then(|| key.to_owned());
            let done = PlanRow { managed: planned.after, link, ..row };
            prop_assert_eq!(decide(&done, disabled, Some(key)), None);
        }
    }

    #[test]
    fn the_kind_says_what_is_there_before_and_after(row in row()) {
        if let Some(planned) = decide(&row, DisabledAccount::Keep, Some("old")) {
            let expected = match (row.managed.is_empty(), planned.after.is_empty()) {
                (true, false) => ChangeKind::Add,
                (false, false) => ChangeKind::Update,
                (_, true) => ChangeKind::Remove,
            };
            prop_assert_eq!(planned.kind, expected);
            prop_assert!(!(row.managed.is_empty() && planned.after.is_empty()), "nothing to nothing is no change");
            prop_assert!(!planned.reasons.is_empty());
        }
    }

    #[test]
    fn a_missing_recipient_loses_nothing_until_it_counts_as_gone(row in row()) {
        let row = PlanRow { gone: None, missing: true, ..row };
        prop_assert_eq!(decide(&row, DisabledAccount::Remove, Some("new")), None);
    }

    #[test]
    fn who_is_gone_keeps_nothing(row in row()) {
        let gone = PlanRow { gone: Some(Gone::Deleted), missing: true, ..row };
        let planned = decide(&gone, DisabledAccount::Keep, Some("old"));
        prop_assert_eq!(planned.is_some(), !gone.managed.is_empty());
        prop_assert!(planned.is_none_or(|planned| planned.after.is_empty()));
    }

    #[test]
    fn the_digest_ignores_the_order_and_nothing_else(mut one in values(), other in values()) {
        let before = digest(&one);
        one.reverse();
        prop_assert_eq!(digest(&one), before);
        let set = |values: &[PublishedValue]| {
            let mut set: Vec<_> = values.iter().map(|value| (value.attribute, value.value)).collect();
            set.sort_unstable();
            set
        };
        prop_assert_eq!(digest(&other) == before, set(&other) == set(&one));
    }
}
