use serde_json::json;

use super::*;

const NOON: u64 = 1_795_608_000;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn the_rate_headers_are_read_from_http_and_from_batches() {
    let inner = json!({
        "rate-limit-limit": "30000", "Rate-Limit-Remaining": "29997", "Rate-Limit-Reset": "2026-11-25T12:01:00.5Z",
        "X-ConcurrencyCount": "3", "Date": "Wed, 25 Nov 2026 12:00:00 GMT",
    });
    let mut map = HeaderMap::new();
    for (name, value) in inner.as_object().unwrap() {
        let name = reqwest::header::HeaderName::try_from(name).unwrap();
        map.insert(name, value.as_str().unwrap().parse().unwrap());
    }
    for headers in [Headers::Http(&map), Headers::Inner(Some(&inner))] {
        let said = headers.announcement(Duration::ZERO);
        assert_eq!((said.limit, said.remaining, said.concurrency), (Some(30_000), Some(29_997), Some(3)));
        assert_eq!(said.reset, Some(Duration::from_millis(NOON * 1000 + 60_500)));
        assert_eq!((said.date, said.retry_after), (Some(seconds(NOON)), None));
    }
    assert_eq!(Headers::Inner(None).announcement(Duration::ZERO), Announcement::default());
}

#[test]
fn retry_after_has_two_forms() {
    let date = "Wed, 25 Nov 2026 12:00:00 GMT";
    for (text, date, after) in [
        ("120", None, Some(120)),
        ("Wed, 25 Nov 2026 12:00:30 GMT", Some(date), Some(30)),
        ("Wed, 25 Nov 2026 12:00:30 GMT", None, Some(20)),
        ("Wed, 25 Nov 2026 11:00:00 GMT", Some(date), Some(0)),
        ("-5", None, None),
        ("soon", None, None),
    ] {
        let inner = json!({ "Retry-After": text, "Date": date });
        let said = Headers::Inner(Some(&inner)).announcement(seconds(NOON + 10));
        assert_eq!(said.retry_after, after.map(seconds), "{text}");
    }
}

#[test]
fn of_several_announcements_the_strictest_of_the_latest_window_counts() {
    let said = |remaining, reset, after: Option<u64>| Announcement {
        limit: Some(10),
        remaining: Some(remaining),
        reset: Some(seconds(reset)),
        retry_after: after.map(seconds),
        ..Announcement::default()
    };
    let all = together([said(5, 60, None), said(3, 60, Some(7)), said(4, 60, Some(2))]);
    assert_eq!(all, said(3, 60, Some(7)));
    assert_eq!(together([said(0, 60, None), said(9, 120, None)]), said(9, 120, None));
    assert_eq!(together([said(9, 120, None), said(0, 60, None)]), said(9, 120, None));
    let outer = Announcement { date: Some(seconds(1)), ..Announcement::default() };
    assert_eq!(
        together([outer, said(3, 60, None)]),
        Announcement { date: Some(seconds(1)), ..said(3, 60, None) }
    );
}
