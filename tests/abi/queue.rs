//! The queue between a task and its caller: order, bounds, waiting, questions, cancel.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use smime_sync::{
    error::{Error, ErrorId, Result},
    event::{Answer, Event, EventSink, LogLevel, Progress, Question},
    ffi::queue::{BATCH_LIMIT, EventQueue, QUEUE_BUDGET, Taken},
};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(50);

fn log(message: impl Into<String>) -> Event {
    Event::Log { level: LogLevel::Verbose, message: message.into() }
}

fn progress(done: u64) -> Event {
    let activity = "Import".to_owned();
    Event::Progress(Progress { activity, done, total: None, rate: 1.5, seconds_left: None })
}

fn question(target: &str) -> Question {
    Question::approve(target, "publish")
}

fn answers(given: &[(u64, bool)]) -> Vec<Answer> {
    given.iter().map(|(id, approved)| Answer::approval(*id, *approved)).collect()
}

fn take(queue: &EventQueue) -> Vec<Value> {
    match queue.take(LONG).unwrap() {
        Taken::Events(batch) => {
            assert!(batch.len() <= BATCH_LIMIT, "{} bytes", batch.len());
            serde_json::from_slice(&batch).unwrap()
        }
        other => panic!("{other:?}"),
    }
}

/// Takes until the queue says that it is finished.
fn take_all(queue: &EventQueue) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        match queue.take(LONG).unwrap() {
            Taken::Events(batch) => all.append(&mut serde_json::from_slice(&batch).unwrap()),
            Taken::Finished => return all,
            Taken::Timeout => panic!("nothing came"),
        }
    }
}

/// Runs `work` with a queue on another thread, which must be done within [`LONG`] once `meanwhile` has returned.
fn with_task<T: Send + 'static>(
    work: impl FnOnce(&EventQueue) -> T + Send + 'static,
    meanwhile: impl FnOnce(&EventQueue),
) -> T {
    let queue = Arc::new(EventQueue::default());
    let theirs = Arc::clone(&queue);
    let task = thread::spawn(move || work(&theirs));
    meanwhile(&queue);
    let since = Instant::now();
    while !task.is_finished() {
        assert!(since.elapsed() < LONG, "the task hangs");
        thread::sleep(Duration::from_millis(1));
    }
    task.join().unwrap()
}

fn is_canceled<T>(result: Result<T>) -> bool {
    result.err().is_some_and(|error| error.id == ErrorId::Canceled)
}

#[test]
fn events_come_in_their_order_as_one_array_and_finished_comes_last() {
    let queue = EventQueue::default();
    queue.emit(log("one")).unwrap();
    queue.emit(log("two \"quoted\" ü")).unwrap();
    queue.finish(Some(Error::canceled().into()));
    let events = take(&queue);
    assert_eq!(events[0], json!({"Event": "Log", "Level": "Verbose", "Message": "one"}));
    assert_eq!(events[1]["Message"], "two \"quoted\" ü");
    assert_eq!(events[2]["Event"], "Finished");
    assert_eq!(events[2]["Error"]["Id"], "Canceled");
    assert_eq!(events[2]["Error"]["Code"], 8010);
    assert_eq!(queue.take(LONG).unwrap(), Taken::Finished);
    assert_eq!(queue.take(LONG).unwrap(), Taken::Finished, "and stays so");
}

#[test]
fn a_caller_waits_no_longer_than_it_says() {
    let queue = EventQueue::default();
    assert_eq!(queue.take(Duration::ZERO).unwrap(), Taken::Timeout);
    let since = Instant::now();
    assert_eq!(queue.take(SHORT).unwrap(), Taken::Timeout);
    assert!(since.elapsed() >= SHORT);
}

#[test]
fn an_event_wakes_a_caller_that_waits() {
    let since = Instant::now();
    with_task(
        |queue| {
            thread::sleep(SHORT);
            queue.emit(log("now")).unwrap();
        },
        |queue| assert_eq!(take(queue)[0]["Message"], "now"),
    );
    assert!(since.elapsed() < LONG / 2);
}

#[test]
fn of_progress_in_a_row_only_the_newest_is_kept() {
    let queue = EventQueue::default();
    for event in [progress(1), progress(2), log("between"), progress(3), progress(4), progress(5)] {
        queue.emit(event).unwrap();
    }
    let done: Vec<Value> = take(&queue).into_iter().map(|event| event["Done"].clone()).collect();
    assert_eq!(done, [json!(2), Value::Null, json!(5)]);
    queue.emit(progress(6)).unwrap();
    assert_eq!(take(&queue)[0]["Done"], 6, "what was taken is not replaced");
}

#[test]
fn replaced_progress_takes_no_room() {
    let queue = EventQueue::default();
    for done in 0..100_000 {
        queue.emit(progress(done)).unwrap();
    }
    assert_eq!(take(&queue).len(), 1);
}

