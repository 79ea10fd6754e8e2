//! Questions that wait for their answers.

use std::collections::{BTreeMap, BTreeSet};

use super::contract::SMIME_ANSWER_OBJECTS_LIMIT;
use crate::{
    error::{Error, ErrorId, Result},
    event::Answer,
};

/// The open questions of one task, with the answers that came so far.
#[derive(Default)]
pub struct OpenQuestions {
    last: u64,
    open: BTreeMap<u64, Option<Answer>>,
}

impl OpenQuestions {
    /// Opens `count` questions and returns their ids, counted from 1 through the whole task.
    pub fn open(&mut self, count: usize) -> Vec<u64> {
        let ids: Vec<u64> = (self.last + 1..).take(count).collect();
        self.last = ids.last().copied().unwrap_or(self.last);
        self.open.extend(ids.iter().map(|id| (*id, None)));
        ids
    }

    /// Takes a batch of answers, in any order: all of them or, on an error, none.
    /// Fails with `InvalidAnswer` if one is for a question that is not open, answers one twice, or makes the output
    /// longer than [`SMIME_ANSWER_OBJECTS_LIMIT`].
    pub fn answer(&mut self, batch: Vec<Answer>) -> Result<()> {
        let mut seen = BTreeSet::new();
        for answer in &batch {
            let first = seen.insert(answer.id);
            let why = match self.open.get(&answer.id) {
                Some(None) if first => None,
                Some(Some(part)) if first && part.more => {
                    let objects = part.output.len() + answer.output.len();
                    (objects > SMIME_ANSWER_OBJECTS_LIMIT).then_some("has more output than the limit allows")
                }
                Some(_) => Some("is answered already"),
                None if answer.id == 0 || answer.id > self.last => Some("was never asked"),
                None => Some("is not open any more"),
            };
            let Some(why) = why else { continue };
            let message = format!("Question {} {why}; no answer of this batch was taken.", answer.id);
            return Err(Error::new(ErrorId::InvalidAnswer, message));
        }
        for answer in batch {
            match self.open.get_mut(&answer.id) {
                Some(Some(part)) => part.append(answer),
                Some(unanswered) => *unanswered = Some(answer),
                None => {}
            }
        }
        Ok(())
    }

    /// The answers to `ids`, in that order, once all are there as a whole; the questions are closed then.
    pub fn take(&mut self, ids: &[u64]) -> Option<Vec<Answer>> {
        let whole = |id| matches!(self.open.get(id), Some(Some(answer)) if !answer.more);
        if !ids.iter().all(whole) {
            return None;
        }
        Some(ids.iter().filter_map(|id| self.open.remove(id).flatten()).collect())
    }

    /// Closes questions that nobody waits for any more.
    pub fn close(&mut self, ids: &[u64]) {
        for id in ids {
            self.open.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yes(ids: &[u64]) -> Vec<Answer> {
        ids.iter().map(|id| Answer::approval(*id, true)).collect()
    }

    fn refusal(questions: &mut OpenQuestions, ids: &[u64]) -> String {
        let error = questions.answer(yes(ids)).unwrap_err();
        assert_eq!(error.id, ErrorId::InvalidAnswer);
        error.message
    }

    #[test]
    fn answers_in_any_order_and_batches_come_back_in_the_order_of_the_questions() {
        let mut questions = OpenQuestions::default();
        let ids = questions.open(4);
        assert_eq!(ids, [1, 2, 3, 4]);
        questions.answer(yes(&[3])).unwrap();
        questions.answer(vec![Answer::approval(4, false)]).unwrap();
        assert_eq!(questions.take(&ids), None);
        questions.answer(yes(&[2, 1])).unwrap();
        let answers = questions.take(&ids).unwrap();
        assert_eq!(
            answers.iter().map(|a| (a.id, a.approved)).collect::<Vec<_>>(),
            [(1, true), (2, true), (3, true), (4, false)]
        );
        assert_eq!(questions.open(1), [5], "numbers go on");
    }

    #[test]
    fn a_bad_answer_is_refused_with_its_whole_batch() {
        let mut questions = OpenQuestions::default();
        questions.open(3);
        questions.answer(yes(&[1])).unwrap();
        questions.close(&[3]);
        for (ids, expected) in [
            (&[2, 1][..], "Question 1 is answered already; no answer of this batch was taken."),
            (&[2, 2], "Question 2 is answered already; no answer of this batch was taken."),
            (&[2, 3], "Question 3 is not open any more; no answer of this batch was taken."),
            (&[0], "Question 0 was never asked; no answer of this batch was taken."),
            (&[4], "Question 4 was never asked; no answer of this batch was taken."),
        ] {
            assert_eq!(refusal(&mut questions, ids), expected);
        }
        assert_eq!(questions.take(&[2]), None, "2 was never taken");
        questions.answer(yes(&[2])).unwrap();
        assert!(questions.take(&[1, 2]).is_some());
    }

    #[test]
    fn no_questions_have_their_answers_at_once() {
        let mut questions = OpenQuestions::default();
        assert_eq!(questions.open(0), Vec::<u64>::new());
        assert_eq!(questions.take(&[]), Some(Vec::new()));
    }

    /// A piece with an output of so many empty objects.
    fn piece(id: u64, objects: usize, more: bool) -> Answer {
        Answer { id, more, output: vec![serde_json::Map::new(); objects], ..Answer::default() }
    }

    #[test]
    fn an_output_in_pieces_is_one_answer_in_the_order_of_its_pieces() {
        let mut questions = OpenQuestions::default();
        let ids = questions.open(2);
        let with = |answer: Answer, warning: &str| Answer { warnings: vec![warning.into()], ..answer };
        questions.answer(vec![with(piece(1, 2, true), "first"), piece(2, 1, false)]).unwrap();
        assert_eq!(questions.take(&ids), None, "question 1 has more to come");
        questions.answer(vec![piece(1, 3, true)]).unwrap();
        questions.answer(vec![with(piece(1, 1, false), "last")]).unwrap();
        assert_eq!(refusal(&mut questions, &[1]).split(';').next(), Some("Question 1 is answered already"));
        let answers = questions.take(&ids).unwrap();
        assert_eq!(answers[0].output.len(), 6);
        assert_eq!(answers[0].warnings, ["first", "last"]);
        assert!(!answers[0].more);
        assert_eq!(answers[1].output.len(), 1);
    }

    #[test]
    fn a_failure_after_some_pieces_ends_the_answer() {
        let mut questions = OpenQuestions::default();
        questions.open(1);
        questions.answer(vec![piece(1, 2, true)]).unwrap();
        let failure = crate::event::SessionFailure { message: "Lost.".into(), ..Default::default() };
        questions
            .answer(vec![Answer { id: 1, failure: Some(failure.clone()), ..Answer::default() }])
            .unwrap();
        assert_eq!(questions.take(&[1]).unwrap()[0].failure, Some(failure));
    }

    #[test]
    fn an_output_without_end_is_refused() {
        let mut questions = OpenQuestions::default();
        questions.open(1);
        questions.answer(vec![piece(1, SMIME_ANSWER_OBJECTS_LIMIT, true)]).unwrap();
        let error = questions.answer(vec![piece(1, 1, false)]).unwrap_err();
        assert_eq!(error.id, ErrorId::InvalidAnswer);
        assert!(error.message.contains("more output than the limit"), "{}", error.message);
    }
}
