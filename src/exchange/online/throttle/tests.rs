use proptest::prelude::*;

use super::*;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn announced(remaining: u64, reset: u64) -> Announcement {
    Announcement {
        limit: Some(100),
        remaining: Some(remaining),
        reset: Some(seconds(reset)),
        ..Announcement::default()
    }
}

#[test]
fn what_remains_is_not_exceeded_with_what_is_under_way() {
    let mut throttle = Throttle::default();
    let (first, _second) = (throttle.sent(10), throttle.sent(10));
    throttle.answered(&first, seconds(0), &announced(15, 60), Course::Good);
    assert_eq!(throttle.pace(seconds(0)), Pace::Go(5), "15 remain, and 10 of them may be under way");
    let _third = throttle.sent(5);
    assert_eq!(throttle.pace(seconds(0)), Pace::AfterAnswer);
}

#[test]
fn nothing_goes_between_the_last_command_and_the_reset() {
    let mut throttle = Throttle::default();
    let ticket = throttle.sent(10);
    throttle.answered(&ticket, seconds(10), &announced(0, 60), Course::Good);
    assert_eq!(throttle.pace(seconds(11)), Pace::At(seconds(60)));
    assert_eq!(throttle.pace(seconds(60)), Pace::Go(10), "the limit is expected to be the same again");
}

#[test]
fn the_reset_is_by_the_services_clock() {
    let mut throttle = Throttle::default();
    let ticket = throttle.sent(1);
    let said = Announcement { date: Some(seconds(5_000)), ..announced(0, 5_060) };
    throttle.answered(&ticket, seconds(100), &said, Course::Good);
    assert_eq!(throttle.pace(seconds(101)), Pace::At(seconds(160)));
}

#[test]
fn an_answer_that_was_overtaken_does_not_raise_what_remains() {
    let mut throttle = Throttle::default();
    let (first, second) = (throttle.sent(10), throttle.sent(10));
    throttle.answered(&second, seconds(1), &announced(3, 60), Course::Good);
    throttle.answered(&first, seconds(1), &announced(13, 60), Course::Good);
    assert_eq!(throttle.pace(seconds(1)), Pace::Go(3));
}

#[test]
fn an_answer_of_the_last_window_says_nothing_about_this_one() {
    let mut throttle = Throttle::default();
    let (first, second, third) = (throttle.sent(1), throttle.sent(1), throttle.sent(1));
    throttle.answered(&first, seconds(1), &announced(50, 60), Course::Good);
    assert_eq!(throttle.pace(seconds(60)), Pace::Go(10));
    throttle.answered(&second, seconds(60), &announced(0, 60), Course::Good);
    assert_eq!(throttle.pace(seconds(60)), Pace::Go(10));
    throttle.answered(&third, seconds(60), &announced(2, 120), Course::Good);
    assert_eq!(throttle.pace(seconds(61)), Pace::Go(2));
}

#[test]
fn lost_commands_are_held_back_until_a_later_request_is_answered() {
    let mut throttle = Throttle::default();
    let (first, lost) = (throttle.sent(1), throttle.sent(10));
    throttle.answered(&first, seconds(0), &announced(12, 60), Course::Good);
    throttle.lost(&lost, Course::Failed);
    assert_eq!(throttle.pace(seconds(0)), Pace::Go(2), "ten of twelve may have been counted");
    let later = throttle.sent(1);
    throttle.answered(&later, seconds(1), &announced(11, 60), Course::Good);
    assert_eq!(throttle.pace(seconds(1)), Pace::Go(10), "they were not");
}

#[test]
fn nothing_goes_before_retry_after_is_over() {
    let mut throttle = Throttle::default();
    let ticket = throttle.sent(10);
    let said = Announcement { retry_after: Some(seconds(30)), ..Announcement::default() };
    throttle.answered(&ticket, seconds(5), &said, Course::Throttled);
    assert_eq!(throttle.pace(seconds(34)), Pace::At(seconds(35)));
    assert!(matches!(throttle.pace(seconds(35)), Pace::Go(_)));
}

#[test]
fn nothing_remaining_without_a_reset_is_waited_for_a_minute() {
    let mut throttle = Throttle::default();
    let ticket = throttle.sent(10);
    let said = Announcement { remaining: Some(0), ..Announcement::default() };
    throttle.answered(&ticket, seconds(5), &said, Course::Good);
    assert_eq!(throttle.pace(seconds(6)), Pace::At(seconds(65)));
}

/// Sends and answers `count` requests one after another.
fn course(throttle: &mut Throttle, course: Course, count: usize) {
    for _ in 0..count {
        let ticket = throttle.sent(1);
        throttle.answered(&ticket, seconds(0), &Announcement::default(), course);
    }
}

#[test]
fn requests_grow_one_by_one_to_ten_and_halve_when_throttled() {
    let mut throttle = Throttle::default();
    assert_eq!(throttle.size(), (4, 10));
    course(&mut throttle, Course::Good, 4);
    assert_eq!(throttle.size(), (5, 10));
    course(&mut throttle, Course::Good, 100);
    assert_eq!(throttle.size(), (10, 10));
    course(&mut throttle, Course::Throttled, 1);
    assert_eq!(throttle.size(), (5, 5));
    course(&mut throttle, Course::Delayed, 1);
    assert_eq!(throttle.size(), (2, 5), "a slow service did carry out the batch");
    course(&mut throttle, Course::Overloaded, 2);
    assert_eq!(throttle.size(), (2, 1), "a service that can't keep up gets smaller batches");
    course(&mut throttle, Course::Throttled, 5);
    assert_eq!(throttle.size(), (1, 1));
    course(&mut throttle, Course::Failed, 5);
    assert_eq!(throttle.size(), (1, 1));
    course(&mut throttle, Course::Good, 3);
    assert_eq!(throttle.size(), (3, 4));
}

