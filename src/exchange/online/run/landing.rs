//! What becomes of each command once its request was answered.

use std::{collections::HashSet, time::Duration};

use reqwest::Url;
use tokio::task::JoinError;

use super::{Flight, Job, Run, Sink, listing::Listing};
use crate::{
    error::{Error, ErrorId, Result},
    exchange::{
        Extent,
        failure::{Failure, Retry},
        online::{
            answer::Page,
            delivery::{AnswerSize, Asked, Delivery, is_delay, lacking},
            manner::Doubt,
            retry::{FEWEST_ATTEMPTS, MOST_ATTEMPTS, back_off, chance, first_back_off},
            throttle::Course,
        },
    },
    model::Fingerprint,
};

/// The most pages of one command: two million objects in the smallest pages.
const MOST_PAGES: usize = 16_000;

/// An error for the log, with the id of its request where the service gave one.
fn told(error: &Error) -> String {
    match error.native.as_ref().and_then(|native| native.request_id.as_deref()) {
        Some(id) => format!("{error} (request {id})"),
        None => error.to_string(),
    }
}

impl Run<'_> {
    /// Takes the answer of a request.
    pub(super) fn landed(
        &mut self,
        joined: Result<(u64, Result<Delivery>), JoinError>,
        sink: Sink<'_>,
    ) -> Result<()> {
        let failed = |e| Error::new(ErrorId::Internal, format!("A request ended by itself: {e}."));
        let (number, delivery) = joined.map_err(failed)?;
        let Some(Flight { ticket, jobs, sent }) = self.line.flights.remove(&number) else { return Ok(()) };
        let now = self.connection.clock().now();
        let delivery = match delivery {
            Ok(delivery) => delivery,
            Err(error) => {
                self.line.throttle.lost(&ticket, Course::Failed);
                return Err(error);
            }
        };
        match &delivery.said {
            Some(said) => self.line.throttle.answered(&ticket, now, said, delivery.course),
            None => self.line.throttle.lost(&ticket, delivery.course),
        }
        let took = now.saturating_sub(sent);
        if let [Err(failure)] = delivery.results.as_slice()
            && let [job] = jobs.as_slice()
            && let Some(job) = self.asked_otherwise(job, failure, delivery.size, took)?
        {
            self.ready.push_front(job);
            return Ok(());
        }
        if self.suspects_batch(&delivery, jobs.len()) {
            self.ready.extend(jobs.into_iter().map(|job| Job { alone: true, ..job }));
            return Ok(());
        }
        self.judge_batches(&delivery, jobs.len())?;
        let doubts = self.doubts(&jobs, &delivery);
        // A 403 that speaks against the way of asking says nothing about rights.
        if !(delivery.status.is_some_and(|status| status == 403) && doubts.iter().any(Option::is_some)) {
            self.judge(now, &delivery)?;
        }
        let too_large = delivery.size == AnswerSize::TooLarge;
        let as_a_whole = jobs.len() > 1
            && (too_large || delivery.status.is_some_and(|s| s.is_client_error()))
            && delivery.results.iter().all(|one| one.as_ref().is_err_and(|f| f.retry == Retry::Never));
        let mut repeats = Repeats::default();
        let answers = jobs.into_iter().zip(delivery.results).zip(doubts).zip(delivery.blames_batch);
        for (((job, result), doubt), blames_batch) in answers {
            match (result, doubt) {
                (Ok(page), _) => {
                    if let Some(listing) = &mut self.listing {
                        listing.came(delivery.size, took);
                    }
                    self.page(job, page, &delivery.url, sink)?;
                }
                (Err(failure), Some(doubt)) => self.doubted(job, doubt, failure)?,
                (Err(_), None) if as_a_whole && (!too_large || self.is_repeatable(&job)) => {
                    self.ready.push_back(Job { alone: true, ..job });
                }
                (Err(failure), None) if blames_batch && self.is_sent_anew(&job, &failure) => {
                    self.ready.push_front(Job { alone: true, anew: true, ..job });
                }
                (Err(failure), None) => self.failed(job, failure, now, &mut repeats)?,
            }
        }
        Ok(())
    }

    /// How a page of a list that failed is asked for again: with fewer objects, or from the beginning. That is no failure
    /// of the service, and costs none of the attempts. `None`: not otherwise than before.
    fn asked_otherwise(
        &mut self,
        job: &Job,
        failure: &Failure,
        size: AnswerSize,
        took: Duration,
    ) -> Result<Option<Job>> {
        let Some(listing) = &mut self.listing else { return Ok(None) };
        let waits = matches!(failure.retry, Retry::AfterRenewal | Retry::Later(Some(_)));
        let denied = failure.error.id == ErrorId::ExchangeAccessDenied;
        let refused = failure.retry == Retry::Never && size != AnswerSize::TooLarge;
        let attempts = if failure.refused { 0 } else { job.attempts + 1 };
        if waits || denied {
            return Ok(None);
        }
        let (page, pages, what) = if refused && listing.begins_anew(job.page.is_some()) {
            self.results.iter_mut().for_each(|result| *result = None);
            (None, HashSet::new(), "The list begins anew")
        } else if !refused && listing.shrinks(size, attempts) {
            (job.page.clone(), job.pages.clone(), "The page is asked for again")
        } else {
            return Ok(None);
        };
        let objects = listing.size().objects();
        let (told, seconds) = (told(&failure.error), took.as_secs_f64());
        self.log(format!("{told} (after {seconds:.0} s) {what}, with {objects} objects at a time."))?;
        let refused = job.refused.clone();
        Ok(Some(Job { page, pages, refused, attempts: 0, due: Duration::ZERO, ..*job }))
    }

    fn is_repeatable(&self, job: &Job) -> bool {
        self.commands.get(job.position).is_some_and(|command| command.repeatable)
    }

    /// What each failure speaks against in the way its command was sent, if it does.
    fn doubts(&self, jobs: &[Job], delivery: &Delivery) -> Vec<Option<Doubt>> {
        let doubt = |(job, result): (&Job, &Result<Page, Failure>)| {
            let (command, failure) = (self.commands.get(job.position)?, result.as_ref().err()?);
            Doubt::of_refusal(failure, command, self.requests.tenant_id())
        };
        jobs.iter().zip(&delivery.results).map(doubt).collect()
    }

    /// Whether going on makes sense after this answer.
    fn judge(&mut self, now: Duration, delivery: &Delivery) -> Result<()> {
        let failures = || delivery.results.iter().filter_map(|one| one.as_ref().err());
        let denied = failures().next().filter(|_| delivery.status.is_some_and(|status| status == 403));
        // A refusal for a command's own sake is an answer; the service works.
        let carried_out = failures().count() < delivery.results.len()
            || (denied.is_none() && failures().any(|one| one.retry.is_answer()));
        if carried_out {
            self.line.breaker.succeeded();
            self.line.access.succeeded(&delivery.token);
        }
        if let Some(unauthorized) = failures().find(|one| one.retry == Retry::AfterRenewal) {
            match failures().find_map(|one| one.claims.as_ref()) {
                Some(claims) => self.connection.tokens().challenged(&delivery.token, &claims.0),
                None => self.connection.tokens().invalidate(&delivery.token),
            }
            return self.line.access.refused(&delivery.token, &unauthorized.error);
        }
        if carried_out {
            return Ok(());
        }
        if let Some(denied) = denied.filter(|_| !self.line.access.worked()) {
            return Err(denied.error.clone());
        }
        match failures().next() {
            Some(last) => self.line.breaker.failed(now, last.refused && is_timed(last), &last.error),
            None => Ok(()),
        }
    }

    /// Whether a failure is nobody's or somebody else's, and the service was never met: no network, no such name, a page
    /// of a firewall.
    fn is_elsewhere(&self, failure: &Failure) -> bool {
        let id = failure.error.id;
        let is_none = matches!(id, ErrorId::ExchangeUnreachable | ErrorId::ExchangeProtocol);
        is_none && !self.line.access.worked()
    }

    /// Takes a page of a command's output.
    fn page(&mut self, mut job: Job, mut page: Page, from: &Url, sink: Sink<'_>) -> Result<()> {
        if let Some(lack) = page.lacks.take() {
            if self.commands.get(job.position).is_some_and(|command| command.repeatable) {
                return self.lacking(job, lack);
            }
            // What was done is done; what came of it can be looked for.
            page.output.objects.clear();
        }
        self.understood(&job, &page.output.objects);
        self.release(job.position)?;
        let objects = match &mut self.listing {
            Some(listing) => listing.fresh(page.output.objects),
            None => page.output.objects,
        };
        sink(job.position, objects)?;
        let Some(place) = self.results.get_mut(job.position) else { return Ok(()) };
        let mut all = place.take().and_then(Result::ok).unwrap_or_default();
        let delays = page.output.warnings.iter().filter(|warning| is_delay(warning)).count();
        all.warnings.extend(page.output.warnings.into_iter().filter(|warning| !is_delay(warning)));
        all.confirmation = page.output.confirmation.or(all.confirmation);
        *place = Some(Ok(all));
        if delays > 0 {
            self.log("Exchange Online works more slowly on purpose (micro delay).".to_owned())?;
        }
        let is_enough = self.commands.get(job.position).is_some_and(|one| one.extent == Extent::First);
        let Some(link) = page.next.filter(|_| !is_enough) else { return Ok(()) };
        let leads_nowhere = self.listing.as_ref().is_some_and(Listing::leads_nowhere);
        let url = self.connection.page(from, &link).and_then(|url| {
            if leads_nowhere {
                let message =
                    "Exchange Online names further pages without end, and shows nobody new on them.";
                return Err(Error::new(ErrorId::ExchangeProtocol, message));
            }
            if job.pages.len() < MOST_PAGES && job.pages.insert(Fingerprint::of(url.as_str().as_bytes())) {
                return Ok(url);
            }
            let message = "Exchange Online names a further page that was read already, or far too many.";
            Err(Error::new(ErrorId::ExchangeProtocol, message))
        });
        match url {
            Ok(url) => self.ready.push_front(Job { page: Some(url), attempts: 0, ..job }),
            Err(error) => {
                let error = match self.commands.get(job.position) {
                    Some(command) => lacking(&Asked::of(command), error).error,
                    None => error,
                };
                self.end(job.position, error)?;
            }
        }
        Ok(())
    }

    /// Takes an answer without what was asked for. What was handed over of a list already can't be asked for anew.
    fn lacking(&mut self, job: Job, lack: Error) -> Result<()> {
        let Some(command) = self.commands.get(job.position) else { return Ok(()) };
        let failure = lacking(&Asked::of(command), lack);
        if job.page.is_some() {
            return self.ended(&job, failure.error);
        }
        self.doubted(job, Doubt::of_lack(command), failure)
    }

    /// Puts a command back that failed, where that is safe and may help, or ends it.
    fn failed(&mut self, job: Job, failure: Failure, now: Duration, repeats: &mut Repeats) -> Result<()> {
        let (repeatable, is_elsewhere) = (self.is_repeatable(&job), self.is_elsewhere(&failure));
        let attempts = job.attempts + 1;
        let native = failure.error.native.as_deref().cloned().unwrap_or_default();
        let wait = match failure.retry {
            Retry::Never => return self.ended(&job, failure.error),
            _ if !repeatable && !failure.refused => {
                let message = format!(
                    "{} Whether it was carried out is not known, and it can't be repeated safely.",
                    failure.error.message
                );
                let id = ErrorId::ExchangeUnavailable;
                let error = Error { target: failure.error.target, ..Error::new(id, message).native(native) };
                return self.ended(&job, error);
            }
            Retry::Once if job.attempts > 0 => return self.ended(&job, failure.error),
            _ if is_elsewhere && attempts >= FEWEST_ATTEMPTS && self.line.breaker.is_without_service(now) => {
                return self.ended(&job, failure.error);
            }
            _ if attempts >= MOST_ATTEMPTS => return self.ended(&job, failure.error),
            // The throttle knows how long the service wants nothing to be sent.
            Retry::AfterRenewal | Retry::Later(Some(_)) => Duration::ZERO,
            Retry::Once | Retry::Later(None) => {
                if !*repeats.allowed.get_or_insert_with(|| self.line.budget.retry(now)) {
                    return self.ended(&job, failure.error);
                }
                match is_elsewhere {
                    true => first_back_off(attempts, chance()),
                    false => back_off(attempts, chance()),
                }
            }
        };
        if !std::mem::replace(&mut repeats.counted, true) {
            self.line.repeated += 1;
            self.log(told(&failure.error))?;
        }
        self.waiting.push(Job { attempts, due: now.saturating_add(wait), ..job });
        Ok(())
    }

    pub(super) fn ended(&mut self, job: &Job, error: Error) -> Result<()> {
        self.log(told(&error))?;
        self.line.batches.apart |= job.anew;
        self.end(job.position, error)
    }

    fn end(&mut self, position: usize, error: Error) -> Result<()> {
        if let Some(place) = self.results.get_mut(position) {
            *place = Some(Err(error));
        }
        self.release(position)
    }
}

/// What was decided for the commands of one request together.
#[derive(Default)]
struct Repeats {
    allowed: Option<bool>,
    counted: bool,
}

fn is_timed(failure: &Failure) -> bool {
    matches!(failure.retry, Retry::Later(Some(_)))
}
