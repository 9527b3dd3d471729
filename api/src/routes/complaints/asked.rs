//! What is asked of complaints, understood.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use docket_domain::definition::DefinitionKind as Kind;
use docket_domain::instant::Instant;
use docket_domain::ticket::event::Severity;
use docket_projections::complaints::Status;
use docket_projections::complaints::report::{By, MOST_BY, Question};
use docket_projections::sla_clocks::report::LONGEST;

use crate::auth::Principal;
use crate::docket::Docket;
use crate::problem::Problem;
use crate::routes::compliance::USUAL_MS;
use crate::{filter, page};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The complaints.
    List,
    /// Figures of a period.
    Report,
}

/// What was asked, understood.
pub struct Asked {
    of: Of,
    /// What about; a list asks for its filter only.
    pub question: Question,
    /// How many.
    pub size: usize,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// As of when.
    pub now: Instant,
    /// The parameters that were used.
    pub names: BTreeSet<String>,
}

impl Asked {
    /// Understands the parameters of a request, for who asks.
    pub async fn of(
        of: Of,
        docket: &Docket,
        who: &Principal,
        request: &HttpRequest,
    ) -> Result<Self, Problem> {
        let pairs = filter::pairs(request.query_string())?;
        let is_key = |name: &str| ["queue", "category"].contains(&name);
        let is_known = |(name, value): &(String, String)| {
            !is_key(name) || filter::is_defined(&docket.desk.catalogue(), name, value)
        };
        if docket.follows_from().is_some() && !pairs.iter().all(is_known) {
            // Another process may have defined it a moment ago.
            docket.desk.reload_definitions().await?;
        }
        let names = pairs.iter().map(|(name, _)| name.clone()).collect();
        let (question, size) = (Question::default(), page::USUAL.into());
        let mut asked = Self { of, question, size, cursor: None, now: docket.now(), names };
        for (name, value) in pairs {
            asked.take(docket, who, &name, &value)?;
        }
        asked.period()?;
        Ok(asked)
    }

    /// How long a period may be is asked of the first page: one that ends now is longer by the next.
    pub fn short_enough(&self) -> Result<(), Problem> {
        if self.question.to.0 - self.question.from.0 <= LONGEST {
            return Ok(());
        }
        let detail = "figures are those of a year at most; ask for one after the other";
        Err(Problem::field("/from", "period_too_long", detail))
    }

    fn take(
        &mut self,
        docket: &Docket,
        who: &Principal,
        name: &str,
        value: &str,
    ) -> Result<(), Problem> {
        let is_list = self.of == Of::List;
        let asked = &mut self.question.filter;
        let defined = |kind, key: &str| docket.desk.catalogue().has_had(kind, key);
        match name {
            _ if value.is_empty() => return Err(invalid(name, "there is no value")),
            "queue" => {
                filter::keys(&mut asked.queue, name, value, |it| defined(Kind::Queue, it))?;
            }
            "category" if !defined(Kind::Category, value) => {
                return Err(invalid(name, &format!("there is no category {value:?}")));
            }
            "category" => asked.category = Some(value.to_owned()),
            "owner" => asked.owner = Some(filter::assignee(who, name, value)?),
            "severity" => {
                for word in value.split(',') {
                    asked.severity.push(severity(word)?);
                }
            }
            "status" if is_list => asked.status = Some(status(value)?),
            "raised_from" if is_list => asked.raised_from = Some(filter::read(name, value)?),
            "raised_until" if is_list => asked.raised_until = Some(filter::read(name, value)?),
            "from" if !is_list => self.question.said.0 = Some(filter::read(name, value)?),
            "to" if !is_list => self.question.said.1 = Some(filter::read(name, value)?),
            "by" if !is_list => value.split(',').try_for_each(|name| self.by(name))?,
            "page_size" => self.size = page::size(Some(filter::read(name, value)?))?.into(),
            "cursor" => self.cursor = Some(value.to_owned()),
            _ => {
                let detail = format!("unknown parameter {name:?}");
                return Err(Problem::field(format!("/{name}"), "unknown_field", detail));
            }
        }
        Ok(())
    }

    fn by(&mut self, name: &str) -> Result<(), Problem> {
        let names = || By::ALL.map(By::name).join(", ");
        let by = By::named(name);
        let by = by.ok_or_else(|| invalid("by", &format!("by is one or two of {}", names())))?;
        if self.question.by.contains(&by) || self.question.by.len() == MOST_BY {
            return Err(invalid("by", &format!("by is two different ones of {} at most", names())));
        }
        self.question.by.push(by);
        Ok(())
    }

    /// Sets the period, which ends after it begins.
    fn period(&mut self) -> Result<(), Problem> {
        let (from, to) = self.question.said;
        let to = to.unwrap_or(self.now);
        let from = from.unwrap_or(to.plus_millis(-USUAL_MS));
        (self.question.from, self.question.to) = (from, to);
        let asked = &self.question.filter;
        if self.of == Of::Report && from >= to {
            return Err(invalid("to", "the period ends after it begins: from < to"));
        }
        match (asked.raised_from, asked.raised_until) {
            (Some(from), Some(until)) if from >= until => {
                let detail = "the period ends after it begins: raised_from < raised_until";
                Err(invalid("raised_until", detail))
            }
            _ => Ok(()),
        }
    }
}

fn severity(word: &str) -> Result<Severity, Problem> {
    match word {
        "minor" => Ok(Severity::Minor),
        "major" => Ok(Severity::Major),
        _ => Err(invalid("severity", "severity is minor or major")),
    }
}

fn status(word: &str) -> Result<Status, Problem> {
    match word {
        "open" => Ok(Status::Open),
        "decided" => Ok(Status::Decided),
        _ => Err(invalid("status", "status is open or decided")),
    }
}

fn invalid(name: &str, detail: &str) -> Problem {
    Problem::field(format!("/{name}"), "invalid_value", detail.to_owned())
}
