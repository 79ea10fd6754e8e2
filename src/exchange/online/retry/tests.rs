use proptest::prelude::*;

use super::*;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn back_off_doubles_from_one_second_to_a_minute() {
    let longest: Vec<u64> = (1..=8).map(|attempts| back_off(attempts, 1.0).as_secs()).collect();
    assert_eq!(longest, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(back_off(5, 0.5), seconds(8));
    assert_eq!(back_off(u32::MAX, 1.0), seconds(60));
}

proptest! {
    #[test]
    fn back_off_is_anywhere_below_its_bound(attempts in any::<u32>(), chance in -2.0..3.0) {
        let wait = back_off(attempts, chance);
        prop_assert!(wait <= seconds(60), "{:?}", wait);
    }
}

#[test]
fn chance_is_spread_from_zero_to_one() {
    let all: Vec<f64> = (0..1000).map(|_| chance()).collect();
    assert!(all.iter().all(|one| (0.0..=1.0).contains(one)));
    let mean = all.iter().sum::<f64>() / 1000.0;
    assert!((0.4..0.6).contains(&mean), "{mean}");
}

#[test]
fn a_minute_has_twenty_retries_and_one_in_ten_requests() {
    let mut budget = Budget::default();
    let start = seconds(1_000);
    assert_eq!((0..50).filter(|_| budget.retry(start)).count(), 20);
    (0..100).for_each(|_| budget.request(start));
    assert_eq!((0..50).filter(|_| budget.retry(start)).count(), 10);
    let later = start + seconds(60);
    assert_eq!((0..50).filter(|_| budget.retry(later)).count(), 20, "the next minute has its own");
}

#[test]
fn twenty_failures_in_a_row_end_the_call() {
    let error = Error::new(ErrorId::ExchangeProtocol, "a page instead of JSON.");
    let mut breaker = Breaker::default();
    let start = seconds(1_795_602_360);
    for _ in 0..19 {
        assert!(breaker.failed(start, false, &error).is_ok());
    }
    breaker.succeeded();
    for _ in 0..19 {
        assert!(breaker.failed(start, false, &error).is_ok());
    }
    let end = breaker.failed(start, false, &error).unwrap_err();
    assert_eq!(end.id, ErrorId::ExchangeUnavailable);
    assert_eq!(
        end.message,
        "Exchange Online has confirmed nothing since 2026-11-25 10:26 UTC: 20 requests in a row failed, and the \
         last one said: a page instead of JSON."
    );
}

#[test]
fn where_the_service_was_never_met_a_command_ends_in_half_a_minute() {
    let error = Error::new(ErrorId::ExchangeProtocol, "a page instead of JSON.");
    let mut breaker = Breaker::default();
    let (mut now, mut attempts) = (seconds(100), 1);
    assert!(!breaker.is_without_service(now));
    breaker.failed(now, false, &error).unwrap();
    while !breaker.is_without_service(now) {
        now += first_back_off(attempts, 1.0);
        attempts += 1;
        breaker.failed(now, false, &error).unwrap();
    }
    assert!((seconds(120)..=seconds(130)).contains(&now), "{now:?}");
    assert!(attempts < MOST_ATTEMPTS);
    breaker.succeeded();
    assert!(!breaker.is_without_service(now));
}

#[test]
fn five_minutes_without_a_success_end_the_call_and_refusals_count_only_there() {
    let error = Error::new(ErrorId::ExchangeThrottled, "busy.");
    let mut breaker = Breaker::default();
    for second in 0..299 {
        assert!(breaker.failed(seconds(second), true, &error).is_ok(), "{second}");
    }
    assert!(breaker.failed(seconds(300), true, &error).is_err());
}