#[test]
fn what_was_under_way_together_lowers_the_pace_once() {
    let mut throttle = Throttle::default();
    let tickets: Vec<Ticket> = (0..4).map(|_| throttle.sent(10)).collect();
    assert_eq!(throttle.pace(seconds(0)), Pace::AfterAnswer);
    for ticket in &tickets {
        throttle.answered(ticket, seconds(0), &Announcement::default(), Course::Throttled);
    }
    assert_eq!(throttle.size(), (2, 5));
}

#[test]
fn requests_of_others_leave_less_room_for_ours() {
    let mut throttle = Throttle::default();
    course(&mut throttle, Course::Good, 100);
    let ticket = throttle.sent(1);
    let said = |count| Announcement { concurrency: Some(count), ..Announcement::default() };
    throttle.answered(&ticket, seconds(0), &said(5), Course::Good);
    assert_eq!(throttle.size().0, 6);
    let ticket = throttle.sent(1);
    throttle.answered(&ticket, seconds(0), &said(u64::MAX), Course::Good);
    assert_eq!(throttle.size().0, 4);
}

/// A service with a fixed window, as docs/design/exchange-online.md §1.6, "Rate headers", leaves possible.
#[derive(Debug, Default)]
struct Service {
    limit: u64,
    window: u64,
    began: u64,
    used: u64,
    /// Until when nothing may come any more, as an answer that has arrived said.
    closed_until: u64,
    beyond: u64,
    carried_out: u64,
}

impl Service {
    fn roll(&mut self, now: u64) {
        if now >= self.began + self.window {
            (self.began, self.used) = (now, 0);
        }
    }

    /// Commands that arrive; how many were carried out.
    fn take(&mut self, now: u64, commands: u64) -> u64 {
        self.roll(now);
        let passed = commands.min(self.limit - self.used.min(self.limit));
        self.used += passed;
        self.carried_out += passed;
        passed
    }

    fn says(&mut self, now: u64, refused: bool) -> Announcement {
        self.roll(now);
        let reset = self.began + self.window;
        Announcement {
            limit: Some(self.limit),
            remaining: Some(self.limit - self.used),
            reset: Some(seconds(reset)),
            date: Some(seconds(now)),
            retry_after: refused.then(|| seconds(reset - now)),
            concurrency: None,
        }
    }
}

/// A request in the simulation: when it arrives, when its answer does.
struct Way {
    ticket: Ticket,
    commands: u64,
    arrives: u64,
    returns: u64,
    answer: Option<(Announcement, bool)>,
    is_lost: bool,
}

proptest! {
    /// Requests and answers overtake each other and get lost. However that goes, no command arrives after an answer
    /// said that there is no room for it, and the work is done in about the time that the limit needs.
    #[test]
    fn no_command_goes_beyond_what_was_announced_and_little_time_is_wasted(
        limit in 20_u64..200,
        window in 10_u64..60,
        work in 100_u64..1500,
        ways in proptest::collection::vec((0_u64..2, 0_u64..2, 0_u8..40), 50),
    ) {
        let mut service = Service { limit, window, began: 1_000, ..Service::default() };
        let mut throttle = Throttle::default();
        let (mut under_way, mut left, mut now, mut sent): (Vec<Way>, u64, u64, usize) =
            (Vec::new(), work, 1_000, 0);
        while left > 0 || !under_way.is_empty() {
            prop_assert!(now < 100_000, "it never ends: {:?}", throttle);
            while let Pace::Go(most) = throttle.pace(seconds(now)) {
                if left == 0 { break }
                let commands = left.min(most as u64);
                // A service that has told us that it is full must not see another command.
                prop_assert!(now >= service.closed_until, "sent at {now}, closed until {}", service.closed_until);
                let (there, back, fate) = ways[sent % ways.len()];
                sent += 1;
                left -= commands;
                under_way.push(Way {
                    ticket: throttle.sent(commands as usize), commands, arrives: now + there,
                    returns: now + there + back, answer: None, is_lost: fate == 0,
                });
            }
            for way in under_way.iter_mut().filter(|way| way.arrives <= now && way.answer.is_none()) {
                let passed = service.take(now, way.commands);
                service.beyond += way.commands - passed;
                way.answer = Some((service.says(now, passed < way.commands), passed < way.commands));
                left += way.commands - passed;
            }
            let (home, rest) = under_way.into_iter().partition(|way| way.returns <= now && way.answer.is_some());
            under_way = rest;
            for way in Vec::<Way>::into_iter(home) {
                match way.answer {
                    Some((said, refused)) if !way.is_lost => {
                        let course = if refused { Course::Throttled } else { Course::Good };
                        throttle.answered(&way.ticket, seconds(now), &said, course);
                        if said.remaining == Some(0) {
                            service.closed_until = said.reset.map_or(0, |reset| reset.as_secs());
                        }
                    }
                    _ => throttle.lost(&way.ticket, Course::Failed),
                }
            }
            now += 1;
        }
        // Only the very first window, whose limit nobody has announced yet, can be overrun.
        prop_assert!(service.beyond <= 40, "{} commands too many", service.beyond);
        // Four requests of a few commands, each some seconds under way, do at least this much.
        let least = (work / limit) * window;
        let slowest = work / 4 + 60;
        prop_assert!(now - 1_000 <= least + window + slowest, "{} s for at least {least} s", now - 1_000);
    }
}
