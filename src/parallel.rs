//! The same work for many items, on all cores.

use std::thread;

/// Fewer items than this are not worth a thread.
const SHARE: usize = 16;

/// What `work` makes of each item, in their order; the first error ends it, so that a caller who cancels does not wait
/// for the rest. A panic of `work` is that of the caller.
pub fn try_map<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads).max(SHARE);
    let all_of = &|part: &[T]| part.iter().map(&work).collect::<Result<Vec<R>, E>>();
    thread::scope(|scope| {
        let mut shares = items.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|part| scope.spawn(move || all_of(part))).collect();
        let mut all = all_of(first);
        for other in others {
            let part = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all = all.and_then(|mut all| {
                all.extend(part?);
                Ok(all)
            });
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[test]
    fn the_order_stays_whatever_the_number_of_items() {
        for count in [0, 1, 15, 16, 17, 100, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let doubled = try_map(&items, |n| Ok::<_, Infallible>(n * 2));
            assert_eq!(doubled, Ok(items.iter().map(|n| n * 2).collect()));
        }
    }

    #[test]
    fn an_error_ends_the_work_of_its_share() {
        let items: Vec<usize> = (0..10_000).collect();
        let done = AtomicUsize::new(0);
        let canceled =
            try_map(
                &items,
                |_| {
                    if done.fetch_add(1, Ordering::Relaxed) < 5 { Ok(()) } else { Err("canceled") }
                },
            );
        assert_eq!(canceled, Err("canceled"));
        assert!(done.into_inner() < items.len() / SHARE);
    }

    #[test]
    #[should_panic(expected = "ninety-seven")]
    fn a_panic_is_that_of_the_caller() {
        let items: Vec<usize> = (0..100).collect();
        let _ = try_map(&items, |n| {
            assert_ne!(*n, 97, "ninety-seven");
            Ok::<_, Infallible>(())
        });
    }
}
