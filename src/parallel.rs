//! The same work for many items, on all cores.

use std::thread;

/// Fewer items than this are not worth a thread.
const SHARE: usize = 16;

/// What `work` makes of each item, in their order. A panic of `work` is that of the caller.
pub fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads).max(SHARE);
    thread::scope(|scope| {
        let work = &work;
        let mut shares = items.chunks(share);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> =
            shares.map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<_>>())).collect();
        let mut all: Vec<R> = first.iter().map(work).collect();
        for other in others {
            match other.join() {
                Ok(part) => all.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_stays_whatever_the_number_of_items() {
        for count in [0, 1, 15, 16, 17, 100, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "ninety-seven")]
    fn a_panic_is_that_of_the_caller() {
        map(&(0..100).collect::<Vec<_>>(), |n| assert_ne!(*n, 97, "ninety-seven"));
    }
}