#[test]
fn a_batch_ends_at_its_limit_and_an_event_beyond_it_comes_alone() {
    let queue = EventQueue::default();
    let big = "x".repeat(BATCH_LIMIT);
    for message in ["small", &big, "small", "small"] {
        queue.emit(log(message)).unwrap();
    }
    let sizes: Vec<usize> = (0..3)
        .map(|_| match queue.take(LONG).unwrap() {
            Taken::Events(batch) => serde_json::from_slice::<Vec<Value>>(&batch).unwrap().len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sizes, [1, 1, 2]);
}

#[test]
fn an_event_larger_than_the_whole_budget_goes_through_an_empty_queue() {
    let queue = EventQueue::default();
    queue.emit(log("x".repeat(2 * QUEUE_BUDGET))).unwrap();
    assert!(matches!(queue.take(LONG).unwrap(), Taken::Events(batch) if batch.len() > 2 * QUEUE_BUDGET));
}

#[test]
fn a_slow_caller_slows_the_task_and_loses_nothing() {
    const EVENTS: usize = 64;
    let event = || log("x".repeat(QUEUE_BUDGET / 16));
    let ahead = with_task(
        move |queue| {
            let mut slowest = Duration::ZERO;
            for _ in 0..EVENTS {
                let since = Instant::now();
                queue.emit(event()).unwrap();
                slowest = slowest.max(since.elapsed());
            }
            queue.finish(None);
            slowest
        },
        |queue| {
            thread::sleep(4 * SHORT);
            assert_eq!(take_all(queue).len(), EVENTS + 1);
        },
    );
    assert!(ahead > SHORT, "the task waited {ahead:?} for room");
}

#[test]
fn a_cancel_ends_the_wait_for_room_and_leaves_room_for_the_last_words() {
    let sent = with_task(
        |queue| {
            let mut sent = 0;
            while queue.emit(log("x".repeat(1000))).is_ok() {
                sent += 1;
            }
            sent
        },
        |queue| {
            thread::sleep(SHORT);
            queue.cancel();
        },
    );
    assert!(sent * 1000 < 2 * QUEUE_BUDGET, "{sent} events of 1000 bytes are bounded");

    let queue = EventQueue::default();
    let half = || log("x".repeat(QUEUE_BUDGET / 2));
    queue.emit(half()).unwrap();
    queue.cancel();
    queue.emit(half()).unwrap();
    queue.emit(log("the run")).unwrap();
    queue.finish(Some(Error::canceled().into()));
    let last: Vec<Value> = take_all(&queue).split_off(2);
    assert_eq!((&last[0]["Message"], &last[1]["Event"]), (&json!("the run"), &json!("Finished")));
}

#[test]
fn a_freed_task_is_not_listened_to_and_who_waits_for_it_is_told() {
    let emitted = with_task(
        |queue| {
            while queue.emit(log("x".repeat(1000))).is_ok() {}
            queue.finish(None);
            queue.emit(log("too late"))
        },
        |queue| {
            thread::sleep(SHORT);
            queue.close();
            assert!(queue.wait_for_end(LONG));
            let error = queue.take(LONG).unwrap_err();
            assert_eq!(error.id, ErrorId::InvalidHandle);
        },
    );
    assert!(is_canceled(emitted));

    let waiting = with_task(
        |queue| queue.take(LONG),
        |queue| {
            thread::sleep(SHORT);
            queue.close();
        },
    );
    assert_eq!(waiting.unwrap_err().message, "The task was freed while its events were waited for.");
}

#[test]
fn nothing_comes_after_finished() {
    let queue = EventQueue::default();
    queue.finish(None);
    assert!(is_canceled(queue.emit(log("late"))));
    assert!(is_canceled(queue.ask(vec![question("late")])));
    assert_eq!(queue.answer(answers(&[(1, true)])).unwrap_err().id, ErrorId::TaskFinished);
    assert_eq!(take_all(&queue), [json!({"Event": "Finished", "Error": null})]);
}

#[test]
fn questions_are_numbered_and_wait_for_answers_in_any_order() {
    let given = with_task(
        |queue| {
            let first = queue.ask(vec![question("a"), question("b"), question("c")]).unwrap();
            let second = queue.ask(vec![question("d")]).unwrap();
            (first, second)
        },
        |queue| {
            let mut asked = Vec::new();
            while asked.len() < 3 {
                asked.append(&mut take(queue));
            }
            let seen: Vec<_> = asked.iter().map(|q| (q["Id"].clone(), q["Target"].clone())).collect();
            assert_eq!(seen, [(json!(1), json!("a")), (json!(2), json!("b")), (json!(3), json!("c"))]);
            queue.answer(answers(&[(3, false)])).unwrap();
            assert_eq!(queue.answer(answers(&[(9, true)])).unwrap_err().id, ErrorId::InvalidAnswer);
            queue.answer(answers(&[(2, false), (1, true)])).unwrap();
            assert_eq!(take(queue)[0]["Id"], 4);
            queue.answer(answers(&[(4, true)])).unwrap();
        },
    );
    assert_eq!(given, (answers(&[(1, true), (2, false), (3, false)]), answers(&[(4, true)])));
}

#[test]
fn a_cancel_ends_the_wait_for_answers_and_closes_the_questions() {
    let asked = with_task(
        |queue| queue.ask(vec![question("a")]),
        |queue| {
            take(queue);
            queue.cancel();
        },
    );
    assert!(is_canceled(asked));

    let queue = EventQueue::default();
    queue.cancel();
    assert!(is_canceled(queue.ask(vec![question("a")])), "nor is anything asked after a cancel");
    assert_eq!(queue.answer(answers(&[(1, true)])).unwrap_err().id, ErrorId::InvalidAnswer);
}

#[test]
fn threads_of_one_operation_may_ask_at_the_same_time() {
    let given = with_task(
        |queue| {
            thread::scope(|scope| {
                let asking: Vec<_> = (0..8)
                    .map(|n| scope.spawn(move || (n % 2 == 0, queue.ask(vec![question(&n.to_string())]))))
                    .collect();
                asking.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
            })
        },
        |queue| {
            let mut open = 8;
            while open > 0 {
                for asked in take(queue) {
                    let even = asked["Target"].as_str().unwrap().parse::<u32>().unwrap() % 2 == 0;
                    queue.answer(answers(&[(asked["Id"].as_u64().unwrap(), even)])).unwrap();
                    open -= 1;
                }
            }
        },
    );
    for (even, answers) in given {
        assert_eq!(answers.unwrap().into_iter().map(|a| a.approved).collect::<Vec<_>>(), [even]);
    }
}
