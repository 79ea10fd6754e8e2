use std::time::Instant;

use super::*;
use crate::error::ErrorId;

struct Nobody;

impl EventSink for Nobody {
    fn emit(&self, _event: Event) -> Result<()> {
        Ok(())
    }
    fn ask(&self, _questions: Vec<Question>) -> Result<Vec<Answer>> {
        Ok(Vec::new())
    }
}

/// Keeps what it is told and asked.
#[derive(Default)]
struct Keeper(std::sync::Mutex<Vec<String>>);

impl EventSink for Keeper {
    fn emit(&self, event: Event) -> Result<()> {
        let text = match event {
            Event::Log { message, .. } => message,
            Event::Error { error } => format!("{} {:?}", error.error, error.error.target),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(text);
        Ok(())
    }
    fn ask(&self, questions: Vec<Question>) -> Result<Vec<Answer>> {
        let texts = questions.into_iter().map(|question| question.target + &question.action);
        self.0.lock().unwrap().extend(texts);
        Ok(Vec::new())
    }
}

#[test]
fn whatever_is_quoted_a_caller_gets_lines_that_can_be_printed() {
    let kept = Arc::new(Keeper::default());
    let context = Context::new(kept.clone(), CancellationToken::new());
    context.log(LogLevel::Warning, "one\ntwo\u{9B}").unwrap();
    context.error(Error::new(ErrorId::RecipientInvalid, "a\u{7}").target("b\u{1B}")).unwrap();
    context.ask(vec![Question::approve("c\u{202E}", "d\r")]).unwrap();
    let expected = ["one\\u{a}two\\u{9b}", "a\\u{7} Some(\"b\\\\u{1b}\")", "c\\u{202e}d\\u{d}"];
    assert_eq!(*kept.0.lock().unwrap(), expected);
}

#[test]
fn a_wait_ends_with_its_time_or_with_the_task() {
    let context = Context::new(Arc::new(Nobody), CancellationToken::new());
    let began = Instant::now();
    context.wait(Duration::ZERO).unwrap();
    context.wait(Duration::from_millis(20)).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(20));

    let cancel = context.cancel.clone();
    let canceling = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        cancel.cancel();
    });
    let hours = Duration::from_secs(9 * 3600);
    assert_eq!(context.wait(hours).unwrap_err().id, ErrorId::Canceled);
    canceling.join().unwrap();
    assert_eq!(context.wait(Duration::ZERO).unwrap_err().id, ErrorId::Canceled);
    assert!(began.elapsed() < Duration::from_secs(60));
}
