//! Answers that come in two pieces, or only in part.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use ldap3_proto::proto::{LdapMsg, LdapOp};
use smime_sync::{error::ErrorId, profile::DirectorySettings};

use crate::{
    common::{
        events::context,
        raw_server::{Out, done, serve, user, usual},
    },
    source::ldap::client::{Trusted, connect, read},
};

/// What a good server answers.
fn answer(request: &LdapMsg) -> Vec<u8> {
    let id = request.msgid as u32;
    usual(request).unwrap_or_else(|| [user(id, 1, b""), user(id, 2, b""), done(id, b"")].concat())
}

/// The stages of a conversation: signing in, the root DSE, the search base, everybody.
fn stage(request: &LdapMsg) -> usize {
    match &request.op {
        LdapOp::BindRequest(_) => 0,
        LdapOp::SearchRequest(search) if search.base.is_empty() => 1,
        LdapOp::SearchRequest(search) if search.attrs.len() == 1 => 2,
        _ => 3,
    }
}

const LAST: usize = 3;

fn served(
    trusted: &Trusted,
    script: impl Fn(&LdapMsg, Out) -> io::Result<()> + Send + Sync + 'static,
) -> DirectorySettings {
    trusted.settings(serve(&trusted.authority.good(), script).0)
}

/// Runs `test` with 1, 2, 3 … until it says that it was the last one.
fn with_each(test: impl Fn(usize) -> bool + Sync) {
    let next = AtomicUsize::new(1);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| while test(next.fetch_add(1, Ordering::SeqCst)) {});
        }
    });
}

#[test]
fn an_answer_in_two_pieces_is_one_answer_wherever_it_is_cut() {
    let trusted = Trusted::new();
    let longest = 8 + [user(1, 1, b""), user(1, 2, b""), done(1, b"")].concat().len();
    with_each(|at| {
        let settings = served(&trusted, move |request, out| {
            let answer = answer(request);
            let (first, second) = answer.split_at(at.min(answer.len()));
            out.write_all(first)?;
            out.flush()?;
            out.write_all(second)
        });
        let (items, ended) = read(&settings, &context().0);
        assert_eq!((items.len(), ended), (2, Ok(())), "{at}");
        at < longest
    });
}

#[test]
fn an_answer_that_is_cut_off_is_no_answer_wherever_it_is_cut() {
    let trusted = Trusted::new();
    for cut in 0..=LAST {
        with_each(|at| {
            let whole = std::sync::Arc::new(AtomicUsize::new(0));
            let seen = whole.clone();
            let settings = served(&trusted, move |request, out| {
                let answer = answer(request);
                if stage(request) != cut {
                    return out.write_all(&answer);
                }
                seen.store(answer.len(), Ordering::SeqCst);
                out.write_all(answer.get(..at).unwrap_or(&answer))?;
                out.flush()?;
                Err(io::ErrorKind::ConnectionAborted.into())
            });
            let context = context().0;
            let ended = connect(&settings, &context).and_then(|mut source| {
                smime_sync::directory::Source::read(
                    &mut source,
                    &smime_sync::directory::Selection::All,
                    &context,
                    &mut |_| Ok(()),
                )
            });
            let is_whole = at >= whole.load(Ordering::SeqCst);
            // One that ends behind the answer is made anew for the next request; signing in is begun and ended on one.
            if is_whole && cut >= 2 {
                assert_eq!(ended, Ok(()));
                return false;
            }
            let error = ended.unwrap_err();
            assert_eq!(error.id, ErrorId::DirectoryUnreachable, "stage {cut}, byte {at}: {error:?}");
            assert_eq!(error.message.split(" the").next(), Some("The server 'localhost' ended"), "{error}");
            !is_whole
        });
    }
}
