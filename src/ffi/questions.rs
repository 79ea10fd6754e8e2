//! Questions that wait for their answers.

use std::collections::BTreeMap;

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
    /// Fails with `InvalidAnswer` if one is for a question that is not open, or answers one twice.
    pub fn answer(&mut self, batch: Vec<Answer>) -> Result<()> {
        let mut seen = std::collections::BTreeSet::new();
        for answer in &batch {
            let why = match self.open.get(&answer.id) {
                Some(None) if seen.insert(answer.id) => continue,
                Some(_) => "is answered already",
                None if answer.id == 0 || answer.id > self.last => "was never asked",
                None => "is not open any more",
            };
            let message = format!(
                "Question {} {why}; none of this batch's {} answers was taken.",
                answer.id,
                batch.len()
            );
            return Err(Error::new(ErrorId::InvalidAnswer, message));
        }
        self.open.extend(batch.into_iter().map(|answer| (answer.id, Some(answer))));
        Ok(())
    }

    /// The answers to `ids`, in that order, once all are there; the questions are closed then.
    pub fn take(&mut self, ids: &[u64]) -> Option<Vec<Answer>> {
        let answers: Option<Vec<Answer>> =
            ids.iter().map(|id| self.open.get(id).cloned().flatten()).collect();
        if answers.is_some() {
            self.close(ids);
        }
        answers
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
            (&[2, 1][..], "Question 1 is answered already; none of this batch's 2 answers was taken."),
            (&[2, 2], "Question 2 is answered already; none of this batch's 2 answers was taken."),
            (&[2, 3], "Question 3 is not open any more; none of this batch's 2 answers was taken."),
            (&[0], "Question 0 was never asked; none of this batch's 1 answers was taken."),
            (&[4], "Question 4 was never asked; none of this batch's 1 answers was taken."),
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
}
